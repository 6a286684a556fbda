"""What flows through a net while it learns: activations forward, gradients backward, layer by layer."""

from dataclasses import dataclass

import numpy as np

from .parts import run_model

# Histograms count the decimal logarithms of sizes: between nets that shrink and nets that explode lie many decades.
EDGES = np.linspace(-20, 10, 121)
FALLEN = 1e-3  # a signal that reaches the other end this much smaller is said to vanish, its inverse to explode


@dataclass(frozen=True)
class Moment:
    """One measurement: figures of the L layers' activations and of their gradients.

    Attributes
    ----------
    iteration : int
    loss : float
        Of the examples that the flow is measured on.
    activations, gradients : dict of str to ndarray
        Of each layer's output and of the loss's gradient with respect to it:
        ``std`` and ``norm`` (L,), the standard deviation and the L2 norm of all elements;
        ``zeros`` (L,), the share of elements that are 0;
        ``dead`` (L,), the share of units that are 0 for every example; of maps (N, C, H, W) a unit is a channel;
        ``histogram`` (L, 120), the share of elements whose size has its decimal logarithm between two of `EDGES`.
        NaN and infinity are in no histogram.
    """

    iteration: int
    loss: float
    activations: dict
    gradients: dict


class Flow:
    """The Solver's callback that measures activations and gradients on a few fixed examples.

    It runs the net in train mode on copies of its settings: running statistics and generators stand still, and the run
    gives the same numbers, bit by bit, as without it.

    Parameters
    ----------
    X : ndarray of shape (N, ...)
    y : ndarray of shape (N,)
    every : int
        Iterations from one measurement to the next.
    names : sequence of str, optional
        Measure only layers of these names, such as ``("relu",)``.

    Attributes
    ----------
    moments : list of Moment
    layers : list of str
        Names of the L layers; those of one name are numbered.

    Examples
    --------
    >>> from models import TwoLayerNet
    >>> from solvers import Solver
    >>> X, y = np.random.default_rng(0).standard_normal((8, 4)), np.arange(8) % 3
    >>> model, data = TwoLayerNet(4, 5, 3, seed=0), {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    >>> flow = Flow(X, y, every=2)
    >>> flow.record(model)
    >>> Solver(model, data, num_epochs=4, verbose=False, on_iteration=[flow]).train()
    >>> [moment.iteration for moment in flow.moments], flow.layers
    ([0, 2, 4], ['affine 1', 'relu 1', 'affine 2'])
    >>> flow.figures("gradients", "norm").shape
    (3, 3)
    """

    def __init__(self, X, y, every=1, names=None):
        if not isinstance(every, (int, np.integer)) or every < 1:
            raise ValueError(f"Flow: every must be an integer >= 1, got {every!r}")
        if not len(X) or len(X) != len(y):
            raise ValueError(f"Flow: X has shape {np.shape(X)}, y {np.shape(y)}; expected N >= 1 examples and N labels")
        self.X, self.y, self.every, self.names = X, y, every, names
        self.moments, self.layers = [], []

    def __call__(self, solver):
        if solver.iteration % self.every == 0:
            self.record(solver.model, solver.iteration)

    def record(self, model, iteration=0):
        """Measure a model as it is, after so many iterations."""
        with np.errstate(all="ignore"):  # a net that explodes is what one wants to see
            net = run_model(model, self.X, self.y)
            loss, _ = model.loss_function(net.out, self.y)
            leaves = [leaf for leaf in net.leaves() if self.names is None or leaf.layer.name in self.names]
            if not leaves:
                known = ", ".join(sorted({leaf.layer.name for leaf in net.leaves()}))
                raise ValueError(f"Flow: the net has no layer named {', '.join(self.names)}; known are {known}")
            activations = [_measured(leaf.out) for leaf in leaves]
            gradients = [_measured(leaf.dout) for leaf in leaves]
        self.layers = _numbered([leaf.layer.name for leaf in leaves])
        self.moments.append(Moment(iteration, float(loss), _stacked(activations), _stacked(gradients)))

    def figures(self, of, name):
        """Stack one figure over all moments: ``figures("activations", "std")`` has the shape (T, L)."""
        return np.stack([getattr(moment, of)[name] for moment in self.moments])


def describe_moment(moment, layers):
    """Say in plain sentences what a moment shows of the way forward and of the way back.

    Parameters
    ----------
    moment : Moment
    layers : list of str

    Returns
    -------
    sentences : list of str
    """
    std, norm = moment.activations["std"], moment.gradients["norm"]
    sentences = [
        _describe_way("Forward, the activations", "std", std, layers),
        _describe_way("Back, the gradients", "norm", norm[::-1], layers[::-1]),
    ]
    dead = moment.activations["dead"]
    if dead.max() >= 0.1:
        worst = dead.argmax()
        sentences.append(f"{dead[worst]:.0%} of the units of {layers[worst]} are 0 for every example.")
    return sentences


def flow_table(flow):
    """Write each layer's figures before training (or at the first moment) and at the last one as a table."""
    first, last = flow.moments[0], flow.moments[-1]
    width = max(5, *map(len, flow.layers))
    figures = f"{'std of activations':^19}  {'zeros':^10}  {'dead':^10}  {'norm of gradients':^19}"
    moments = f"{'start     end':>19}  start  end  start  end  {'start     end':>19}"
    lines = [f"{'':{width}}  {figures}", f"{'layer':{width}}  {moments}"]
    for i, layer in enumerate(flow.layers):
        cells = []
        for of, name, form in (
            ("activations", "std", "9.1e"), ("activations", "zeros", "5.0%"), ("activations", "dead", "5.0%"),
            ("gradients", "norm", "9.1e"),
        ):
            cells.append(" ".join(format(getattr(moment, of)[name][i], form) for moment in (first, last)))
        lines.append(f"{layer:{width}}  {cells[0]}  {cells[1]}  {cells[2]}  {cells[3]}")
    return "\n".join(line.rstrip() for line in lines)


def _describe_way(what, figure, values, layers):
    """Compare the figure where the way begins with that where it ends."""
    begin, end = values[0], values[-1]
    if begin == 0 or not np.isfinite([begin, end]).all():
        return f"{what} have the {figure} {begin:.1e} at {layers[0]} and {end:.1e} at {layers[-1]}."
    ratio = end / begin
    verdict = "vanish" if ratio < FALLEN else "explode" if ratio > 1 / FALLEN else "keep their size"
    times = f"{ratio:.1f}" if 0.1 <= ratio < 1000 else f"{ratio:.1e}"
    return f"{what} {verdict}: {figure} {end:.1e} at {layers[-1]}, {times} times that at {layers[0]}."


def _measured(array):
    """The figures of one layer's output or gradient, in float64, so that float32 does not overflow in the squares."""
    array = np.asarray(array, np.float64)
    away = array != 0
    axes = (0, 2, 3) if array.ndim == 4 else (0,)
    sizes = np.abs(array[away & np.isfinite(array)])
    counts, _ = np.histogram(np.clip(np.log10(sizes), EDGES[0], EDGES[-1]), EDGES)
    return {
        "std": array.std(),
        "norm": np.sqrt(np.square(array).sum()),
        "zeros": 1 - away.mean(),
        "dead": 1 - away.any(axis=axes).mean(),
        "histogram": counts / array.size,
    }


def _numbered(names):
    return [f"{name} {names[: place + 1].count(name)}" for place, name in enumerate(names)]


def _stacked(rows):
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}
