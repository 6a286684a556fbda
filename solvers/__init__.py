"""Training: the `Solver` and the update rules it chooses from. A model is anything with ``params`` and ``loss``."""

from .optim import UPDATE_RULES, adagrad, adam, adamw, nesterov, rmsprop, sgd, sgd_momentum
from .solver import Solver

__all__ = [
    "Solver",
    "UPDATE_RULES",
    "adagrad",
    "adam",
    "adamw",
    "nesterov",
    "rmsprop",
    "sgd",
    "sgd_momentum",
]
