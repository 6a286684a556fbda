# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 1: sensitivity and numerical gradients
#
# A derivative is a **sensitivity**: nudge an input by a little $h$, and the output moves by about $h$ times the
# derivative,
#
# $$f(x + h) \approx f(x) + h\,\frac{df}{dx}.$$
#
# Nothing else is needed to *measure* a derivative, and what can be measured can be checked. In this lesson you build
# the measuring instrument, in `layers/gradient_check.py`; all later lessons are checked with it: `rel_error`,
# `_values_around`, `eval_numerical_gradient`, `eval_numerical_gradient_array`, `grad_check_sparse`.
#
# A cell that stops at `NotImplementedError` names the exercise that it waits for. Write that function, restart the
# kernel, and run from the top. The cells with `check` read the files anew: they need no restart.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import eval_numerical_gradient, eval_numerical_gradient_array, grad_check_sparse, rel_error

# %% [markdown]
# ## A circuit to nudge
#
# $f(x, y, z) = (x + y)\,z$ is a circuit of two gates. Values flow from left to right, in green.

# %%
x, y, z = -2.0, 5.0, -4.0
draw_circuit(
    gates=[("q", "+", "x y"), ("f", "×", "q z")],
    values={"x": x, "y": y, "z": z, "q": x + y, "f": (x + y) * z},
    title="f = (x + y) z: the values",
)

# %% [markdown]
# Now nudge one input at a time and watch the output. Before you run the cell: which way will $f$ move if $x$ grows?

# %%
h = 0.01
f = (x + y) * z
for name, nudged in (("x", (x + h + y) * z), ("y", (x + y + h) * z), ("z", (x + y) * (z + h))):
    print(f"{name} + {h}:  f moves by {nudged - f:+.4f}, which is {(nudged - f) / h:+.2f} for each unit of {name}")

# %% [markdown]
# By hand: with $q = x + y$ the output is $f = qz$. So $\partial f/\partial z = q = 3$, and
# $\partial f/\partial x = \partial f/\partial q \cdot \partial q/\partial x = z \cdot 1 = -4$: the two numbers that the
# nudges found. These sensitivities stand below the wires, in red:

# %%
draw_circuit(
    gates=[("q", "+", "x y"), ("f", "×", "q z")],
    values={"x": x, "y": y, "z": z, "q": x + y, "f": f},
    grads={"x": -4, "y": -4, "q": -4, "z": 3, "f": 1},
    title="f = (x + y) z: the values, and how much f moves for each unit of every wire",
)

# %% [markdown]
# ## How wrong is it?
#
# Two gradients are compared by their **relative** error, $|a - b| / \max(10^{-8}, |a| + |b|)$: an error of 0.001 is
# nothing to a gradient of 1000 and everything to one of 0.001. Rules of thumb for `float64`: below $10^{-7}$, be happy;
# above $10^{-2}$, it is wrong; between the two, look for a kink, or for a function that is large beside its gradient.

# %%
check("1.1")

# %%
print(f"{rel_error(np.array([1000.0]), np.array([1000.001])):.1e}")
print(f"{rel_error(np.array([0.001]), np.array([0.002])):.1e}")
print(f"{rel_error(np.zeros(3), np.zeros(3)):.1e}")

# %% [markdown]
# ## From one side or from both?
#
# Taylor's series, written for a nudge to the right and for one to the left:
#
# $$f(x \pm h) = f(x) \pm h f'(x) + \frac{h^2}{2} f''(x) \pm \frac{h^3}{6} f'''(x) + \dots$$
#
# - From one side, $\frac{f(x + h) - f(x)}{h} = f'(x) + \frac{h}{2} f''(x) + \dots$: the error falls with $h$.
# - From both sides, in $\frac{f(x + h) - f(x - h)}{2h}$, the terms in $h^2$ cancel: what is left is
#   $\frac{h^2}{6} f'''(x)$. One more call, and the error falls with $h^2$.
#
# But $f$ is known to 16 digits only. The smaller $h$, the more of them the subtraction eats: the rounding error grows
# as $10^{-16}/h$. So there is a best $h$, and it is not the smallest one. Your function finds it for $e^x$ at $x = 1$,
# whose derivative is $e$:

