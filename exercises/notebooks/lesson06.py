# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 6: update rules and the Solver's step
#
# The backward pass tells which way is down, here and now. How far to go, and how much to trust the last few gradients,
# is the update rule's business: `next_w, config = rule(w, dw, config)`. A rule is a pure function; what it remembers
# stands in the config.
#
# You write the rules of `solvers/optim.py`, from `sgd` to `adamw`, and `_step` and `check_accuracy` of the Solver
# (`solvers/solver.py`).

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from models import TwoLayerNet
from solvers import Solver
from solvers.optim import UPDATE_RULES, adam, sgd_momentum

# %% [markdown]
# ## A ball in a valley
#
# Momentum keeps a velocity. The update is a circuit too, of two multiply gates and two add gates: the old velocity is
# rubbed down by $\mu$, the gradient pushes it, and the ball moves by it,
#
# $$v \leftarrow \mu v - \eta\,\mathit{dw}, \qquad w \leftarrow w + v.$$
#
# Under a gradient that stays the same the velocity approaches $-\eta\,\mathit{dw}\,(1 + \mu + \mu^2 + \dots) =
# -\frac{\eta}{1 - \mu}\,\mathit{dw}$: with $\mu = 0.9$ ten times the step of plain gradient descent. A gradient that
# changes its sign at every step nearly cancels.

# %%
check("6.1", "6.2", "6.3")

# %%
w, config = np.array([1.0]), {"learning_rate": 0.1, "momentum": 0.9, "velocity": np.array([-0.5])}
next_w, next_config = sgd_momentum(w, np.array([2.0]), config)
v = next_config["velocity"][0]
draw_circuit(
    gates=[("rubbed", "×", "µ v"), ("push", "×", "−η dw"), ("v'", "+", "rubbed push"), ("w'", "+", "v' w")],
    values={"µ": 0.9, "v": -0.5, "−η": -0.1, "dw": 2, "rubbed": -0.45, "push": -0.2, "v'": v, "w": 1, "w'": next_w[0]},
    title="One step of momentum",
)

# %% [markdown]
# ## Each weight a learning rate of its own
#
# The multiply gate made the gradient of a weight as large as its data; a rule that divides by the *size* of the
# gradients takes that out again. **AdaGrad** adds up their squares, $c \leftarrow c + \mathit{dw}^2$, and steps by
# $\eta\,\mathit{dw} / (\sqrt{c} + \epsilon)$; as $c$ only grows, it comes to a halt. **RMSProp** lets the sum leak, $c
# \leftarrow \rho c + (1 - \rho)\,\mathit{dw}^2$. **Adam** is RMSProp with momentum, and one correction.
#
# By hand, for constant gradient $g$ and $m_0 = 0$: $m_t = \beta m_{t-1} + (1 - \beta) g$ gives
#
# $$m_t = (1 - \beta)(1 + \beta + \dots + \beta^{t-1})\,g = (1 - \beta^t)\,g.$$
#
# The average starts at zero and is too small by the factor $1 - \beta^t$, at $t = 1$ with $\beta_2 = 0.999$ by a
# thousand. Divide by it, and the first step is right. It then has length $\eta$, whatever the unit of the gradient:

# %%
check("6.4", "6.5", "6.6", "6.7")

# %%
for g in (1e-3, 1.0, 1e3):
    next_w, _ = adam(np.zeros(1), np.array([g]), {"learning_rate": 0.01})
    print(f"gradient {g:>7g}: Adam's first step is {next_w[0]:+.6f}")

# %% [markdown]
# ## Down a long valley
#
# $f(x, y) = \frac{1}{2}(x^2 + 25\,y^2)$ is 25 times as steep across as along. Too large a step and plain gradient
# descent jumps from side to side; too small and it never gets along. Forty steps of each rule from the same place:

# %%
steepness = np.array([1.0, 25.0])
settings = {
    "sgd": {"learning_rate": 0.07},
    "sgd_momentum": {"learning_rate": 0.02},
    "nesterov": {"learning_rate": 0.02},
    "adagrad": {"learning_rate": 1.0},
    "rmsprop": {"learning_rate": 0.1, "decay_rate": 0.9},
    "adam": {"learning_rate": 0.3},
}
side = np.linspace(-4.5, 2.5, 120)
height = np.linspace(-1.4, 1.4, 100)
valley = 0.5 * (side[np.newaxis] ** 2 + 25 * height[:, np.newaxis] ** 2)
figure, places = plt.subplots(2, 3, figsize=(9.5, 4.6), layout="constrained", sharex=True, sharey=True)
for place, (name, config) in zip(places.flat, settings.items()):
    w, path = np.array([-4.0, 1.0]), []
    for _ in range(40):
        path.append(w)
        w, config = UPDATE_RULES[name](w, steepness * w, config)
    end = 0.5 * np.sum(steepness * w**2)
    place.contour(side, height, valley, levels=[0.1, 0.5, 2, 5, 10, 20], colors="#c8d0d8", linewidths=0.8)
    place.plot(*np.array(path).T, ".-", linewidth=1, markersize=4)
    place.set(title=f"{name}: f = {end:.1e}", xlim=(-4.5, 2.5), ylim=(-1.4, 1.4))

# %% [markdown]
# ## The Solver's step
#
# Take a minibatch; ask the model for loss and gradients; let the rule move every parameter, each with a config of its
# own; note the loss. That is all of `_step`, and all that was ever hidden in the word "training".

# %%
check("6.8", "6.9")

# %%
data = load_digits()
rates = {"sgd": 0.3, "sgd_momentum": 0.05, "rmsprop": 2e-3, "adam": 3e-3}
figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
for name, rate in rates.items():
    model = TwoLayerNet(input_dim=64, hidden_dim=50, weight_scale=0.1, seed=0)
    solver = Solver(
        model, data, update_rule=name, optim_config={"learning_rate": rate}, num_epochs=8, batch_size=50,
        verbose=False, seed=0
    )
    solver.train()
    test_acc = solver.check_accuracy(data["X_test"], data["y_test"])
    last = solver.loss_history[-1]
    print(f"{name:>12}: last loss {last:.3f}, best validation {solver.best_val_acc:.3f}, test {test_acc:.3f}")
    axes.plot(np.convolve(solver.loss_history, np.ones(10) / 10, mode="valid"), label=name)
axes.set(xlabel="iteration", ylabel="loss, mean of 10", title="Digits, a two-layer net")
axes.set_yscale("log")
_ = axes.legend()

# %% [markdown]
# ## To think about
#
# In `adam` with L2 regularisation, $\lambda w$ is part of the gradient. In `adamw` the weight is shrunk apart from it.
# Why is that not the same?
#
# <details><summary>Answer</summary>
#
# Adam divides by the size of the gradients. A weight whose gradients are large has its $\lambda w$ divided by that
# large number too: it is hardly shrunk, and a weight with small gradients is shrunk hard. Taken apart, every weight
# shrinks by the same fraction $\eta\lambda$ a step, which is what "weight decay" says. For plain gradient descent the
# two are the same.
#
# </details>
