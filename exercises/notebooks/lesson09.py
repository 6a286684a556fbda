# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 9: layer and group normalisation
#
# Batch normalisation ties the examples of a minibatch together: with four examples their mean is a poor estimate, with
# one it makes no sense. But nothing forces us to average over the *examples*. The formula $\hat{x} = (x - \mu) / s$
# stays, with your `standardize`; all that changes is **which elements share a mean**.
#
# You write the forward and backward functions of layer normalisation (`layers/layernorm.py`), spatial batch
# normalisation (`layers/spatial_batchnorm.py`) and group normalisation (`layers/spatial_groupnorm.py`).

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import batchnorm_forward, check_layer, layernorm, layernorm_forward
from layers import spatial_batchnorm, spatial_batchnorm_forward, spatial_groupnorm, spatial_groupnorm_forward
from models import FullyConnectedNet
from solvers import Solver

rng = np.random.default_rng(0)

# %% [markdown]
# ## Who shares a mean?
#
# Images of shape (N, C, H, W): a row for each of 4 examples, a column for each of 6 channels, and every cell stands for
# the $H \times W$ pixels of one channel. Cells of one colour share mean and variance.

# %%
N, C = 4, 6
example, channel = np.indices((N, C))
sharing = {
    "batch: a channel, all examples": channel,
    "layer: an example, all channels": example,
    "group: an example, a group": example * 3 + channel // 2,
    "instance: each cell for itself": example * C + channel,
}
figure, places = plt.subplots(1, 4, figsize=(10, 2.4), layout="constrained")
for place, (title, groups) in zip(places, sharing.items()):
    place.imshow(groups % 20, cmap="tab20", vmin=0, vmax=19)
    place.set(xticks=np.arange(C + 1) - 0.5, yticks=np.arange(N + 1) - 0.5, xlabel="channel", ylabel="example")
    place.set_title(f"{title}\n{len(np.unique(groups))} means", fontsize=10)
    place.tick_params(labelbottom=False, labelleft=False, length=0)
    place.grid(color="white", linewidth=1.5)

# %% [markdown]
# ## Layer normalisation: the gradients of gamma and beta stay where they were
#
# In scalars, $\mathit{out}_{nd} = \gamma_d\,\hat{x}_{nd} + \beta_d$. The mean is now taken over $d$. But $\gamma_d$ is
# used by every *example*, just as before:
#
# $$\frac{\partial L}{\partial \gamma_d} = \sum_n \mathit{dout}_{nd}\,\hat{x}_{nd}, \qquad
#   \frac{\partial L}{\partial x_{nd}} = \frac{1}{s_n}\left(g_{nd} - \overline{g}_n
#   - \hat{x}_{nd}\,\overline{(g\hat{x})}_n\right), \quad g_{nd} = \mathit{dout}_{nd}\,\gamma_d,$$
#
# with means over the features of one example. The usual mistake is to turn *all* the axes. Which ones turn and which
# ones stay follows from where a number was used, not from symmetry. (And note where $\gamma$ stands: inside the means,
# since it differs from feature to feature.)

# %%
shapes = dict.fromkeys(("x", "normalized", "scaled", "out"), "(N, D)") | {"gamma": "(D,)", "beta": "(D,)"}
draw_circuit(
    gates=[("normalized", "norm", "x"), ("scaled", "×", "normalized gamma"), ("out", "+", "scaled beta")],
    values=shapes,
    grads=shapes,
    branches={("gamma", "scaled"): "(N, D)", ("beta", "out"): "(N, D)"},
    rows={"x": 0, "normalized": 0, "gamma": -1.4, "scaled": 0, "beta": -1.4, "out": 0},
    title="Layer normalisation, the six gates grouped into one",
)

# %%
check("9.1", "9.2")

# %%
x, gamma, beta = rng.standard_normal((5, 4)), rng.standard_normal(4), rng.standard_normal(4)
for gradient in check_layer(layernorm, x, (gamma, beta), ({},)):
    print(gradient)

# %% [markdown]
# What does each of the two not care about? Give one digit three times the contrast. Layer normalisation looks at that
# digit alone and takes it out again; under batch normalisation it stands out, and changes what becomes of the others.

# %%
data = load_digits()
digits = (data["X_train"] + data["mean_image"])[:50].reshape(50, 64).astype(np.float64)
digits += 0.01 * rng.standard_normal((50, 64))
harder = digits.copy()
harder[0] *= 3
ones, zeros = np.ones(64), np.zeros(64)
for name, forward, param in (("layernorm", layernorm_forward, {}), ("batchnorm", batchnorm_forward, {"mode": "train"})):
    before, _ = forward(digits, ones, zeros, dict(param))
    after, _ = forward(harder, ones, zeros, dict(param))
    moved = np.abs(after - before).max(axis=1)
    print(f"{name}: that digit moves by up to {moved[0]:.4f}, the others by up to {moved[1:].max():.4f}")

