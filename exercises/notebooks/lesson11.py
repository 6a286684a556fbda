# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 11: a convolutional net that reads digits
#
# Everything is there. A convolutional net is a chain of what you have written, and the Solver does not know the
# difference. In this lesson you build `ThreeLayerConvNet` (`models/cnn.py`) and train it on the digits: above 97 % on
# images that it has never seen.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import eval_numerical_gradient, rel_error, trace
from models import ThreeLayerConvNet
from solvers import Solver

# %% [markdown]
# ## Shapes, by hand
#
# conv - relu - 2x2 max pool - affine - relu - affine - softmax. Follow an 8 x 8 image through it, with $F$ filters of 5
# x 5:
#
# - conv, stride 1: $H' = 1 + (H + 2\,\mathit{pad} - 5) / 1$. Which padding keeps $H' = 8$?
# - pool, 2 x 2, stride 2: half of it, rounded down.
# - the affine layer flattens what is left: how many features, for $F$ filters?
#
# Nothing else is to be found out for the constructor; everything must fit together in this line of shapes.

# %%
check("11.1")

# %%
data = load_digits()
model = ThreeLayerConvNet((1, 8, 8), num_filters=32, filter_size=5, hidden_dim=100, weight_scale="he", reg=1e-3, seed=0)
outs = [out.shape for _, out in trace(model.net, data["X_train"][:5], *model.params.values(), *model.settings)]


def listed(shape):
    return ", ".join(map(str, shape))


wires = {"x": "5, 1, 8, 8"} | {name: listed(shape) for name, shape in zip("c r p h a s".split(), outs)}
wires |= {name: listed(array.shape) for name, array in model.params.items()}
draw_circuit(
    gates=[
        ("c", "conv", "x W1 b1"), ("r", "relu", "c"), ("p", "pool", "r"), ("h", "affine", "p W2 b2"),
        ("a", "relu", "h"), ("s", "affine", "a W3 b3"), ("loss", "softmax", "s y"),
    ],
    values=wires | {"y": "5", "loss": "()"},
    grads=wires | {"loss": "1"},
    rows=dict.fromkeys("x c r p h a s loss".split(), 0) | dict.fromkeys(("W1", "W2", "W3"), 1)
    | dict.fromkeys(("b1", "b2", "b3", "y"), -1),
    spread=1.25,
    title="Your net, for a minibatch of five: shapes of the values, and of the gradients that come back",
)

# %%
for key, array in model.params.items():
    print(f"{key}: {listed(array.shape):>12} = {array.size:>5} numbers")
print(f"in all {sum(array.size for array in model.params.values())}")

# %% [markdown]
# ## Before you train: three looks
#
# 1. **The first loss.** Small weights, ten classes: $\log 10 = 2.303$, and a bit more from the regularisation.
# 2. **The gradients**, of a tiny net in `float64`. Not every entry: a few of each array. The step is small, lest a relu
#    or a pool changes its mind between the two nudges.
# 3. **Fifty images.** A net that cannot learn fifty images by heart has a bug; do not look at the large run before it
#    can.

# %%
tiny = ThreeLayerConvNet(
    (1, 6, 6), num_filters=2, filter_size=3, hidden_dim=5, num_classes=3, weight_scale=0.1, reg=0.5,
    dtype=np.float64, seed=1,
)
rng = np.random.default_rng(0)
X, y = rng.standard_normal((4, 1, 6, 6)), np.array([0, 2, 1, 2])
fresh = ThreeLayerConvNet((1, 8, 8), num_filters=32, filter_size=5, hidden_dim=100, weight_scale=1e-3, seed=0)
print(f"first loss {fresh.loss(data['X_train'], data['y_train'])[0]:.4f}")
_, grads = tiny.loss(X, y)
for key in tiny.params:
    numerical = eval_numerical_gradient(lambda _: tiny.loss(X, y)[0], tiny.params[key], verbose=False, h=1e-6)
    print(f"{key}: relative error {rel_error(grads[key], numerical):.1e}")

