# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 8: batch normalisation, step by step, then simplified
#
# Data are preprocessed to mean 0 and variance 1. Why only the data? Batch normalisation does it in front of every
# layer, with the mean and the variance of the minibatch. Its backward pass is the first one that is too long to guess:
# here the circuit pays off. First you walk back through it gate by gate; then, on paper, you group all gates into one.
#
# You write `standardize` and `standardize_backward` (`layers/standardize.py`), `batchnorm_forward`,
# `batchnorm_backward` and `batchnorm_backward_alt` (`layers/batchnorm.py`).

# %%
# %matplotlib inline
import time

import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import batchnorm_backward, batchnorm_backward_alt, batchnorm_forward
from layers import eval_numerical_gradient_array, rel_error
from layers.standardize import standardize
from models import FullyConnectedNet
from solvers import Solver

rng = np.random.default_rng(0)

# %% [markdown]
# ## The graph
#
# For each of the $D$ features, over the $N$ examples:
#
# $$\mu = \frac{1}{N}\sum_n x_n, \qquad v = \frac{1}{N}\sum_n (x_n - \mu)^2, \qquad s = \sqrt{v + \epsilon}, \qquad
#   \hat{x}_n = \frac{x_n - \mu}{s}, \qquad \mathit{out}_n = \gamma\,\hat{x}_n + \beta.$$
#
# Drawn as gates, there are two places where a value branches ($x$ and centered: there gradients add up) and four where
# one is broadcast over the examples (mean, std, gamma, beta: there gradients are summed).

# %%
core = [
    ("mean", "mean", "x"),
    ("centered", "−", "x mean"),
    ("square", "c²", "centered"),
    ("var", "mean", "square"),
    ("std", "sqrt", "var"),
    ("normalized", "÷", "centered std"),
]
low = {"mean": -1.6, "square": -1.6, "var": -1.6, "std": -1.6}
level = {"x": 0, "centered": 0, "normalized": 0} | low
large = dict.fromkeys(("x", "centered", "square", "normalized", "scaled", "out"), "(N, D)")
small = dict.fromkeys(("mean", "var", "std", "gamma", "beta"), "(D,)")
draw_circuit(
    gates=[*core, ("scaled", "×", "normalized gamma"), ("out", "+", "scaled beta")],
    values=large | small,
    grads=large | small,
    branches={("x", "mean"): "(N, D)", ("x", "centered"): "(N, D)", ("centered", "square"): "(N, D)",
              ("centered", "normalized"): "(N, D)"},
    rows=level | {"gamma": 1, "scaled": 0, "beta": 1, "out": 0},
    title="Batch normalisation: shapes of the values, and of the gradients that come back",
)

# %%
check("8.1", "8.2")

# %% [markdown]
# ## The same with numbers
#
# One feature, four examples $x = (1, 1, 5, 5)$, and $(32, 0, 0, 64)$ comes back to `normalized`. All of this can be
# done on paper, and should be, once. Cover the red numbers, begin at the right, and use nothing but these local
# derivatives:
#
# | gate | forward | local derivative |
# |---|---|---|
# | ÷ | $c / s$ | $1/s$ to $c$; $-c/s^2$ to $s$, and $s$ was broadcast: sum |
# | sqrt | $\sqrt{v}$ | $1 / (2\sqrt{v})$ |
# | mean | $\frac{1}{4}\sum q_n$ | every $q_n$ has the share $\frac{1}{4}$ |
# | c² | $c^2$ | $2c$ |
# | − | $x - \mu$ | $1$ to $x$; $-1$ to $\mu$, which was broadcast: sum |

# %%
draw_circuit(
    gates=core,
    values={
        "x": "1, 1, 5, 5", "mean": "3", "centered": "−2, −2, 2, 2", "square": "4, 4, 4, 4", "var": "4", "std": "2",
        "normalized": "−1, −1, 1, 1",
    },
    grads={
        "normalized": "32, 0, 0, 64", "std": "−16", "var": "−4", "square": "−1, −1, −1, −1",
        "centered": "20, 4, −4, 28", "mean": "−48", "x": "8, −8, −16, 16",
    },
    branches={
        ("centered", "normalized"): "16, 0, 0, 32", ("centered", "square"): "4, 4, −4, −4",
        ("x", "centered"): "20, 4, −4, 28", ("x", "mean"): "−12, −12, −12, −12",
    },
    rows=level,
    spread=1.5,
    title="One feature, four examples: every number can be found by hand",
)

# %%
check("8.3")

# %%
x = np.array([[1.0], [1.0], [5.0], [5.0]])
dout = np.array([[32.0], [0.0], [0.0], [64.0]])
out, cache = batchnorm_forward(x, np.ones(1), np.zeros(1), {"mode": "train", "eps": 1e-12})
dx, dgamma, dbeta = batchnorm_backward(dout, cache)
print("out   ", out.ravel().round(6), "\ndx    ", dx.ravel().round(6), "\ndgamma", dgamma.round(6), "\ndbeta ", dbeta)

