# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 10: convolution and pooling
#
# A convolution is an affine layer that looks at one window of the image at a time, and uses the **same** weights at
# every place. So its backward pass has no new idea in it: multiply gates swap, and what was used many times gets a sum.
# What is new is the bookkeeping. First you write it with loops, to see it; then without, to use it.
#
# You write the four functions of `layers/naive.py`, then `windows_of` and `add_windows` (`layers/kernels/windows.py`),
# and with them the vectorised layers, in `layers/conv.py` and `layers/max_pool.py`.

# %%
# %matplotlib inline
import time

import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import conv_backward, conv_backward_naive, conv_forward, conv_forward_naive
from layers import eval_numerical_gradient_array, max_pool_backward, max_pool_backward_naive, max_pool_forward
from layers import max_pool_forward_naive, multiply_gate_backward, multiply_gate_forward, rel_error

rng = np.random.default_rng(0)

# %% [markdown]
# ## Three pixels, two weights
#
# The smallest convolution that has everything: $o_0 = w_0 x_0 + w_1 x_1$ and $o_1 = w_0 x_1 + w_1 x_2$. Let 1 come back
# to $o_0$ and 2 to $o_1$. The weight $w_0$ was used at both places, the pixel $x_1$ lies in both windows: there
# gradients **add up**,
#
# $$\frac{\partial L}{\partial w_0} = \sum_{\text{places } i} \mathit{dout}_i\,x_i, \qquad
#   \frac{\partial L}{\partial x_1} = \mathit{dout}_0\,w_1 + \mathit{dout}_1\,w_0.$$

# %%
check("10.1", "10.2")

# %%
pixels, weights, dout = np.array([3.0, -1.0, 2.0]), np.array([2.0, 5.0]), np.array([1.0, 2.0])
out, cache = conv_forward_naive(
    pixels.reshape(1, 1, 1, 3), weights.reshape(1, 1, 1, 2), np.zeros(1), {"stride": 1, "pad": 0}
)
dx, dw, db = (grad.ravel() for grad in conv_backward_naive(dout.reshape(1, 1, 1, 2), cache))
values = dict(zip(("x0", "x1", "x2", "w0", "w1", "o0", "o1"), (*pixels, *weights, *out.ravel())))
grads = dict(zip(("x0", "x1", "x2", "w0", "w1", "o0", "o1"), (*dx, *dw, *dout)))
branches = {}
products = ("a", "w0", "x0", 1), ("b", "w1", "x1", 1), ("c", "w0", "x1", 2), ("d", "w1", "x2", 2)
for product, weight, pixel, upstream in products:
    values[product], gate_cache = multiply_gate_forward(values[weight], values[pixel])
    branches[weight, product], branches[pixel, product] = multiply_gate_backward(float(upstream), gate_cache)
    grads[product] = upstream
draw_circuit(
    gates=[(product, "×", f"{pixel} {weight}") for product, weight, pixel, _ in products]
    + [("o0", "+", "a b"), ("o1", "+", "c d")],
    values=values,
    grads=grads,
    branches={branch: grad for branch, grad in branches.items() if branch[0] in ("w0", "w1", "x1")},
    rows={"w0": 0, "x0": -1.4, "x1": -2.8, "x2": -4.2, "w1": -5.6, "a": -0.7, "b": -2.1, "c": -3.5, "d": -4.9},
    spread=1.4,
    title="A convolution of three pixels with two weights; on the branches what each of them brings back",
)

# %% [markdown]
# ## Filters on a real digit
#
# A filter that subtracts the left from the right answers at vertical edges, one that subtracts the top from the bottom
# at horizontal ones. Nobody will tell a net about edges; it finds such filters by the gradient of W.

# %%
data = load_digits()
images = (data["X_train"] + data["mean_image"])[:8].astype(np.float64)
right_less_left = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
filters = np.stack([right_less_left, right_less_left.T, np.full((3, 3), 1 / 9)])[:, np.newaxis]
edges, _ = conv_forward_naive(images, filters, np.zeros(3), {"stride": 1, "pad": 1})
figure, places = plt.subplots(1, 4, figsize=(9, 2.5), layout="constrained")
pictures = (images[0, 0], *edges[0])
for place, picture, title in zip(places, pictures, ("a digit", "right less left", "bottom less top", "mean of 3 x 3")):
    place.imshow(picture, cmap="RdBu_r", vmin=-1.5, vmax=1.5)
    place.set_title(title, fontsize=10)
    place.axis("off")

# %% [markdown]
# ## In how many windows does a pixel lie?
#
# Let all weights be 1 and all of `dout` be 1: then every window gives 1 to each of its pixels, and `dx` counts windows.
# With stride 2 and a 3 x 3 filter the counts make a pattern. Whoever writes `=` instead of `+=` gets ones everywhere,
# and where windows do not overlap (stride = size) nobody would notice: check with windows that do.

# %%
figure, places = plt.subplots(1, 3, figsize=(8.5, 3), layout="constrained")
image, ones = np.zeros((1, 1, 9, 9)), np.ones((1, 1, 3, 3))
for place, stride in zip(places, (1, 2, 3)):
    out, cache = conv_forward_naive(image, ones, np.zeros(1), {"stride": stride, "pad": 0})
    dx, _, _ = conv_backward_naive(np.ones_like(out), cache)
    place.imshow(dx[0, 0], cmap="Reds", vmin=0, vmax=14)
    for (i, j), count in np.ndenumerate(dx[0, 0]):
        place.text(j, i, f"{count:g}", ha="center", va="center", fontsize=8)
    place.set(title=f"stride {stride}: {out.shape[2]} x {out.shape[3]} windows", xticks=[], yticks=[])

