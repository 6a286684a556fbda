# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 2: gates and the circuit
#
# Any formula is a circuit of gates. A gate knows nothing of the circuit around it, and need not. Forward, it computes
# its output, and remembers what it will need (the **cache**). Backward, it is told how sensitive the loss is to its
# output (`dout`), multiplies that by its **local** derivatives, and passes a product to each of its inputs. That is the
# chain rule,
#
# $$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial \mathit{out}} \cdot
#   \frac{\partial \mathit{out}}{\partial x},$$
#
# and it is all of backpropagation.
#
# You write, in `layers/gates.py`, the forward and backward functions of three gates: add, multiply and max.

# %%
# %matplotlib inline
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import load_digits
from layers import add_gate_backward, add_gate_forward, max_gate_backward, max_gate_forward
from layers import eval_numerical_gradient, multiply_gate_backward, multiply_gate_forward
from layers import sigmoid_backward, sigmoid_forward

# %% [markdown]
# ## Three gates, three characters
#
# | gate | local derivatives | what it does with the gradient |
# |---|---|---|
# | $x + y$ | $1$ and $1$ | hands it on, unchanged, to both |
# | $x \cdot y$ | $y$ and $x$ | swaps its inputs: each side gets the *other* value times the gradient |
# | $\max(x, y)$ | $1$ for the larger, $0$ for the smaller | routes it to the larger, and nothing to the other |
#
# The caches follow from the second column. What must a gate remember, if its local derivatives are 1 whatever the
# values? And if they are the values?

# %%
check("2.1", "2.2", "2.3", "2.4", "2.5", "2.6")

# %% [markdown]
# ## $f = (x + y)\,z$, by your gates
#
# Forward from left to right, then backward from right to left. The gradient of the last output is always 1: move $f$ by
# $h$, and $f$ moves by $h$.

# %%
x, y, z = -2.0, 5.0, -4.0
q, q_cache = add_gate_forward(x, y)
f, f_cache = multiply_gate_forward(q, z)

dq, dz = multiply_gate_backward(1.0, f_cache)
dx, dy = add_gate_backward(dq, q_cache)
print(f"f = {f}, dx = {dx}, dy = {dy}, dz = {dz}")

draw_circuit(
    gates=[("q", "+", "x y"), ("f", "×", "q z")],
    values={"x": x, "y": y, "z": z, "q": q, "f": f},
    grads={"x": dx, "y": dy, "z": dz, "q": dq, "f": 1},
    title="f = (x + y) z",
)

# %% [markdown]
# Read the picture as a plan: to make $f$ larger, make $x$ smaller (its gradient is −4), and $z$ larger. The gates find
# that out without ever seeing the whole.
#
# ## The max gate is a switch
#
# The notes' $f = 2\,(xy + \max(z, w))$. At $z = 2$, $w = -1$ the output does not feel $w$ at all.

# %%
x, y, z, w, two = 3.0, -4.0, 2.0, -1.0, 2.0
a, a_cache = multiply_gate_forward(x, y)
m, m_cache = max_gate_forward(z, w)
s, s_cache = add_gate_forward(a, m)
f, f_cache = multiply_gate_forward(s, two)

ds, dtwo = multiply_gate_backward(1.0, f_cache)
da, dm = add_gate_backward(ds, s_cache)
dz, dw = max_gate_backward(dm, m_cache)
dx, dy = multiply_gate_backward(da, a_cache)

draw_circuit(
    gates=[("a", "×", "x y"), ("m", "max", "z w"), ("s", "+", "a m"), ("f", "×", "s 2")],
    values={"x": x, "y": y, "z": z, "w": w, "a": a, "m": m, "s": s, "2": two, "f": f},
    grads={"x": dx, "y": dy, "z": dz, "w": dw, "a": da, "m": dm, "s": ds, "2": dtwo, "f": 1},
    title="f = 2 (x y + max(z, w))",
)

# %% [markdown]
# ## A neuron, and why gates are grouped
#
# $f = \sigma(w_0 x_0 + w_1 x_1 + w_2)$ with $\sigma(s) = \frac{1}{1 + e^{-s}}$. One could build $\sigma$ from four
# gates (times −1, exp, plus 1, one over). By hand it collapses:
#
# $$\frac{d\sigma}{ds} = \frac{e^{-s}}{(1 + e^{-s})^2}
#   = \frac{1}{1 + e^{-s}} \cdot \frac{(1 + e^{-s}) - 1}{1 + e^{-s}} = \sigma\,(1 - \sigma).$$
#
# Four gates become one, and its backward needs nothing but its own output: group operations into one gate wherever the
# derivative of the whole is simpler than that of the parts, and cache what makes it cheap. At $\sigma = 0.73$ the
# gradient is $0.73 \cdot 0.27 = 0.20$.

