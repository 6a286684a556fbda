# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 7: dropout
#
# A net with more weights than examples can learn its examples by heart. Dropout makes that hard: at every training step
# each hidden unit is kept with probability $p$ and silenced otherwise, so that no unit can rely on a certain other one
# being there.
#
# You write `dropout_forward` and `dropout_backward` in `layers/dropout.py`. Here $p$ is the probability to **keep**.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import dropout_backward, dropout_forward, eval_numerical_gradient_array, rel_error
from models import FullyConnectedNet
from solvers import Solver

# %% [markdown]
# ## By hand: the expected output
#
# Draw $m_i = 1$ with probability $p$, else 0. Then the expectation of $x_i m_i$ is $p\,x_i$: the next layer would be
# used to inputs that are too small by $p$, and at test time, when nothing is dropped, everything would be too large.
# **Inverted** dropout repairs it in training, where it is drawn anyway:
#
# $$\mathit{out}_i = x_i \cdot \frac{m_i}{p}, \qquad
#   E[\mathit{out}_i] = x_i \cdot \frac{p \cdot 1 + (1 - p) \cdot 0}{p} = x_i.$$
#
# At test time the layer does nothing at all. What is its gradient? The mask does not depend on $x$: a multiply gate
# whose other input is a constant.

# %%
check("7.1", "7.2")

# %%
x = np.array([1.0, 2.0, 3.0, 4.0])
out, cache = dropout_forward(x, {"p": 0.5, "mode": "train", "seed": 3})
dx = dropout_backward(np.ones(4), cache)


def listed(array):
    return ", ".join(f"{entry:g}" for entry in array)


draw_circuit(
    gates=[("out", "×", "x mask")],
    values={"x": listed(x), "mask": listed(out / x), "out": listed(out)},
    grads={"x": listed(dx), "out": listed(np.ones(4))},
    spread=1.4,
    title="Dropout, p = 0.5: a multiply gate with a mask",
)

# %% [markdown]
# Kept units count double, dropped ones not at all, and the gradient is dropped with them. On the average over many
# masks nothing is lost:

# %%
generator = np.random.default_rng(0)
for p in (0.25, 0.5, 0.9, 1.0):
    many, _ = dropout_forward(np.ones((1000, 100)), {"p": p, "mode": "train", "rng": generator})
    print(f"p = {p:<4}: {np.mean(many > 0):.3f} kept, mean {many.mean():.3f}, largest {many.max():.2f}")
still, _ = dropout_forward(x, {"p": 0.5, "mode": "test"})
print("at test time:", still)

# %% [markdown]
# A numerical check nudges an input and calls forward again: with another mask each time it would measure noise. That is
# what `seed` in the settings is for: every call draws the same mask.

# %%
dout = generator.standard_normal(4)
for seed in (3, None):
    setting = {"p": 0.5, "mode": "train"} | ({} if seed is None else {"seed": seed})
    out, cache = dropout_forward(x, setting)
    numerical = eval_numerical_gradient_array(lambda v: dropout_forward(v, setting)[0], x, dout)
    print(f"seed {seed}: relative error {rel_error(dropout_backward(dout, cache), numerical):.1e}")

# %% [markdown]
# ## Does it help?
#
# 400 digits to learn from, 300 hidden units, and a teacher who lies: three labels in ten are replaced by random ones. A
# net that learns everything by heart learns the lies, too. To say what the *digit* shows would give about 73 % on these
# training labels; whatever is above that was memorised. The validation labels are true.

# %%
data = load_digits()
rng = np.random.default_rng(0)
labels = data["y_train"][:400].copy()
lies = rng.random(400) < 0.3
labels[lies] = rng.integers(0, 10, lies.sum())
lied_to = data | {"X_train": data["X_train"][:400], "y_train": labels}
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for p in (1, 0.5, 0.2):
    histories = []
    for seed in range(2):
        model = FullyConnectedNet(
            [300], input_dim=64, dropout_keep_ratio=p, weight_scale=0.1, seed=np.random.default_rng(seed)
        )
        solver = Solver(
            model, lied_to, update_rule="adam", optim_config={"learning_rate": 2e-3}, num_epochs=40, batch_size=50,
            verbose=False, seed=seed
        )
        solver.train()
        histories.append([solver.train_acc_history, solver.val_acc_history])
    train_acc, val_acc = np.mean(histories, axis=0)
    print(f"keep {p:<3}: in the end {train_acc[-1]:.3f} on the training labels, {val_acc[-1]:.3f} in validation")
    axes.plot(val_acc, label=f"keep {p}")
axes.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0.75, 1), title="400 digits, three labels in ten wrong")
_ = axes.legend()

# %% [markdown]
# Without dropout the net is better after a few epochs than at the end: that is when it begins to memorise. With it, it
# keeps what it has found. There is a price: training is slower, and on a clean and easy task there is nothing to gain.
# Try it with true labels.
#
# ## To think about
#
# Why must each call in training draw a *new* mask? What would a net trained with one fixed mask be?
#
# <details><summary>Answer</summary>
#
# With one fixed mask the dropped units never take part: it is a smaller net with the same mask at every step, whose
# other units are never trained. At test time these untrained units would suddenly join in. With a new mask each time
# $2^H$ thinned nets share one set of weights, and the test-time net is about their average.
#
# </details>