# %%
x, w, b = rng.standard_normal((2, 3, 5, 4)), rng.standard_normal((2, 3, 3, 2)), rng.standard_normal(2)
conv_param = {"stride": 2, "pad": 1}
out, cache = conv_forward_naive(x, w, b, conv_param)
dout = rng.standard_normal(out.shape)
for name, grad, nudged in zip(("dx", "dw", "db"), conv_backward_naive(dout, cache), (x, w, b)):
    numerical = eval_numerical_gradient_array(lambda _: conv_forward_naive(x, w, b, conv_param)[0], nudged, dout)
    print(f"{name} {grad.shape}: relative error {rel_error(grad, numerical):.1e}")

# %% [markdown]
# ## Max pooling: a max gate for each window
#
# Forward, the largest element stands for its window; backward, the gradient is routed to it. The layer has no weights,
# and forgets where the maximum was: a digit shifted by a pixel looks nearly the same behind it.

# %%
check("10.3", "10.4")

# %%
x = rng.permutation(36).reshape(1, 1, 6, 6).astype(float)
figure, places = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
settings = {"windows of 2, stride 2": (2, 2), "windows of 3, stride 1": (3, 1)}
panels = [("x", x, np.zeros_like(x))]
for title, (size, stride) in settings.items():
    out, cache = max_pool_forward_naive(x, {"pool_height": size, "pool_width": size, "stride": stride})
    dx = max_pool_backward_naive(np.ones_like(out), cache)
    panels.append((f"dx, {title}", dx, dx))
    print(f"{title}: {out.size} windows, and dx sums to {dx.sum():g}")
for place, (title, shown, shade) in zip(places, panels):
    place.imshow(shade[0, 0], cmap="Reds", vmin=0, vmax=10)
    for (i, j), entry in np.ndenumerate(shown[0, 0]):
        place.text(j, i, f"{entry:g}", ha="center", va="center", fontsize=9)
    place.set_title(title, fontsize=10)
    place.set(xticks=[], yticks=[])

# %% [markdown]
# ## Without loops
#
# Four nested loops in Python cost a microsecond or more for every window. But all windows want the same: a dot product
# with all filters. Write each window as a **row** of a matrix of shape $(N H' W',\ C\,\mathit{HH}\,\mathit{WW})$ and
# the filters as columns, and the convolution is *one* matrix product, an affine layer, for which the library has been
# tuned for decades. Its backward is lesson 4's; only the rows have then to be added up at the pixels that they were
# copied from.
#
# That last step can loop, but over what? There are $N H' W'$ windows and only $\mathit{HH} \cdot \mathit{WW}$ places in
# a window. Take one place in the window, say its upper left corner: over *all* windows these corners are pixels a
# stride apart, no pixel twice. So for 3 x 3 filters there are nine additions of large slices instead of thousands of
# small ones.

# %%
check("10.5", "10.6", "10.7", "10.8", "10.9", "10.10")

# %%
x, w, b = rng.standard_normal((10, 3, 16, 16)), rng.standard_normal((8, 3, 3, 3)), rng.standard_normal(8)
conv_param, pool_param = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}


def timed(function, *args, repeat=1):
    start = time.perf_counter()
    for _ in range(repeat):
        result = function(*args)
    return result, (time.perf_counter() - start) / repeat


def compare(naive_pair, fast_pair, *args):
    (slow_out, slow_cache), slow_forward = timed(naive_pair[0], *args)
    (fast_out, fast_cache), fast_forward = timed(fast_pair[0], *args, repeat=5)
    dout = rng.standard_normal(slow_out.shape)
    slow_grads, slow_backward = timed(naive_pair[1], dout, slow_cache)
    fast_grads, fast_backward = timed(fast_pair[1], dout, fast_cache, repeat=5)
    pairs = [(slow_out, fast_out), *zip(slow_grads, fast_grads)]  # a single dx is zipped image by image
    difference = max(np.abs(slow - fast).max() for slow, fast in pairs)
    print(f"  largest difference {difference:.1e}")
    for name, slow, fast in (("forward", slow_forward, fast_forward), ("backward", slow_backward, fast_backward)):
        times = f"naive {slow * 1e3:5.1f} ms, vectorised {fast * 1e3:5.2f} ms"
        print(f"  {name:<8} {times}: {slow / fast:.0f} times as fast")


print("convolution")
compare((conv_forward_naive, conv_backward_naive), (conv_forward, conv_backward), x, w, b, conv_param)
print("max pooling")
compare((max_pool_forward_naive, max_pool_backward_naive), (max_pool_forward, max_pool_backward), x, pool_param)

# %% [markdown]
# The two agree but for the last digits: the order in which numbers are added is another. The naive version is not
# wasted. It is the one you can read, and the one that the fast one is tested against.
#
# ## To think about
#
# A convolution could be written as an affine layer with one huge matrix. For 32 filters of 5 x 5 on a 32 x 32 image
# with 3 channels (pad 2): how many weights would it have, how many of them are different from 0, and how many are free?
#
# <details><summary>Answer</summary>
#
# From $3 \cdot 32 \cdot 32 = 3072$ inputs to $32 \cdot 32 \cdot 32 = 32768$ outputs: about 100 million weights. Each
# output sees a window of $3 \cdot 5 \cdot 5 = 75$ inputs (fewer at the border), so at most 2.5 million of them are not
# 0. And all places share the same 75 for each filter: 2400 are free. These are two claims about images, that what
# matters is near, and that it is the same everywhere.
#
# </details>
