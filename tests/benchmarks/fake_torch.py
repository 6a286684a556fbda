"""A stand-in for PyTorch that notes what is asked of it: the comparison is tested without PyTorch."""

from types import SimpleNamespace

import numpy as np


class Tensor:
    """An array that knows its memory format."""

    def __init__(self, array, memory_format=None):
        self.array, self.memory_format = np.array(array), memory_format
        self.dtype, self.ndim = self.array.dtype, self.array.ndim

    def to(self, memory_format):
        return Tensor(self.array, memory_format)

    def requires_grad_(self):
        return self

    def detach(self):
        return self

    def numpy(self):
        return self.array

    def item(self):
        return float(self.array)


class Module:
    """A module that remembers its kind and what it was made with."""

    memory_format = dtype = None

    def __init__(self, kind, *args, **kwargs):
        self.kind, self.args, self.kwargs = kind, args, kwargs

    def __repr__(self):
        given = [*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.kwargs.items())]
        return f"{self.kind}({', '.join(given)})"

    def to(self, dtype=None, memory_format=None):
        self.dtype, self.memory_format = dtype or self.dtype, memory_format
        return self

    def __call__(self, x):
        return x

    def parameters(self):
        return [tensor for module in weighty(self) for tensor in (module.weight, module.bias)]


def weighty(module):
    """The modules in a module that have parameters, in their order."""
    if hasattr(module, "weight"):
        return [module]
    inner = getattr(module, "branches", None) or getattr(module, "args", ())
    return [one for part in inner for one in weighty(part)]


KINDS = """
    Linear Conv2d BatchNorm1d BatchNorm2d MaxPool2d AvgPool2d AdaptiveAvgPool2d ReLU Flatten Identity Sequential
""".split()


class Base:
    """What a module written by hand derives from."""

    def __call__(self, x):
        return self.forward(x)


def make():
    """Return the stand-in and the list in which it notes what happens in a training step."""
    events = []

    def optimizer(kind):
        def make_optimizer(parameters, lr):
            events.append((kind, len(list(parameters)), lr))
            return SimpleNamespace(zero_grad=lambda: events.append("zero_grad"), step=lambda: events.append("step"))

        return make_optimizer

    def cross_entropy():
        def loss(scores, y):
            events.append("loss")
            return SimpleNamespace(backward=lambda: events.append("backward"), item=lambda: 1.5)

        return loss

    nn = SimpleNamespace(
        Module=Base,
        ModuleList=list,
        Parameter=lambda tensor: tensor,
        CrossEntropyLoss=cross_entropy,
        **{kind: lambda *args, kind=kind, **kwargs: Module(kind, *args, **kwargs) for kind in KINDS},
    )
    def grad(out, inputs, dout=None, retain_graph=False):
        """Gradients that tell of what they are: each is what it is the gradient of, plus 1."""
        events.append(("grad", out, dout, retain_graph))
        inputs = (inputs,) if isinstance(inputs, Tensor) else inputs
        return tuple(Tensor(tensor.array + 1) for tensor in inputs)

    nn.functional = SimpleNamespace(cross_entropy=lambda x, y: Tensor(x.array.sum() + y.array.sum()))
    torch = SimpleNamespace(
        nn=nn,
        autograd=SimpleNamespace(grad=grad),
        tensor=Tensor,
        channels_last="channels_last",
        optim=SimpleNamespace(SGD=optimizer("SGD"), Adam=optimizer("Adam")),
        set_num_threads=lambda number: events.append(("threads", number)),
    )
    return torch, events