# %% [markdown]
# ## Images: pixels are examples
#
# A channel of a convolutional layer is one feature, measured at $N \cdot H \cdot W$ places. So spatial batch
# normalisation is batch normalisation of the $(N \cdot H \cdot W, C)$ matrix in which every pixel is an example. Mind
# the order: in memory an image is (N, C, H, W), and reshaping *that* to (…, C) would mix channels with pixels. First
# the axes are moved, then reshaped.

# %%
small = np.arange(8).reshape(1, 2, 2, 2)
print("channel 0 holds 0..3, channel 1 holds 4..7; a reshape alone makes the columns")
print(small.reshape(4, 2).T)

# %% [markdown]
# Group normalisation splits an axis in two: (N, C, H, W) is seen as (N, G, C/G, H, W), and one example's group is
# standardised over its last three axes. With G = 1 it is layer normalisation of an image, with G = C instance
# normalisation. The gradient of a rearrangement is the rearrangement of the gradient, backwards.

# %%
shapes = dict.fromkeys(("x", "normalized", "scaled", "out"), "N, C, H, W")
shapes |= dict.fromkeys(("groups", "standard"), "N, G, C/G, H, W") | dict.fromkeys(("gamma", "beta"), "1, C, 1, 1")
draw_circuit(
    gates=[
        ("groups", "split", "x"), ("standard", "norm", "groups"), ("normalized", "join", "standard"),
        ("scaled", "×", "normalized gamma"), ("out", "+", "scaled beta"),
    ],
    values=shapes,
    grads=shapes,
    rows={"x": 0, "groups": 0, "standard": 0, "normalized": 0, "gamma": -1, "scaled": 0, "beta": -1, "out": 0},
    spread=1.75,
    title="Group normalisation: shapes of the values, and of the gradients that come back",
)

# %%
check("9.3", "9.4", "9.5", "9.6")

# %%
x = 3 + 2 * rng.standard_normal((2, 4, 3, 3))
flat, wide = rng.standard_normal((2, 4)), rng.standard_normal((2, 1, 4, 1, 1))
for gradient in check_layer(spatial_batchnorm, x, tuple(flat), ({"mode": "train"},)):
    print("spatial_batchnorm", gradient)
for gradient in check_layer(spatial_groupnorm, x, tuple(wide), (2, {})):
    print("spatial_groupnorm", gradient)

# %%
out, _ = spatial_batchnorm_forward(x, np.ones(4), np.zeros(4), {"mode": "train"})
print("batch: mean of each channel ", out.mean(axis=(0, 2, 3)).round(6) + 0)
for G in (1, 2, 4):
    out, _ = spatial_groupnorm_forward(x, np.ones((1, 4, 1, 1)), np.zeros((1, 4, 1, 1)), G, {})
    print(f"G = {G}: mean of each group     ", out.reshape(2, G, -1).mean(axis=2).ravel().round(6) + 0)

# %% [markdown]
# ## Small minibatches
#
# The same deep net on the digits, with minibatches of 50 and of 4. With 4 examples a batch's mean is mostly noise; an
# example's own mean is what it always was.

# %%
figure, places = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharey=True)
for place, batch_size in zip(places, (50, 4)):
    for normalization in (None, "batchnorm", "layernorm"):
        model = FullyConnectedNet([40] * 4, input_dim=64, normalization=normalization, weight_scale="he", seed=0)
        few = data | {"X_train": data["X_train"][:400], "y_train": data["y_train"][:400]}
        solver = Solver(
            model, few, update_rule="adam", optim_config={"learning_rate": 2e-3}, num_epochs=4, batch_size=batch_size,
            verbose=False, seed=0
        )
        solver.train()
        reached = solver.val_acc_history[-1]
        print(f"batch size {batch_size:>2}, {normalization or 'nothing':>9}: validation accuracy {reached:.3f}")
        place.plot(solver.val_acc_history, "o-", label=normalization or "nothing")
    place.set(title=f"minibatches of {batch_size}", xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1.02))
_ = places[0].legend()

# %% [markdown]
# ## To think about
#
# For an affine layer on flattened images, somebody normalises each *example* by its own mean and variance, with no
# gamma and beta, as preprocessing. What is lost, and when would that matter?
#
# <details><summary>Answer</summary>
#
# How bright the image was, and how much contrast it had: two numbers of each example. For telling a 3 from an 8 they
# are noise, so it helps. To tell day from night they are the answer. Normalisation is a claim about what does not
# matter.
#
# </details>