# %%
w0, x0, w1, x1, w2 = 2.0, -1.0, -3.0, -2.0, -3.0
a, a_cache = multiply_gate_forward(w0, x0)
b, b_cache = multiply_gate_forward(w1, x1)
c, c_cache = add_gate_forward(a, b)
s, s_cache = add_gate_forward(c, w2)
f, f_cache = sigmoid_forward(s)

ds = sigmoid_backward(np.array(1.0), f_cache)
dc, dw2 = add_gate_backward(ds, s_cache)
da, db = add_gate_backward(dc, c_cache)
dw1, dx1 = multiply_gate_backward(db, b_cache)
dw0, dx0 = multiply_gate_backward(da, a_cache)

draw_circuit(
    gates=[("a", "×", "w0 x0"), ("b", "×", "w1 x1"), ("c", "+", "a b"), ("s", "+", "c w2"), ("f", "sigmoid", "s")],
    values={"w0": w0, "x0": x0, "w1": w1, "x1": x1, "w2": w2, "a": a, "b": b, "c": c, "s": s, "f": f},
    grads={"w0": dw0, "x0": dx0, "w1": dw1, "x1": dx1, "w2": dw2, "a": da, "b": db, "c": dc, "s": ds, "f": 1},
    title="A neuron with two inputs",
)

# %% [markdown]
# Does the instrument of lesson 1 agree?


# %%
def neuron(v):
    s = v[0] * v[1] + v[2] * v[3] + v[4]
    return float(1 / (1 + np.exp(-s)))


print("by gates    ", np.array([dw0, dx0, dw1, dx1, dw2]).round(4))
print("by nudging  ", eval_numerical_gradient(neuron, np.array([w0, x0, w1, x1, w2]), verbose=False).round(4))

# %% [markdown]
# ## Where a value branches, gradients add up
#
# Feed $x$ to *both* inputs of a multiply gate: $f = x \cdot x$. Each input gets its own gradient, as if they were two
# values, and $x$, which is both of them, gets the sum:
#
# $$f(x + h) \approx f(x) + h\,\frac{\partial f}{\partial a} + h\,\frac{\partial f}{\partial b}
#   \quad\text{with } a = b = x, \qquad\text{so}\quad \frac{df}{dx} = x + x = 2x.$$

# %%
x = 3.0
f, cache = multiply_gate_forward(x, x)
da, db = multiply_gate_backward(1.0, cache)
print(f"the two inputs get {da} and {db}; together {da + db}, and d(x^2)/dx = {2 * x}")

# %% [markdown]
# ## Why data are preprocessed
#
# The multiply gate swaps its inputs, so the gradient of a weight has the size of the *data*. Take a pixel in a unit
# that makes it 1000 times as large, and the weight's gradient is 1000 times as large: the learning rate that was right
# makes 1000-fold steps.

# %%
pixels = load_digits()["X_train"][0].ravel().astype(np.float64)
weights = np.random.default_rng(0).standard_normal(64)
for scale in (1, 1000):
    _, cache = multiply_gate_forward(weights, scale * pixels)
    dweights, _ = multiply_gate_backward(np.ones(64), cache)
    print(f"data times {scale:>4}: the weights' gradient has length {np.linalg.norm(dweights):10.3f}")

# %% [markdown]
# ## To think about
#
# At $x = y$ the max gate has no derivative. These gates give *both* sides the whole gradient there. What is odd about
# that, and when would it matter?
#
# <details><summary>Answer</summary>
#
# Nudge both together and the max moves by $h$, yet the two gradients add up to 2: mass is made from nothing. Any split
# that sums to 1 would be a better linear model of moving both; what the two one-sided nudges upwards see is 1 each. For
# random real numbers a tie has probability 0. It matters where ties are common: in a max pool over pixels that are all
# 0 after a ReLU. Lesson 10 gives the gradient to the *first* of the equal ones, so that none is doubled.
#
# </details>
