# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Lesson 5: the chain and a two-layer net
#
# A composition of layers is a layer again: forward through the parts, backward through them in reverse order. That
# sentence is the chain rule, and once it is written down as code, every net is one line: `chain(affine, relu, affine)`.
#
# You write the two functions inside `chain` and the two inside `add` (`layers/compose.py`), the loss of a model
# (`models/classifier.py`) and `TwoLayerNet` (`models/fc.py`).

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from circuit import draw_circuit
from classroom import check

from datasets import make_spirals
from layers import add, affine, chain, check_layer, relu, residual, sigmoid, tanh
from models import TwoLayerNet

rng = np.random.default_rng(0)

# %% [markdown]
# ## The chain rule, as bookkeeping
#
# For $L(h_2(h_1(x)))$ the rule says
#
# $$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial h_2} \cdot \frac{\partial h_2}{\partial h_1} \cdot
#   \frac{\partial h_1}{\partial x}.$$
#
# Multiply from the left: what arrives is always a gradient of one number, no larger than the value it belongs to. Each
# part multiplies by its own derivative, which is what its backward does. So **what one part returns as `dx` is the
# `dout` of the part before it**; the gradients of its weights are set aside. Forward has left one cache for each part.

# %%
names = {"x": "(N, 2)", "w1": "(2, 100)", "b1": "(100,)", "h": "(N, 100)", "r": "(N, 100)"}
shapes = names | {"w2": "(100, 3)", "b2": "(3,)", "scores": "(N, 3)", "loss": "()", "y": "(N,)"}
draw_circuit(
    gates=[
        ("h", "affine", "w1 x b1"), ("r", "relu", "h"),
        ("scores", "affine", "w2 r b2"), ("loss", "softmax", "scores y"),
    ],
    values=shapes,
    grads={name: shape for name, shape in shapes.items() if name != "y"},
    rows={"w1": 1, "x": 0, "b1": -1, "h": 0, "w2": 1, "r": 0, "b2": -1, "scores": 0, "loss": 0, "y": -1},
    title="A two-layer net: shapes of the values, and of the gradients that come back",
)

# %%
check("5.1", "5.2", "5.3", "5.4")

# %%
net = chain(affine, relu, affine)
print(net)
x = rng.standard_normal((4, 5))
arrays = [rng.standard_normal(shape) for shape in ((5, 6), (6,), (6, 3), (3,))]
for gradient in check_layer(net, x, arrays):
    print(gradient)

# %% [markdown]
# ## Where a value branches, gradients add up
#
# `add` gives the same x to all its parts and adds what they make of it. By lesson 2 the add gate hands `dout` on to
# every part, unchanged, and x, which branched, gets the **sum** of what comes back. A residual block, `layer(x) + x`,
# is the case with an empty second way. By hand for $f = \tanh(x) + x$ at $x = 0.5$:
#
# $$\frac{df}{dx} = (1 - \tanh^2 x) + 1 = 0.79 + 1.$$
#
# Through the layer the gradient may shrink; past it, it arrives in full. Stack fifty of them, and it still arrives:
# that is why residual nets can be deep.

# %%
value = np.array([[0.5]])
inner, inner_cache = tanh.forward(value)
out, cache = residual(tanh).forward(value)
dx = residual(tanh).backward(np.ones((1, 1)), cache)
through = tanh.backward(np.ones((1, 1)), inner_cache)
draw_circuit(
    gates=[("t", "tanh", "x"), ("f", "+", "t x")],
    values={"x": value[0, 0], "t": inner[0, 0], "f": out[0, 0]},
    grads={"x": dx[0, 0], "t": 1, "f": 1},
    branches={("x", "t"): through[0, 0], ("x", "f"): 1},
    rows={"x": 0, "t": 1, "f": 0},
    title="f = tanh(x) + x: two ways back, added up",
)

# %%
arrays = [rng.standard_normal(shape) for shape in ((5, 3), 3, (5, 3), 3)]
for gradient in check_layer(add(affine, chain(affine, tanh)), x, arrays):
    print(gradient)

# %%
signal = np.full((1, 1), 0.5)
for name, layer in (("plain", chain(*[sigmoid] * 50)), ("residual", chain(*[residual(sigmoid)] * 50))):
    _, cache = layer.forward(signal)
    print(f"{name:>8}: below 50 sigmoids the gradient is {layer.backward(np.ones((1, 1)), cache)[0, 0]:.2e}")

# %% [markdown]
# ## A model
#
# A model is a net, its parameters and a loss. `loss(X, y)` runs forward, then backward, and names the gradients as the
# parameters are named. With regularisation the loss has one more term, $\frac{1}{2}\lambda \sum W^2$, for the weights
# alone; by hand, its gradient is $\lambda W$: the half is there to cancel the 2.

# %%
check("5.5", "5.6")

# %%
X, y = make_spirals(num_per_class=100, num_classes=3, noise=0.15, seed=0)
model = TwoLayerNet(input_dim=2, hidden_dim=100, num_classes=3, weight_scale=1e-2, reg=1e-3, seed=0)
loss, grads = model.loss(X, y)
print(f"first loss {loss:.4f}, log 3 = {np.log(3):.4f}")
for key, grad in grads.items():
    print(f"{key}: gradient of shape {grad.shape}, length {np.linalg.norm(grad):.4f}")

# %% [markdown]
# ## Three spirals
#
# The notes' toy case: no straight line separates the arms. A linear classifier gets about half of them right; the net,
# with its hundred bent lines, nearly all. The loop is the one of lesson 4; lesson 6 makes a Solver of it.

# %%
losses = []
for _ in range(1500):
    loss, grads = model.loss(X, y)
    losses.append(loss)
    for key, grad in grads.items():
        model.params[key] = model.params[key] - 1.0 * grad
said = model.loss(X).argmax(axis=1)
print(f"loss {losses[0]:.3f} -> {losses[-1]:.3f}, training accuracy {np.mean(said == y):.3f}")

# %%
axis = np.linspace(-1.2, 1.2, 150)
plane = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
regions = model.loss(plane).argmax(axis=1).reshape(150, 150)
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
left.plot(losses)
left.set(xlabel="iteration", ylabel="loss", title="training")
right.imshow(regions, origin="lower", extent=(-1.2, 1.2, -1.2, 1.2), cmap="Pastel1", vmin=0, vmax=8)
right.scatter(*X.T, c=y, s=10, cmap="Set1", vmin=0, vmax=8)
_ = right.set(title="what it says in the plane")

# %% [markdown]
# ## To think about
#
# The net starts with small *random* weights. What would it learn from zeros?
#
# <details><summary>Answer</summary>
#
# Nothing but a bias. With $W_1 = W_2 = 0$ every hidden unit is 0, and so is the gradient of $W_2$, which is multiplied
# with it; what comes back through $W_2$ is 0, and so is the gradient of $W_1$. Only $b_2$ moves. And if all weights
# were *equal*, all hidden units would compute the same and get the same gradient for ever: one unit, a hundred times.
# Random numbers break the symmetry.
#
# </details>
