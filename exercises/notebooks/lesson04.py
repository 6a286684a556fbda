# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 4: affine, relu, and two losses
#
# Gates on numbers become layers on arrays. The contract stays: `out, cache = affine_forward(x, w, b)`, and
# `dx, dw, db = affine_backward(dout, cache)`. With one affine layer and a loss you have a classifier that reads digits.
#
# You write `affine_forward` and `affine_backward` (`layers/affine.py`), `relu_forward` and `relu_backward`
# (`layers/relu.py`), `softmax_loss` and `svm_loss` (`layers/losses.py`).

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import affine_backward, affine_forward, eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from layers import relu_backward, relu_forward, softmax_loss, svm_loss

rng = np.random.default_rng(0)

# %% [markdown]
# ## Affine: think of one element, then remove the sums
#
# $N$ examples of $D$ features, $M$ outputs. One element, in scalars:
#
# $$\mathit{out}_{nm} = \sum_d x_{nd}\,w_{dm} + b_m.$$
#
# Where was $w_{dm}$ used? In column $m$ of the output, for *every* example $n$, each time multiplied with $x_{nd}$:
#
# $$\frac{\partial L}{\partial w_{dm}} = \sum_n \mathit{dout}_{nm}\,x_{nd}, \qquad
#   \frac{\partial L}{\partial x_{nd}} = \sum_m \mathit{dout}_{nm}\,w_{dm}, \qquad
#   \frac{\partial L}{\partial b_m} = \sum_n \mathit{dout}_{nm}.$$
#
# Now remove the sums. A sum over the index that two matrices share is a matrix product, and the shapes leave one way to
# write it: $\mathit{dw}$ must be $(D, M)$, made of an $(N, D)$ and an $(N, M)$. Which one has to be transposed, and
# which comes first? You need not remember the formula: the shapes give it.

# %%
draw_circuit(
    gates=[("product", "matmul", "x w"), ("out", "+", "product b")],
    values={"x": "(N, D)", "w": "(D, M)", "product": "(N, M)", "b": "(M,)", "out": "(N, M)"},
    grads={"x": "(N, D)", "w": "(D, M)", "product": "(N, M)", "b": "(M,)", "out": "(N, M)"},
    branches={("b", "out"): "(N, M)"},
    title="The affine layer: a gradient has the shape of its value",
)

# %%
check("4.1", "4.2", "4.3", "4.4")

# %%
x, w, b = rng.standard_normal((2, 3, 2)), rng.standard_normal((6, 4)), rng.standard_normal(4)
dout = rng.standard_normal((2, 4))
out, cache = affine_forward(x, w, b)
for name, grad, nudged in zip(("dx", "dw", "db"), affine_backward(dout, cache), (x, w, b)):
    numerical = eval_numerical_gradient_array(lambda _: affine_forward(x, w, b)[0], nudged, dout)
    print(f"{name} {grad.shape}: relative error {rel_error(grad, numerical):.1e}")

# %% [markdown]
# ## Relu: a max gate with a zero at its other input
#
# A neuron with numbers: $\mathit{score} = x_0 w_0 + x_1 w_1 + b$, and a relu on top. It passes the gradient on where
# the score is positive; elsewhere nothing comes back, and nothing before it can learn from this example.

# %%
for b0 in (1.0, -3.0):
    example, weights, bias = np.array([[2.0, -1.0]]), np.array([[1.5], [1.0]]), np.array([b0])
    score, affine_cache = affine_forward(example, weights, bias)
    act, relu_cache = relu_forward(score)
    dscore = relu_backward(np.ones((1, 1)), relu_cache)
    dexample, dweights, dbias = affine_backward(dscore, affine_cache)
    draw_circuit(
        gates=[("a", "×", "x0 w0"), ("c", "×", "x1 w1"), ("d", "+", "a c"), ("s", "+", "d b"), ("f", "relu", "s")],
        values={
            "x0": 2, "w0": 1.5, "x1": -1, "w1": 1, "a": 3, "c": -1, "d": 2, "b": b0, "s": score[0, 0], "f": act[0, 0]
        },
        grads={
            "x0": dexample[0, 0], "w0": dweights[0, 0], "x1": dexample[0, 1], "w1": dweights[1, 0],
            **{name: dscore[0, 0] for name in "acds"}, "b": dbias[0], "f": 1
        },
        title=f"A neuron with a relu and a bias of {b0:g}: {'awake' if score[0, 0] > 0 else 'asleep'}",
    )

