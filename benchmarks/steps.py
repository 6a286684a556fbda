"""Table of whole training steps, against PyTorch, and of an epoch, against scikit-learn."""

from dataclasses import dataclass
from typing import Callable

import numpy as np

from layers import affine, affine_relu, chain, conv_relu_pool, release_workspace, trace
from models import Classifier, ConvNet, FullyConnectedNet, ResNet, ThreeLayerConvNet, initialise
from solvers import Solver

from .agreement import check_losses
from .extras import import_extra
from .machine import peak
from .memory import peak_megabytes
from .timing import interleave, spread
from .torch_side import LAYOUTS, TorchStep

TITLE = "Training steps, float32"
NOTES = (
    "ratio: the other's time / ours, above 1 we are faster; median [quartiles] of the rounds' ratios. PyTorch in the "
    "faster of its two memory layouts, NCHW and channels last, with its optimisers as they are by default, not fused.",
    "A step is forward, loss, backward and update; ours is one step of the Solver, checks included. Both are given the "
    "same minibatch, parameters and update rule, and their losses over five steps agree to 1e-5.",
    "of peak: the operations of the plain method in our time / those of one large product of matrices; Winograd needs "
    "fewer.",
    "MB: peak of a step over parameters, update rule's state and data, each side in a process of its own.",
)
CHECKED = 5  # losses of steps; of an epoch's mean losses one, since scikit-learn's Adam places its epsilon elsewhere


@dataclass(frozen=True)
class Step:
    """A net, its minibatch and its update rule, and the ratio to reach, if there is a target."""

    name: str
    make_model: Callable
    shape: tuple  # of the minibatch
    update_rule: str
    target: float | None = None


def lenet():
    """LeCun et al., 1998, with relu and max pooling: 5x5 convolutions to 6 and 16 channels, then 120 - 84 - 10."""
    shapes = {
        "W1": (6, 1, 5, 5), "b1": 6, "W2": (16, 6, 5, 5), "b2": 16,
        "W3": (400, 120), "b3": 120, "W4": (120, 84), "b4": 84, "W5": (84, 10), "b5": 10,
    }  # fmt: skip
    pool = {"pool_height": 2, "pool_width": 2, "stride": 2}
    return Classifier(
        chain(conv_relu_pool, conv_relu_pool, affine_relu, affine_relu, affine, name="lenet"),
        initialise(shapes, "he", seed=0),
        settings=({"stride": 1, "pad": 2}, pool, {"stride": 1, "pad": 0}, pool),
    )


def fully_connected():
    return FullyConnectedNet([100, 100, 100], weight_scale="he", seed=0)


def three_layer():
    return ThreeLayerConvNet(weight_scale="he", seed=0)


def vgg_like():
    num_filters = (64, 64, "pool", 128, 128, "pool")
    return ConvNet(num_filters=num_filters, hidden_dims=(), normalization="batchnorm", seed=0)


def resnet_20():
    return ResNet(num_blocks=(3, 3, 3), seed=0)


STEPS = (
    Step("a. fully connected 3072-100-100-100-10, batch 100, SGD", fully_connected, (100, 3072), "sgd", 2.0),
    Step("a. fully connected 3072-100-100-100-10, batch 100, Adam", fully_connected, (100, 3072), "adam", 1.5),
    Step("b. ThreeLayerConvNet, 32 filters 7x7, batch 100, SGD", three_layer, (100, 3, 32, 32), "sgd", 1.2),
    Step("b. ThreeLayerConvNet, 32 filters 7x7, batch 50, SGD", three_layer, (50, 3, 32, 32), "sgd", 1.0),
    Step("c. VGG-like with batchnorm, 64-64-128-128, batch 64, SGD", vgg_like, (64, 3, 32, 32), "sgd", 1.0),
    Step("d. LeNet, batch 128, SGD", lenet, (128, 1, 28, 28), "sgd", 0.8),
    Step("ResNet-20, 16-32-64 filters, batch 64, SGD", resnet_20, (64, 3, 32, 32), "sgd"),
)
EPOCH = Step("a. one epoch of 5000 examples, batch 100, Adam", fully_connected, (5000, 3072), "adam", 4.0)
EPOCH_BATCH = 100
# Small, so that after thousands of steps on one minibatch there is still something to learn, as in real training.
LEARNING_RATES = {"sgd": 1e-3, "adam": 1e-4}


class InOrder(Solver):
    """A Solver that takes the examples as they lie: choosing them is not what is measured."""

    def _minibatch(self):
        first = self.iteration % self.iterations_per_epoch * self.batch_size
        chosen = slice(first, first + self.batch_size)
        return self.X_train[chosen], self.y_train[chosen]