# %%
fifty = data | {"X_train": data["X_train"][:50], "y_train": data["y_train"][:50]}
learner = ThreeLayerConvNet((1, 8, 8), num_filters=32, filter_size=5, hidden_dim=100, weight_scale="he", seed=0)
solver = Solver(
    learner, fifty, update_rule="adam", optim_config={"learning_rate": 3e-3}, num_epochs=10, batch_size=10,
    verbose=False, seed=0,
)
solver.train()
print(f"fifty images: training accuracy {max(solver.train_acc_history):.2f}, validation {solver.best_val_acc:.2f}")

# %% [markdown]
# ## Training
#
# A digit that is moved by one pixel is the same digit. The pool forgives that a little; to say it to the whole net,
# each image is given five times: as it is, and moved to the right, left, down and up. (It is `np.roll`: what leaves at
# one side comes in at the other; the borders of these images are mostly empty.)


# %%
def moved(images, down, right):
    return np.roll(images + data["mean_image"], (down, right), axis=(2, 3)) - data["mean_image"]


moves = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
more = data | {
    "X_train": np.concatenate([moved(data["X_train"], *move) for move in moves]),
    "y_train": np.tile(data["y_train"], len(moves)),
}
solver = Solver(
    model, more, update_rule="adam", optim_config={"learning_rate": 3e-3}, lr_decay=0.8, num_epochs=4, batch_size=50,
    print_every=100, seed=0,
)
solver.train()
test_acc = solver.check_accuracy(data["X_test"], data["y_test"])
print(f"test accuracy {test_acc:.4f}")

# %%
figure, (above, below) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
above.semilogy(solver.loss_history, linewidth=0.8)
above.set(xlabel="iteration", ylabel="loss")
below.plot(solver.train_acc_history, "o-", label="training")
below.plot(solver.val_acc_history, "o-", label="validation")
below.set(xlabel="epoch", ylabel="accuracy", ylim=(0.8, 1.01))
_ = below.legend()

# %% [markdown]
# ## What has it found, and where is it wrong?

# %%
figure, places = plt.subplots(4, 8, figsize=(6, 3.2), layout="constrained")
for place, weights in zip(places.flat, model.params["W1"][:, 0]):
    place.imshow(weights, cmap="RdBu_r", vmin=-abs(weights).max(), vmax=abs(weights).max())
    place.axis("off")
_ = figure.suptitle("The 32 filters", fontsize=11)

# %%
said = model.loss(data["X_test"]).argmax(axis=1)
wrong = np.flatnonzero(said != data["y_test"])
pictures = data["X_test"] + data["mean_image"]
figure, places = plt.subplots(1, 8, figsize=(9, 1.8), layout="constrained")
for place in places:
    place.axis("off")
for place, index in zip(places, wrong):
    place.imshow(pictures[index, 0], cmap="gray_r")
    place.set_title(f"said {said[index]}\nis {data['y_test'][index]}", fontsize=9)
print(f"{len(wrong)} of {len(said)} wrong")

# %% [markdown]
# ## Which pixels matter? Ask the gradient
#
# A derivative is a sensitivity, and the backward pass does not end at the weights: it also has the gradient of the
# *image*. Start with 1 at the score of the right class, and look where the score would grow if a pixel got darker (red)
# or lighter (blue). It is the first idea of this course, on the last net.

# %%
arrays, chosen = [model.params[key] for key in model.params], data["X_test"][:6]
scores, cache = model.net.forward(chosen, *arrays, *model.settings)
dscores = np.zeros_like(scores)
dscores[np.arange(6), data["y_test"][:6]] = 1
dimages, *_ = model.net.backward(dscores, cache)
figure, places = plt.subplots(2, 6, figsize=(8, 3), layout="constrained")
for column in range(6):
    places[0, column].imshow(pictures[column, 0], cmap="gray_r")
    places[1, column].imshow(dimages[column, 0], cmap="RdBu_r", vmin=-abs(dimages).max(), vmax=abs(dimages).max())
for place in places.flat:
    place.axis("off")

# %% [markdown]
# ## To think about
#
# Go the other way: change the *image* by a small step along the gradient of a *wrong* class, again and again. What will
# you get, and what does it say about the net?
#
# <details><summary>Answer</summary>
#
# After a few steps the net is certain of the wrong class, while to your eye the digit is what it was: an adversarial
# example. The net was only asked to tell apart images like those of the training set. Elsewhere in the space of all
# images its scores are nearly linear, and in 64 (or 150 528) dimensions many tiny changes, all in the right direction,
# add up to a large one.
#
# </details>
