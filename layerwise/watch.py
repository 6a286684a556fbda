"""Watching a run: gradients, steps and activations, layer by layer, and what looks wrong with them, in words.

The thresholds: a step usually changes weights by about a thousandth of their size (CS231n notes, neural networks 3); a
hundred times less is told, and a hundred and fifty times more: behind a batch normalisation weights take 0.12 and
learn, as those of the digits do at the default rate; at ten times the rate they take 0.2 and learn badly. Of relu units
"as much as 40%" may die at too high a learning rate (neural networks 1). A tanh or sigmoid at its flat ends passes less
than a twentieth of the gradient; that half of its values are there is our own measure of too many.
"""

import copy
import math
from collections import Counter
from typing import NamedTuple

import numpy as np

from layers import trace
from solvers import global_norm

from .growing_csv import GrowingCsv, read_csv, write_csv

SAMPLE = 64  # training examples on which activations are measured
MOST_CHANGE, LEAST_CHANGE = 0.15, 1e-5
MOST_DEAD = 0.4
MOST_SATURATED = 0.5


class WatchedLayer(NamedTuple):
    """A layer of a net: its number of that kind in its name, ``conv1``, and the keys of its parameters.

    `source` is the layer with weights whose output it works on: the one that learns badly where the units of a relu are
    dead. After a sum there is no such one, and it is the layer itself.
    """

    name: str
    kind: str
    source: str
    keys: tuple


class Watch:
    """The Solver's callbacks that measure each epoch's last step, and let epochs.csv grow.

    Nothing of the run is changed: the net is walked with copies of its settings, running statistics and generators
    included.

    Parameters
    ----------
    solver : Solver
        Where the run stands. What the file holds of the epochs up to there is kept.
    path : path
    tell : function
        Is told each finding, a sentence, once.

    Attributes
    ----------
    rows : list of dict
        One an epoch: ``epoch``, ``loss`` (mean of its minibatches), ``train_acc``, ``val_acc``, ``learning_rate``; for
        each parameter ``<key>.grad_norm``, and for weights ``<key>.change``, the length of the last step over that of
        the weights; for each activation ``<name>.dead``, the share of units that fire for no example of the sample, or
        ``<name>.saturated``, the share of values at the flat ends.
    layers : list of WatchedLayer
    example : ndarray of shape (1, ...)
        One of the sample.
    """

    def __init__(self, solver, path, tell):
        self.layers = watched_layers(solver.model.net, solver.model.params)
        self.columns = _columns(self.layers)
        self.rows = [row for row in read_csv(path, self.columns) if row["epoch"] <= solver.epoch]
        self._told = len(self.findings())
        self._tell = tell
        chosen = np.random.default_rng(0).permutation(len(solver.X_train))[:SAMPLE]
        self._X = solver.prepared(solver.X_train[chosen]).astype(solver.model.dtype)
        self.example = self._X[:1]
        self._before, self._after = None, dict(solver.model.params)
        self._file = GrowingCsv(path, self.columns, self.rows)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.__exit__(*error)

    def follow(self, solver):
        """Be called at every iteration, and measure the last of an epoch.

        It is done here, and not at the epoch's end, where another callback may fail first: the row would be lost.
        """
        self._before, self._after = self._after, dict(solver.model.params)  # steps replace arrays
        if solver.iteration % solver.iterations_per_epoch == 0:
            self.rows.append(self._measure(solver))
            self._file.add(self.rows[-1])

    def __call__(self, solver):
        """Be called at every epoch's end, after `follow`: tell what is newly found."""
        findings = self.findings()
        for finding in findings[self._told :]:
            self._tell(finding)
        self._told = len(findings)

    def _measure(self, solver):
        """Make the row of the epoch that has ended."""
        losses = solver.loss_history[-solver.iterations_per_epoch :]
        row = {
            "epoch": solver.epoch,
            "loss": math.fsum(losses) / len(losses),
            "train_acc": solver.train_acc_history[-1],
            "val_acc": solver.val_acc_history[-1],
            "learning_rate": solver.learning_rate,
        }
        for key, grad in solver.last_grads.items():
            row[f"{key}.grad_norm"] = global_norm([grad])
            if key.startswith("W"):
                size = global_norm([self._before[key]])
                row[f"{key}.change"] = global_norm([self._after[key] - self._before[key]]) / max(size, 1e-30)
        row.update(self._activations(solver.model))
        return {name: row[name] for name in self.columns}

    def _activations(self, model):
        """Measure the activations on the sample, as in training."""
        settings = copy.deepcopy(model.settings)
        for setting in settings:
            if "mode" in setting:
                setting["mode"] = "train"
        outs = trace(model.net, self._X, *model.params.values(), *settings)
        return {
            f"{layer.name}.{what}": measure(out)
            for layer, (_, out) in zip(self.layers, outs, strict=True)
            for what, measure in [MEASURES.get(layer.kind, (None, None))]
            if what
        }

    def findings(self):
        """List what looks wrong, in sentences; each layer and kind of trouble is told of once."""
        found = {}
        for row in self.rows:
            for layer in self.layers:
                for what, sentence in _troubles(row, layer):
                    found.setdefault((layer.source, what), f"epoch {row['epoch']}: {sentence}")
        return list(found.values())

    def write(self, path):
        """Write all rows as CSV."""
        write_csv(path, self.columns, self.rows)


