# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 3: broadcasting and sums
#
# `x + b` with `x` of shape (4, 3) and `b` of shape (3,) adds the same `b` to four rows. NumPy calls it
# **broadcasting**; to the circuit it is a value that branches four times. So backward, four gradients add up. One rule,
# with two faces:
#
# - where a number was **used many times** forward (broadcast), its gradient is a **sum** backward;
# - where numbers were **summed** forward, the gradient is **broadcast** backward.
#
# You write `sum_over` and `mean_over` in `layers/sums.py`, and `unbroadcast` in `layers/gates.py`.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import add_gate_backward, add_gate_forward, eval_numerical_gradient_array
from layers import multiply_gate_backward, multiply_gate_forward, rel_error, unbroadcast
from layers.sums import mean_over, sum_over

# %% [markdown]
# ## By hand: one element, in scalars
#
# The method for every layer from here on: **write one output element in scalars, take the chain rule, then look where
# the input was used.** Here $\mathit{out}_{ij} = x_{ij} + b_j$. The number $b_j$ reaches the loss through every row
# $i$:
#
# $$\frac{\partial L}{\partial b_j} = \sum_{i} \frac{\partial L}{\partial \mathit{out}_{ij}} \cdot
#   \frac{\partial \mathit{out}_{ij}}{\partial b_j} = \sum_i \mathit{dout}_{ij}.$$
#
# An index that stands in $\mathit{out}$ and not in $b$ is summed over. That is the whole rule, and the shapes alone
# tell you which axes: the gradient of $b$ must have the shape of $b$.

# %%
draw_circuit(
    gates=[("scaled", "×", "x g"), ("out", "+", "scaled b")],
    values={"x": "(4, 3)", "g": "(4, 1)", "scaled": "(4, 3)", "b": "(3,)", "out": "(4, 3)"},
    grads={"x": "(4, 3)", "g": "(4, 1)", "scaled": "(4, 3)", "b": "(3,)", "out": "(4, 3)"},
    branches={("g", "scaled"): "(4, 3)", ("b", "out"): "(4, 3)"},
    title="Each wire's gradient has its own shape; on the way back to g and b it is summed",
)

# %%
check("3.3")

# %%
rng = np.random.default_rng(0)
dout = rng.integers(-3, 4, size=(4, 3)).astype(float)
print(dout)
print("b of shape (3,)   gets", unbroadcast(dout, (3,)))
print("g of shape (4, 1) gets", unbroadcast(dout, (4, 1)).tolist())
print("a number ()       gets", unbroadcast(dout, ()))

# %%
db, dg = unbroadcast(dout, (3,)), unbroadcast(dout, (4, 1))
panels = (dout, "dout (4, 3)"), (db[np.newaxis], "db (3,): columns summed"), (dg, "dg (4, 1): rows summed")
figure, axes = plt.subplots(1, 3, figsize=(8, 2.6), layout="constrained")
for place, (grid, title) in zip(axes, panels):
    place.imshow(grid, cmap="RdBu_r", vmin=-12, vmax=12)
    for (i, j), entry in np.ndenumerate(grid):
        place.text(j, i, f"{entry:g}", ha="center", va="center")
    place.set_title(title, fontsize=10)
    place.set(xticks=[], yticks=[])

# %% [markdown]
# ## The scale of a channel: `g[:, None, None]`
#
# An image has shape (C, H, W), and each channel is to have a scale of its own, `g` of shape (C,). Written `x * g`,
# NumPy would align C with W, from the right. `g[:, None, None]` has shape (C, 1, 1): now each number serves a whole
# channel, and its gradient is a sum over the two axes on which it was stretched, $\mathit{dg}_c = \sum_{h, w}
# \mathit{dout}_{chw}\, x_{chw}$. In batch normalisation you will meet it again.

# %%
x, g = rng.standard_normal((2, 3, 4)), rng.standard_normal(2)
dout = rng.standard_normal((2, 3, 4))
out, cache = multiply_gate_forward(x, g[:, None, None])
dx, dg = multiply_gate_backward(dout, cache)
numerical = eval_numerical_gradient_array(lambda v: x * v[:, None, None], g, dout)
print(f"dx {dx.shape}, dg {dg.shape}, relative error of dg {rel_error(dg[:, 0, 0], numerical):.1e}")

# %% [markdown]
# ## A sum that stays exact
#
# The bias of a convolution sums its gradient over every pixel of every image: millions of `float32` numbers, each added
# to a running sum that is already large. A `float32` has 7 digits; once the sum is a million times a term, the term is
# lost. Same array, three ways to add it up:

# %%
check("3.1")

# %%
rows = np.full((1_000_000, 2), 0.1, dtype=np.float32)
exact = 1_000_000 * float(np.float32(0.1))
for how, total in (("a.sum(axis=0)", rows.sum(axis=0)), ("your sum_over", sum_over(rows, axis=0))):
    print(f"{how:<14} {total[0]:>12.3f} {total.dtype}, off by {abs(float(total[0]) - exact) / exact:.1e}")

# %% [markdown]
# ## The other face: a mean
#
# $\mathit{mean}_j = \frac{1}{N}\sum_i x_{ij}$ sums forward, so backward it broadcasts: every $x_{ij}$ gets the share
# $\frac{1}{N}\,\mathit{dmean}_j$. A mean that **keeps its axis** (size 1) can be subtracted at once from what it was
# taken of. The digits' mean image, and what is left of a digit without it:

# %%
check("3.2")

# %%
data = load_digits()
images = data["X_train"] + data["mean_image"]
mean = mean_over(images, axis=0)
centered, cache = add_gate_forward(images, -mean)
print("mean", mean.shape, "centered", centered.shape, f"largest mean left {abs(centered.mean(axis=0)).max():.1e}")
dimages, dminus_mean = add_gate_backward(np.ones_like(centered), cache)
print("each pixel of the mean was used by", int(dminus_mean[0, 0, 0, 0]), "images")

# %%
figure, axes = plt.subplots(1, 3, figsize=(7, 2.6), layout="constrained")
panels = (images[0, 0], "a digit"), (mean[0, 0], "the mean image"), (centered[0, 0], "the digit without it")
for place, (picture, title) in zip(axes, panels):
    place.imshow(picture, cmap="RdBu_r", vmin=-1, vmax=1)
    place.set_title(title, fontsize=10)
    place.axis("off")

# %% [markdown]
# ## To think about
#
# `x` of shape (5, 1) times `y` of shape (4,): what is the shape of the product, and over which axes is each gradient
# summed?
#
# <details><summary>Answer</summary>
#
# The product has shape (5, 4). `x` was stretched along axis 1, so its gradient is summed over axis 1 and keeps it, (5,
# 1). `y` got a new axis in front, so its gradient is summed over axis 0 and loses it, (4,). Both inputs of one gate can
# be broadcast at once; it is an outer product, and each of the nine numbers was used many times.
#
# </details>