# %% [markdown]
# ## Simplified: think of what cannot matter
#
# Look at the gradient of $x$ above, $(8, -8, -16, 16)$. It sums to 0, and so does its product with $\hat{x}$. That is
# no accident. Shift all $x_n$ by the same amount, and nothing comes out differently; scale them about their mean, and
# (but for $\epsilon$) nothing either. In these two directions the output cannot move, so the gradient has no part along
# them.
#
# On paper: both $\mu$ and $s$ depend on every $x_j$, with $\frac{\partial \mu}{\partial x_j} = \frac{1}{N}$ and
# $\frac{\partial s}{\partial x_j} = \frac{1}{2s} \cdot \frac{2}{N}(x_j - \mu) = \frac{\hat{x}_j}{N}$ (the way through
# $\mu$ vanishes, as the centered values sum to 0). By the quotient rule
#
# $$\frac{\partial \hat{x}_i}{\partial x_j}
#   = \frac{1}{s}\left(1[i = j] - \frac{1}{N} - \frac{\hat{x}_i \hat{x}_j}{N}\right).$$
#
# Multiply with the upstream gradient $d_i$ and sum over $i$: the first term gives $d_j$, the second takes away the mean
# of $d$, the third takes away $\hat{x}_j$ times the mean of $d\,\hat{x}$. Six gates have become one, whose cache holds
# only $\hat{x}$ and $s$. With the numbers above: $d = (32, 0, 0, 64)$ has the mean 24, $d\,\hat{x} = (-32, 0, 0, 64)$
# the mean 8, so $\frac{1}{2}(32 - 24 + 8,\ 0 - 24 + 8,\ 0 - 24 - 8,\ 64 - 24 - 8) = (8, -8, -16, 16)$.

# %%
check("8.4", "8.5")

# %%
x, gamma, beta = 3 + 2 * rng.standard_normal((100, 50)), rng.standard_normal(50), rng.standard_normal(50)
dout = rng.standard_normal(x.shape)
out, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
stepwise, alternative = batchnorm_backward(dout, cache), batchnorm_backward_alt(dout, cache)
numerical = eval_numerical_gradient_array(lambda g: batchnorm_forward(x, g, beta, {"mode": "train"})[0], gamma, dout)
print(f"the two backward passes differ by {max(map(rel_error, stepwise, alternative)):.1e}")
print(f"dgamma against the numerical one: {rel_error(stepwise[1], numerical):.1e}")
print(f"along a common shift: {abs(alternative[0].sum(axis=0)).max():.1e}, "
      f"along x itself: {abs((alternative[0] * (x - x.mean(axis=0))).sum(axis=0)).max():.1e}")

# %%
large_x, ones = rng.standard_normal((2000, 500)), np.ones(500)
_, cache = batchnorm_forward(large_x, ones, 0 * ones, {"mode": "train"})
for backward in (batchnorm_backward, batchnorm_backward_alt):
    start = time.perf_counter()
    for _ in range(5):
        backward(large_x, cache)
    print(f"{backward.__name__:<24} {(time.perf_counter() - start) / 5 * 1e3:6.1f} ms")

# %% [markdown]
# ## Test time, and a trap of numbers
#
# At test time there may be one example, so the statistics are running averages from training. And the variance is taken
# from centered values: the short formula $E[x^2] - E[x]^2$ subtracts two large numbers, and in `float32` nothing is
# left of it:

# %%
bn_param = {"mode": "train"}
for _ in range(100):
    batchnorm_forward(5 + 2 * rng.standard_normal((50, 1)), np.ones(1), np.zeros(1), bn_param)
print(f"running mean {bn_param['running_mean'][0]:.2f} (true 5), variance {bn_param['running_var'][0]:.2f} (true 4)")

far = (10000 + rng.standard_normal((1000, 1))).astype(np.float32)
_, _, var, _ = standardize(far, 0, 1e-5)
short = np.mean(far**2) - np.mean(far) ** 2
print(f"variance of 10000 + N(0, 1): yours {var.item():.3f}, by E[x^2] - E[x]^2 {short:.3f}")

# %% [markdown]
# ## What it is good for
#
# Five hidden layers on the digits, from weights that are much too small to much too large. Without normalisation the
# signal dies out or explodes on its way through the layers, and only a narrow range of scales trains. With it, every
# hidden layer finds its inputs at mean 0 and variance 1, whatever the scale of the weights before it. (The last affine
# layer has nothing behind it: on the far right the scores themselves are too large.)

# %%
data = load_digits()
scales = 10.0 ** np.arange(-3, 1.1, 0.5)
figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
for normalization in (None, "batchnorm"):
    reached = []
    for scale in scales:
        model = FullyConnectedNet([40] * 5, input_dim=64, normalization=normalization, weight_scale=scale, seed=0)
        solver = Solver(
            model, data, update_rule="adam", optim_config={"learning_rate": 3e-3}, num_epochs=4, batch_size=100,
            verbose=False, seed=0
        )
        solver.train()
        reached.append(solver.val_acc_history[-1])
    print(f"{normalization or 'nothing':>10}:", " ".join(f"{accuracy:.2f}" for accuracy in reached))
    axes.semilogx(scales, reached, "o-", label=normalization or "no normalisation")
axes.set(xlabel="scale of the weights at the start", ylabel="validation accuracy after 4 epochs", ylim=(0, 1.02))
_ = axes.legend()

# %% [markdown]
# ## To think about
#
# An affine layer in front of batch normalisation has a bias. What is its gradient?
#
# <details><summary>Answer</summary>
#
# Zero. The bias shifts a feature of all examples by the same amount, and the mean takes it out again: the direction
# along which the output cannot move. `db` is the sum of `dx` over the examples, which is 0. beta does its work.
# (Regularise nothing with a gradient of 0 and it stays what it was.)
#
# </details>