class OurStep:
    """Training steps of a model in the Solver: one, or all of an epoch if the batch is smaller than the data."""

    def __init__(self, model, X, y, update_rule, learning_rate, batch_size):
        data = {"X_train": X, "y_train": y, "X_val": X[:1], "y_val": y[:1]}
        config = {"learning_rate": learning_rate}
        self.solver = InOrder(
            model, data, update_rule=update_rule, optim_config=config, batch_size=batch_size, verbose=False
        )

    def __call__(self):
        """Make the steps and return the mean of their losses."""
        for _ in range(self.solver.iterations_per_epoch):
            self.solver._step()
        return float(np.mean(self.solver.loss_history[-self.solver.iterations_per_epoch :]))

    def release(self):
        release_workspace()


class ScikitLearnEpoch:
    """One epoch of scikit-learn's MLPClassifier, from the parameters of a model."""

    def __init__(self, model, X, y, update_rule, learning_rate, batch_size):
        weights = [array.copy() for key, array in model.params.items() if key.startswith("W")]
        biases = [array.copy() for key, array in model.params.items() if key.startswith("b")]
        self.X, self.y = X, y
        self.net = import_extra("sklearn.neural_network", "scikit-learn").MLPClassifier(
            tuple(len(b) for b in biases[:-1]), solver=update_rule, alpha=0, batch_size=batch_size,
            learning_rate_init=learning_rate, shuffle=False,
        )  # fmt: skip
        # Its first call makes parameters of its own, and the update rule's state for them: both start anew from ours.
        self.net.partial_fit(X[:batch_size], y[:batch_size], classes=np.arange(len(biases[-1])))
        self.net.coefs_, self.net.intercepts_ = weights, biases
        del self.net._optimizer
        self.net.t_ = 0

    def __call__(self):
        self.net.partial_fit(self.X, self.y)
        return float(self.net.loss_)


def minibatch(step):
    """Random examples and labels, the same at every call."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal(step.shape).astype(np.float32)
    return X, rng.integers(0, 10, len(X))


def contenders(step, only=""):
    """Make our side and PyTorch's in each of its layouts, all from the same parameters.

    Only those are made whose name begins with `only`.
    """
    X, y = minibatch(step)
    rate = LEARNING_RATES[step.update_rule]
    makers = {"ours": lambda: OurStep(step.make_model(), X, y, step.update_rule, rate, len(X))}
    for layout in LAYOUTS if X.ndim == 4 else LAYOUTS[:1]:
        makers[f"PyTorch, {layout}"] = (
            lambda layout=layout: TorchStep(step.make_model(), X, y, step.update_rule, rate, layout)
        )  # fmt: skip
    return {name: make() for name, make in makers.items() if name.startswith(only)}


def epoch_contenders(step):
    X, y = minibatch(step)
    rate = LEARNING_RATES[step.update_rule]
    return {
        name: side(step.make_model(), X, y, step.update_rule, rate, EPOCH_BATCH)
        for name, side in (("ours", OurStep), ("scikit-learn", ScikitLearnEpoch))
    }


def training_operations(model, X):
    """Multiplications and additions of a training step's products: forward, dw, and dx but for the first layer."""
    products, arrays = [], iter(model.params.values())
    for part, out in trace(model.net, X, *model.params.values(), *model.settings):
        own = [next(arrays) for _ in part.arrays]
        if part.name in ("affine", "conv"):
            products.append(2 * out.size * own[0].size / out.shape[1])
    return 3 * sum(products) - products[0]


def compare(step, sides, effort, checked=CHECKED, megabytes=None):
    """Check that all sides have the same losses, time them, and make the table's row.

    Parameters
    ----------
    step : Step
    sides : dict of str to function
        'ours' first; each call makes a step and returns its loss.
    effort : Effort
    checked : int
        How many losses are compared.
    megabytes : function ``name -> float or None``, optional
        The peak memory of a side.
    """
    losses = {name: [side() for _ in range(checked)] for name, side in sides.items()}
    check_losses(step.name, losses)
    seconds = interleave(sides, effort)
    other = min((name for name in sides if name != "ours"), key=lambda name: np.median(seconds[name]))
    X, _ = minibatch(step)
    rate = training_operations(step.make_model(), X) / np.median(seconds["ours"])
    ratio = spread(seconds[other] / seconds["ours"])
    return {
        "step": step.name,
        "against": other,
        "its ms": spread(1e3 * seconds[other]),
        "our ms": spread(1e3 * seconds["ours"]),
        "ratio": ratio,
        "target": step.target,
        "reached": None if step.target is None else "yes" if ratio.median >= step.target else "no",
        "losses": " ... ".join(f"{loss:.5f}" for loss in dict.fromkeys((losses["ours"][0], losses["ours"][-1]))),
        "of peak": rate / peak(np.float32),
        "our MB": megabytes("ours") if megabytes else None,
        "its MB": megabytes(other) if megabytes else None,
    }


def rows(effort):
    yield compare(EPOCH, epoch_contenders(EPOCH), effort, checked=1)
    for step in STEPS:
        yield compare(step, contenders(step), effort, megabytes=lambda name: peak_megabytes(step.name, name))
