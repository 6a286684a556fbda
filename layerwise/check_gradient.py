"""Compare gradients with numerical ones by single entries, and along random directions through all of them."""

import inspect
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from layers import Layer, check_layer

NUM_DIRECTIONS = 2


class Rules(NamedTuple):
    """How gradients are compared.

    Attributes
    ----------
    bound : float
        Largest difference, relative to the largest gradient. In float64 what is right is below 1e-7.
    steps : tuple of float
        Where a kink lies within one, the next may not reach it; but small differences lose digits.
    most_entries : int
        Of an array that has more, so many are tried one by one, and then random directions.
    """

    bound: float
    steps: tuple
    most_entries: int


@dataclass(frozen=True)
class Result:
    """How one gradient compares with the numerical one.

    Attributes
    ----------
    where : str
        ``"conv (part 3 of 9)"``, or ``"the loss"``.
    name : str
        ``dx``, or d and the parameter's name: ``dW3``. Empty if there is nothing to compare, for some trouble.
    error, bound : float
        The largest difference, relative as in `GradientCheck`, and what it may be.
    verdict : str
        ``"ok"``, ``"WRONG"``, or ``"kink"``: three draws met one at any step, so the numbers are no judge.
    place : str
        Where the difference is largest: an entry, ``"(0, 2)"``, or, in an array that has too many entries to try all, a
        random direction, ``"direction 1"``.
    analytic, numerical : float
        The two values there.
    trouble : str
        What is wrong where it is no number: backward raised an error, or forward changed its input.
    """

    where: str
    name: str
    error: float
    bound: float
    verdict: str
    place: str = ""
    analytic: float = np.nan
    numerical: float = np.nan
    trouble: str = ""


def compare(where, named, forward, backward, dout, rules, rng):
    """Compare gradients of ``sum(forward(*values) * dout)`` along probes, with smaller steps until all are ok.

    Parameters
    ----------
    where : str
    named : dict of str to ndarray
        The values, by the names of their gradients.
    forward : function of the values
        Returns an ndarray.
    backward : function without arguments
        Returns a tuple of gradients, for that dout.
    dout : ndarray
    rules : Rules
    rng : numpy.random.Generator
        Draws entries and directions.

    Returns
    -------
    results : list of Result
        One for each value; or one alone, with its trouble, where there was an error.
    """
    probes = [_Probes(array, rules.most_entries, rng) for array in named.values()]

    def moved_forward(*distances):
        return forward(*(probe.moved(distance) for probe, distance in zip(probes, distances, strict=True))), None

    def moved_backward(_, cache):
        grads = backward()
        if len(grads) != len(named):
            raise ValueError(f"backward returned {len(grads)} gradients; expected {', '.join(named)}")
        for (name, array), grad in zip(named.items(), grads):
            if np.shape(grad) != array.shape:
                raise ValueError(f"backward returned {name} of shape {np.shape(grad)}; expected {array.shape}")
        return tuple(probe.project(grad) for probe, grad in zip(probes, grads))

    moved_forward.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in named]
    )
    layer = Layer(moved_forward, moved_backward, settings=())
    origin = [np.zeros(len(probe.places)) for probe in probes]
    found = {}
    try:
        for h in rules.steps:
            checks = check_layer(layer, origin[0], origin[1:], dout=dout, h=h)
            for name, probe, check in zip(named, probes, checks, strict=True):
                if name not in found or found[name].verdict != "ok":
                    found[name] = _judged(where, name, rules.bound, check, probe)
            if all(result.verdict == "ok" for result in found.values()):
                break
    except Exception as error:  # whatever a user's layer may raise
        trouble = str(error).removeprefix("check_layer: ").replace("moved_forward", "forward")
        if not isinstance(error, ValueError):
            trouble = f"{type(error).__name__}: {trouble}"
        return [Result(where, "", np.inf, rules.bound, "WRONG", trouble=trouble)]
    return list(found.values())


def _judged(where, name, bound, check, probe):
    verdict = "ok" if check.error <= bound else "kink" if check.kink_near else "WRONG"
    place = probe.places[check.index[0]] if check.index else ""
    error = check.error if np.isfinite(check.error) else np.inf
    return Result(where, name, error, bound, verdict, place, check.analytic, check.numerical)


class _Probes:
    """The ways in which one array is moved: along single entries, and along random directions through all of them.

    Attributes
    ----------
    places : list of str
        What each is called.
    """

    def __init__(self, array, most_entries, rng):
        self.array = array
        self._entries, self._directions = np.arange(array.size), []
        if array.size > most_entries + NUM_DIRECTIONS:
            self._entries = np.sort(rng.choice(array.size, most_entries, replace=False))
            self._directions = [rng.standard_normal(array.shape) / np.sqrt(array.size) for _ in range(NUM_DIRECTIONS)]
        indices = zip(*(axis.tolist() for axis in np.unravel_index(self._entries, array.shape)))
        self.places = [str(index) for index in indices] if array.ndim else ["()"]
        self.places += [f"direction {number}" for number in range(1, len(self._directions) + 1)]

    def moved(self, distances):
        """The array, moved by a distance along each probe."""
        array = np.array(self.array)
        array.flat[self._entries] += distances[: len(self._entries)]
        for direction, distance in zip(self._directions, distances[len(self._entries) :], strict=True):
            if distance:
                array += distance * direction
        return array

    def project(self, grad):
        """The derivative along each probe."""
        grad = np.asarray(grad, np.float64)
        along = [np.sum(grad * direction) for direction in self._directions]
        return np.concatenate([grad.reshape(-1)[self._entries], along])
