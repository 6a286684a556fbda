"""Training: the `Solver` and the update rules it chooses from. A model is anything with ``params`` and ``loss``."""

from .checkpoint import CheckpointError, read_checkpoint
from .lbfgs import LBFGS
from .optim import UPDATE_RULES, adagrad, adam, adamw, nesterov, rmsprop, sgd, sgd_momentum
from .random_search import random_search
from .range_test import RangeTest, lr_range_test
from .remedies import accumulate_gradients, clip_gradients, global_norm, move_average
from .schedules import SCHEDULES, constant, cosine, exponential, one_cycle, step, warmup
from .solver import Solver

__all__ = [
    "CheckpointError",
    "LBFGS",
    "RangeTest",
    "SCHEDULES",
    "Solver",
    "UPDATE_RULES",
    "accumulate_gradients",
    "adagrad",
    "adam",
    "adamw",
    "clip_gradients",
    "constant",
    "cosine",
    "exponential",
    "global_norm",
    "lr_range_test",
    "move_average",
    "nesterov",
    "one_cycle",
    "random_search",
    "read_checkpoint",
    "rmsprop",
    "sgd",
    "sgd_momentum",
    "step",
    "warmup",
]
