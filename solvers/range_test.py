"""The learning-rate range test: raise the rate from step to step, and watch where the loss falls and explodes."""

from typing import NamedTuple

import numpy as np

from .checks import ABOVE_ZERO, check_integer, check_number
from .snapshot import put_back, take_snapshot
from .solver import Solver

_EXPLODED = 4.0  # times the smallest loss so far
_SMOOTHING = 0.9


class RangeTest(NamedTuple):
    """What `lr_range_test` found.

    Attributes
    ----------
    learning_rates, losses : ndarray of shape (T,)
        The rate of each step, and the loss before that step.
    smoothed : ndarray of shape (T,)
        An exponential average of the losses, corrected for its start.
    suggestion : float
        A tenth of the rate at which the smoothed loss was smallest: well on the safe side of where it rises.
    """

    learning_rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggestion: float


def lr_range_test(model, data, lowest=1e-6, highest=10.0, num_iterations=100, **arguments):
    """Train for some iterations with learning rates in geometric progression; then put the model back as it was.

    It ends early when the loss is above four times the smallest one, or not finite.

    Source: Smith, Cyclical learning rates for training neural networks, 2017.

    Parameters
    ----------
    model, data
        As for `Solver`.
    lowest, highest : float
        The first and the last learning rate.
    num_iterations : int
        At least 2.
    arguments
        Those of `Solver` that bear on a step: update_rule, optim_config, batch_size, seed and the like.

    Returns
    -------
    RangeTest

    Raises
    ------
    FloatingPointError
        If already the first loss is not finite.
    ValueError
        If lowest is not below highest, or as for `Solver`.

    Examples
    --------
    >>> class Bowl:
    ...     params = {"w": np.full(1, 3.0)}
    ...     def loss(self, X, y):
    ...         return float(self.params["w"][0] ** 2), {"w": 2 * self.params["w"]}
    >>> X, y = np.zeros((4, 1)), np.zeros(4, dtype=int)
    >>> data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    >>> found = lr_range_test(Bowl(), data, lowest=1e-3, highest=100.0, num_iterations=51)
    >>> bool(0.03 < found.suggestion < 0.3), len(found.losses) < 51, Bowl.params["w"]
    (True, True, array([3.]))
    """
    where = "lr_range_test"
    check_number(where, "lowest", lowest, *ABOVE_ZERO)
    check_number(where, "highest", highest, lambda value: value > lowest, f"> lowest = {lowest!r}")
    check_integer(where, "num_iterations", num_iterations, 2)
    solver = Solver(model, data, **{**arguments, "verbose": False})
    before = take_snapshot(solver)
    rates = np.geomspace(lowest, highest, num_iterations)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            for rate in rates.tolist():
                for config in solver.optim_configs.values():
                    config["learning_rate"] = rate
                try:
                    solver._step()
                except FloatingPointError:
                    if not solver.loss_history:
                        raise
                    break
                if solver.loss_history[-1] > _EXPLODED * min(solver.loss_history):
                    break
        losses = np.array(solver.loss_history)
    finally:
        put_back(solver, before)
    smoothed = _smooth(losses)
    return RangeTest(rates[: len(losses)], losses, smoothed, float(rates[np.argmin(smoothed)]) / 10)


def _smooth(values):
    """Take the exponential average of all values up to each."""
    average, smoothed = 0.0, []
    for t, value in enumerate(values.tolist(), start=1):
        average = _SMOOTHING * average + (1 - _SMOOTHING) * value
        smoothed.append(average / (1 - _SMOOTHING**t))
    return np.array(smoothed)