# %% [markdown]
# ## Softmax: from scores to a loss
#
# Scores $s_1 \dots s_C$ of one example become probabilities, and the loss is the surprise at the right class $y$:
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}, \qquad L = -\log p_y = \log \sum_j e^{s_j} - s_y.$$
#
# In the second form the derivative is one line, all the gates grouped into one:
#
# $$\frac{\partial L}{\partial s_k} = \frac{e^{s_k}}{\sum_j e^{s_j}} - 1[k = y] = p_k - 1[k = y].$$
#
# Every class pushes its score down by as much as it was believed, and the right one is pulled up by what it lacks. The
# gradients of an example add up to 0: a common shift of all scores changes nothing. That also saves the exponential:
# subtract the largest score, and nothing overflows. The loss of a minibatch is the **mean**, so everything is divided
# by $N$.
#
# ## SVM: good enough is good enough
#
# $L = \sum_{j \ne y} \max(0,\ s_j - s_y + 1)$: a max gate for each wrong class. One that is beaten by a margin of 1
# sends nothing back; each of the others pushes its own score down by 1 and the right one up by 1.

# %%
check("4.5", "4.6")

# %%
scores, label = np.array([[3.2, 5.1, -1.7]]), np.array([0])
for name, loss_function in (("softmax", softmax_loss), ("svm", svm_loss)):
    loss, dscores = loss_function(scores, label)
    numerical = eval_numerical_gradient(lambda s: loss_function(s, label)[0], scores, verbose=False)
    print(f"{name:>7}: loss {loss:.3f}, gradient {dscores.round(3)}, error {rel_error(dscores, numerical):.1e}")
print("with scores of a thousand:", round(softmax_loss(np.array([[1000.0, 1001.0]]), np.array([0]))[0], 4))

# %% [markdown]
# What should an untrained classifier of ten classes say? With all scores 0, softmax is surprised by $\log 10 = 2.303$,
# and the SVM sees nine margins of 1. Look at the first loss of every net you train: it tells at once whether something
# is off.

# %%
zero, labels = np.zeros((5, 10)), np.arange(5)
print(f"softmax {softmax_loss(zero, labels)[0]:.3f}, log 10 = {np.log(10):.3f}; svm {svm_loss(zero, labels)[0]:.3f}")

# %% [markdown]
# ## A classifier that reads digits
#
# One affine layer, 64 pixels to 10 scores. Forward, loss, backward, and a small step against the gradient:

# %%
data = load_digits()
X, y = data["X_train"], data["y_train"]


def accuracy(W, b, part):
    scores, _ = affine_forward(data[f"X_{part}"], W, b)
    return np.mean(scores.argmax(axis=1) == data[f"y_{part}"])


trained = {}
for name, loss_function, step in (("softmax", softmax_loss, 1.0), ("svm", svm_loss, 0.1)):
    W, b = np.zeros((64, 10), dtype=np.float32), np.zeros(10, dtype=np.float32)
    for iteration in range(201):
        scores, cache = affine_forward(X, W, b)
        loss, dscores = loss_function(scores, y)
        _, dW, db = affine_backward(dscores, cache)
        W, b = W - step * dW, b - step * db
        if iteration in (0, 10, 200):
            print(f"{name:>7}, iteration {iteration:>3}: loss {loss:.3f}, validation {accuracy(W, b, 'val'):.3f}")
    trained[name] = W, b

# %% [markdown]
# What has it learned? A column of W is an image: what a pixel says for (red) or against (blue) a class. Below each
# digit's template stands what softmax makes of the first test image: the gradient of its scores shows which are pushed
# down.

# %%
W, b = trained["softmax"]
scores, _ = affine_forward(data["X_test"][:1], W, b)
right = data["y_test"][:1]
_, dscores = softmax_loss(scores, right)
figure = plt.figure(figsize=(8, 3.4), layout="constrained")
grid = figure.add_gridspec(2, 10, height_ratios=(1, 1.6))
for digit in range(10):
    place = figure.add_subplot(grid[0, digit])
    place.imshow(W[:, digit].reshape(8, 8), cmap="RdBu_r", vmin=-abs(W).max(), vmax=abs(W).max())
    place.axis("off")
place = figure.add_subplot(grid[1, :])
place.bar(range(10), dscores[0], color=["#1a7f37" if digit == right[0] else "#c8281e" for digit in range(10)])
place.axhline(0, color="#22303c", linewidth=0.8)
_ = place.set(xticks=range(10), title=f"p - 1[k = y] for a test image of a {right[0]}", xlabel="class k")

# %% [markdown]
# ## To think about
#
# The pixels here lie between 0 and 1, less the mean image. Somebody feeds the same images as 0 to 1000. What happens to
# the training above, with the same steps?
#
# <details><summary>Answer</summary>
#
# The multiply gate swaps its inputs: $\mathit{dw}_{dm} = \sum_n \mathit{dout}_{nm} x_{nd}$ is 1000 times as large, and
# so is a step of W. Then W, 1000 times too large, meets data 1000 times as large, and the scores move by $10^6$ times
# what they did before: the loss jumps about and does not come down. One could divide the step by $10^6$, but then the
# bias hardly moves. Scale the data instead.
#
# </details>
