"""What flows through a whole net on a minibatch, forward and backward, as rows to draw."""

from dataclasses import dataclass

import numpy as np

from ..parts import run_model
from .text import number

_BATCHNORM = "dgamma sums dout times the normalised x, dbeta sums dout; dx also goes through mean and variance."
# What backward computes, the local gradient times the one from above, for layers that every net has.
BACKWARD = {
    "affine": "dx = dout W\u1d40, dW = x\u1d40 dout, db = the sum of dout over the examples.",
    "relu": "The local gradient is 1 where x > 0, else 0: dx = dout there, and the rest is lost.",
    "conv": "dW correlates x with dout, dx spreads dout back by the filters, db sums dout over examples and places.",
    "max_pool": "The local gradient is 1 at the largest x of each window, else 0: dout goes there.",
    "avg_pool": "Each x of a window gets an equal share of dout.",
    "global_avg_pool": "Each x gets dout / (H W).",
    "dropout": "dx = dout times the mask: what was dropped gets nothing.",
    "batchnorm": _BATCHNORM,
    "spatial_batchnorm": _BATCHNORM,
    "sigmoid": "The local gradient is (1 \u2212 out) out.",
    "tanh": "The local gradient is 1 \u2212 out\u00b2.",
}


@dataclass
class Row:
    """A place in a net: the input, a layer, a fork, a sum of branches, or the loss.

    Attributes
    ----------
    kind : str
        ``"input"``, ``"part"``, ``"fork"``, ``"sum"`` or ``"loss"``.
    title : str
    lane : int
        0, or the number of the branch that it stands in, from left to right.
    value, grad : ndarray
        What leaves it, and the gradient of the loss with respect to that.
    params : list of (str, ndarray, ndarray)
        Each parameter's key, values and gradient.
    forward, backward : list of str
        What happens here, in sentences.
    """

    kind: str
    title: str
    lane: int
    value: np.ndarray
    grad: np.ndarray
    params: list
    forward: list
    backward: list