def watched_layers(net, keys):
    """List the layers of a net that are written by hand, in order of execution, with the keys of their parameters.

    Examples
    --------
    >>> from layers import affine, affine_relu, chain
    >>> for layer in watched_layers(chain(affine_relu, affine), ["W1", "b1", "W2", "b2"]):
    ...     print(*layer)
    affine1 affine affine1 ('W1', 'b1')
    relu1 relu affine1 ()
    affine2 affine affine2 ('W2', 'b2')
    """
    keys, seen, found = iter(keys), Counter(), []

    def walk(layer, source):
        """Enter a layer behind the source, and return the source of what follows."""
        if layer.joined_by == "chain":
            for part in layer.parts:
                source = walk(part, source)
            return source
        if layer.parts:
            for part in layer.parts:
                walk(part, source)
            return None
        seen[layer.name] += 1
        name = f"{layer.name}{seen[layer.name]}"
        own = tuple(next(keys) for _ in layer.arrays)
        if any(key.startswith("W") for key in own):
            source = name
        found.append(WatchedLayer(name, layer.name, source or name, own))
        return source

    walk(net, None)
    return found


def dead_share(out):
    """The share of units (of an image's: filters) whose output is 0 for all examples.

    Examples
    --------
    >>> round(dead_share(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]])), 3)
    0.333
    """
    fires = (out > 0).any(axis=(0, *range(2, out.ndim)))
    return float(np.mean(~fires))


def saturated_share(out, low):
    """The share of values within a hundredth of the bounds, which are `low` and 1.

    Examples
    --------
    >>> saturated_share(np.array([0.001, 0.5, 0.995, 0.9]), low=0)
    0.5
    """
    margin = 0.01 * (1 - low)
    return float(((out < low + margin) | (out > 1 - margin)).mean())


MEASURES = {
    "relu": ("dead", dead_share),
    "tanh": ("saturated", lambda out: saturated_share(out, low=-1)),
    "sigmoid": ("saturated", lambda out: saturated_share(out, low=0)),
}


def _columns(layers):
    columns = ["epoch", "loss", "train_acc", "val_acc", "learning_rate"]
    for layer in layers:
        for key in layer.keys:
            columns += [f"{key}.grad_norm"] + ([f"{key}.change"] if key.startswith("W") else [])
        if layer.kind in MEASURES:
            columns.append(f"{layer.name}.{MEASURES[layer.kind][0]}")
    return columns


def _troubles(row, layer):
    """Give (kind, sentence) for each thing that looks wrong with a layer in an epoch."""
    dead, saturated = row.get(f"{layer.name}.dead", 0), row.get(f"{layer.name}.saturated", 0)
    if dead >= MOST_DEAD:
        yield "dead", (
            f"{layer.source}: {dead:.0%} of its units never fire: lower the learning rate, or put batch normalisation "
            "or leaky_relu there"
        )
    if saturated >= MOST_SATURATED:
        yield "saturated", (
            f"{layer.source}: {saturated:.0%} of its values are at the flat ends of {layer.kind}, where no gradient "
            "passes: make its weights smaller at the start, or put batch normalisation before it"
        )
    for key in layer.keys:
        if not key.startswith("W"):
            continue
        change = row[f"{key}.change"]
        if row[f"{key}.grad_norm"] == 0:
            yield "gradient", f"{layer.name}: no gradient reaches {key}: it does not learn"
        elif change > MOST_CHANGE:
            yield "change", (
                f"{layer.name}: one step changes {key} by {change:.0%} of its size, where about 0.1% is usual: "
                "lower the learning rate"
            )
        elif change < LEAST_CHANGE and row["epoch"] == 1:  # later a schedule may want it so
            yield "change", (
                f"{layer.name}: one step changes {key} by {change:.1g} of its size, where about 1e-3 is usual: "
                "raise the learning rate"
            )