# %%
check("1.2", "1.3")

# %%
steps = 10.0 ** np.arange(-12, 0)
point = np.array([1.0])
one_side = [abs((np.exp(1 + h) - np.exp(1)) / h - np.e) / np.e for h in steps]
both_sides = [eval_numerical_gradient(lambda v: float(np.exp(v[0])), point, verbose=False, h=h)[0] for h in steps]
both_sides = abs(np.array(both_sides) - np.e) / np.e
for h, one, both in zip(steps, one_side, both_sides):
    print(f"h = {h:.0e}: error {one:.1e} from one side, {both:.1e} from both")

# %%
figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
axes.loglog(steps, one_side, "o-", label="from one side")
axes.loglog(steps, both_sides, "o-", label="from both sides: yours")
axes.set(xlabel="h", ylabel="relative error", title="Rounding on the left, Taylor on the right")
_ = axes.legend()

# %% [markdown]
# ## An array of outputs
#
# A layer has many outputs. If the loss reaches us as an upstream gradient `df`, the sensitivity of the loss to each
# output, then to the first order the loss *is* $\sum_i f_i \cdot \mathit{df}_i$, and that is one number again. With
# $f_i = x_i^2$ the gradient is $2 x_i \mathit{df}_i$:

# %%
check("1.4")

# %%
values, upstream = np.array([1.0, -3.0, 0.5]), np.array([1.0, 10.0, -2.0])
numerical = eval_numerical_gradient_array(lambda v: v**2, values, upstream)
print("numerical ", numerical.round(6))
print("analytic  ", 2 * values * upstream)
print(f"relative error {rel_error(numerical, 2 * values * upstream):.1e}")

# %% [markdown]
# ## Real data, and only a few entries
#
# Which image $m$ is nearest to all digits, if we measure by $f(m) = \frac{1}{N}\sum_n |x_n - m|^2$? By hand, $\partial
# f/\partial m = \frac{2}{N}\sum_n (m - x_n) = 2\,(m - \bar{x})$: zero at the mean image. To check it at all 64 pixels
# is quick here; for a net with millions of parameters one looks at a few random entries.

# %%
check("1.5")

# %%
data = load_digits()
images = (data["X_train"] + data["mean_image"]).astype(np.float64)
guess = np.full((1, 8, 8), 0.5)
analytic = 2 * (guess - images.mean(axis=0))
grad_check_sparse(lambda m: float(np.mean(np.sum((images - m) ** 2, axis=(1, 2, 3)))), guess, analytic, num_checks=5)

# %%
figure, axes = plt.subplots(1, 3, figsize=(7, 2.6), layout="constrained")
panels = (images[0], "a digit"), (analytic, "gradient"), (guess - analytic / 2, "m - gradient / 2")
for place, (picture, title) in zip(axes, panels):
    place.imshow(picture[0], cmap="gray_r")
    place.set_title(title, fontsize=10)
    place.axis("off")

# %% [markdown]
# ## Where there is no derivative
#
# $\max(x, 0)$ has a kink at 0: the slope is 0 on the left and 1 on the right. What will a measurement from both sides
# say?

# %%
print(eval_numerical_gradient(lambda v: float(np.maximum(v, 0).sum()), np.array([-1.0, 0.0, 1.0]), verbose=False))

# %% [markdown]
# It says 0.5, the slope of a line through two points on either side of a kink; no formula gives that. When a check
# fails at one entry of thousands, look first whether a kink is near.

# %% [markdown]
# ## To think about
#
# Why not train a net with numerical gradients, and never derive anything?
#
# <details><summary>Answer</summary>
#
# Every entry needs two calls of $f$. A net with $10^6$ parameters needs $2 \cdot 10^6$ forward passes for *one*
# gradient; the backward pass gives all $10^6$ entries at the cost of about two forward passes. Numerical gradients are
# slow, approximate and easy to write; analytic ones are fast, exact and easy to get wrong. So one derives, and checks.
#
# </details>