class NetFlow:
    """A net on a minibatch, drawn from top to bottom.

    Attributes
    ----------
    title : str
    rows : list of Row
        In the order of execution.
    links : list of (int, int, int)
        The row that a wire leaves, the row that it reaches, and the lane in which it runs.
    loss : float
        Without regularisation.

    Notes
    -----
    A notebook shows the drawing of a flow that stands at the end of a cell.
    """

    def __init__(self, title, net, loss, num_examples):
        self.title, self.loss, self.rows, self.links = title, float(loss), [], []
        self.num_examples = num_examples
        shape = net.x.shape
        said = [f"The minibatch enters: {shape[0]} examples, x of shape {shape}, values {spread(net.x)}."]
        back = [f"The gradient of the loss with respect to the input arrives: norm {norm(net.grads[0])}."]
        self._put("input", "input", 0, net.x, net.grads[0], [], said, back)
        end, lanes = self._walk(net, 0, 0)
        self.num_lanes = 1 + lanes
        said = [f"The loss compares the scores with the labels of the {shape[0]} examples: {number(self.loss)}."]
        back = ["Backward begins here: the loss function returns the gradient of the loss with respect to the scores, "
                f"of shape {net.out.shape} and norm {norm(net.dout)}."]  # fmt: skip
        self._put("loss", f"loss {number(self.loss)}", 0, None, None, [], said, back)
        self.links.append((end, len(self.rows) - 1, 0))

    def _put(self, *fields):
        self.rows.append(Row(*fields))
        return len(self.rows) - 1

    def _walk(self, part, before, lane):
        """Add the rows of a part behind the row `before`; return its last row, and the highest lane that it took."""
        if part.parts and part.layer.joined_by == "chain":
            highest = lane
            for child in part.parts:
                before, taken = self._walk(child, before, lane)
                highest = max(highest, taken)
            return before, highest
        if part.parts:
            return self._walk_branches(part, before, lane)
        if part.out is part.x:  # the way past a residual block: a wire, nothing more
            return before, lane
        params = list(zip(part.keys, part.arrays, part.grads[1:]))
        said = [f"{part.layer.name} takes x of shape {part.x.shape} to {part.out.shape}; values {spread(part.out)}."]
        said += [f"{key} has shape {w.shape}, norm {norm(w)}." for key, w, _ in params]
        back = [f"From above comes dout, the gradient of the loss with respect to this output: norm {norm(part.dout)}."]
        back += [BACKWARD[part.layer.name]] if part.layer.name in BACKWARD else []
        back += [f"d{key} has norm {norm(dw)}{_ratio(dw, key, w)}." for key, w, dw in params]
        back.append(f"On goes dx of shape {part.grads[0].shape}: norm {norm(part.grads[0])}.")
        row = self._put("part", part.layer.name, lane, part.out, part.dout, params, said, back)
        self.links.append((before, row, lane))
        return row, lane

    def _walk_branches(self, part, before, lane):
        norms = [norm(child.grads[0]) for child in part.parts]
        said = [f"x branches: {len(part.parts)} branches get the same x of shape {part.x.shape}."]
        back = [f"The gradients of the branches add up: norms {' and '.join(norms)} give {norm(part.grads[0])}."]
        fork = self._put("fork", "fork", lane, part.x, part.grads[0], [], said, back)
        self.links.append((before, fork, lane))
        ends, highest = [], lane - 1
        for child in part.parts:
            own = highest + 1
            end, highest = self._walk(child, fork, own)
            ends.append((end, own))
        said = [f"The branches are added: shape {part.out.shape}, values {spread(part.out)}."]
        back = [f"An add gate hands dout to every branch unchanged: norm {norm(part.dout)}. Its local gradients are 1."]
        total = self._put("sum", "sum", lane, part.out, part.dout, [], said, back)
        self.links += [(end, total, own) for end, own in ends]
        return total, highest

    def _repr_svg_(self):
        from .net_svg import net_svg

        return net_svg(self)

    def table(self):
        """Write every row with its shape, its range and its gradient's norm as a table."""
        rows = [("part", "out", "values", "zero", "norm of gradient", "parameters: gradient norm")]
        for row in self.rows[:-1]:
            if row.kind != "fork":
                params = ", ".join(f"{key} {norm(dw)}" for key, _, dw in row.params)
                rows.append(
                    ("  " * row.lane + row.title, "x".join(map(str, row.value.shape)), spread(row.value),
                     f"{np.mean(row.value == 0):.0%}", norm(row.grad), params)
                )  # fmt: skip
        wide = [max(len(row[column]) for row in rows) for column in range(5)]
        lines = [
            f"{row[0]:<{wide[0]}}  {row[1]:<{wide[1]}}  {row[2]:<{wide[2]}}  {row[3]:>{wide[3]}}  "
            f"{row[4]:>{wide[4]}}  {row[5]}".rstrip()
            for row in rows
        ]
        return "\n".join([*lines, f"loss  {number(self.loss)}"]).replace("\u2212", "-")


def net_flow(model, X, y):
    """Send a minibatch through a model's net and the gradient of its loss back; the model is left as it is.

    Parameters
    ----------
    model : Classifier
    X : ndarray of shape (N, ...)
    y : ndarray of shape (N,)

    Returns
    -------
    flow : NetFlow

    Raises
    ------
    TypeError, ValueError
        If the model has no net, or the net does not take X and y.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> flow = net_flow(TwoLayerNet(4, 5, 3, seed=0), np.ones((2, 4)), np.array([0, 1]))
    >>> [row.title for row in flow.rows]
    ['input', 'affine', 'relu', 'affine', 'loss 1.1']
    """
    with np.errstate(all="ignore"):  # a net that overflows is drawn as it is
        net = run_model(model, X, y)
        loss, _ = model.loss_function(net.out, y)
        return NetFlow(type(model).__name__, net, loss, len(X))


def spread(array):
    """Say from where to where the finite values go."""
    finite = array[np.isfinite(array)]
    lost = array.size - finite.size
    said = f"{number(finite.min())} to {number(finite.max())}" if finite.size else "none finite"
    return f"{said}, {lost} not finite" if lost and finite.size else said


def norm(array):
    """Write the Euclidean norm of all elements."""
    return number(_norm(array))


def _norm(array):
    with np.errstate(over="ignore"):
        return float(np.sqrt(np.square(array, dtype=np.float64).sum()))


def _ratio(dw, key, w):
    return f", {number(_norm(dw) / _norm(w))} times that of {key}" if _norm(w) else f"; {key} is all 0"
