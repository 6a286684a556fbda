"""The same nets in PyTorch, with the same parameters, so that both do the same work.

PyTorch gets what its users would give it: modules, ReLU in place where it may, all cores, default optimisers.
"""

import numpy as np

from layers import get_num_threads

from .extras import import_extra

LAYOUTS = ("NCHW", "channels last")


def import_torch():
    """Import PyTorch, set to as many threads as the layers use."""
    torch = import_extra("torch", "PyTorch")
    torch.set_num_threads(get_num_threads())
    return torch


def to_torch(layer, args, on_images):
    """Build a layer, or layers chained and added up, from PyTorch's modules.

    Parameters
    ----------
    layer : Layer
        Of affine, conv, relu, batch normalisation and pooling.
    args : sequence
        The layer's arguments after x; arrays are copied.
    on_images : bool
        Whether x has four axes, which PyTorch's linear layer wants flattened.

    Returns
    -------
    net : torch.nn.Sequential

    Raises
    ------
    ValueError
        If a part is none of these.
    """
    torch = import_torch()
    modules = []
    for part, own in _links(layer, tuple(args)):
        if part.joined_by == "add":
            branches = zip(part.parts, part.split(own))
            modules.append(_sum(torch, [to_torch(branch, its_own, on_images) for branch, its_own in branches]))
            continue
        if part.name not in _MAKERS:
            raise ValueError(f"to_torch: no module is known for {part.name!r}; known are {sorted(_MAKERS)}")
        if part.name == "affine" and on_images:
            modules.append(torch.nn.Flatten())
            on_images = False
        # In place as in torchvision's nets, but not on what the caller gave.
        modules.append(torch.nn.ReLU(inplace=bool(modules)) if part.name == "relu" else _MAKERS[part.name](torch, *own))
    return torch.nn.Sequential(*modules)


class TorchStep:
    """A training step of a model's net: zero_grad, forward, cross-entropy, backward, update.

    Parameters
    ----------
    model : Classifier
        Its net, parameters and settings are copied; ``reg`` must be 0.
    X, y : ndarrays
        The minibatch, the same at every call.
    update_rule : str
        'sgd' or 'adam'.
    learning_rate : float
    layout : str
        One of `LAYOUTS`.
    """

    def __init__(self, model, X, y, update_rule, learning_rate, layout):
        torch = import_torch()
        net = to_torch(model.net, (*model.params.values(), *model.settings), X.ndim == 4)
        self.net, self.X = (_lay(torch, what, layout) for what in (net, torch.tensor(X)))
        self.y = torch.tensor(y)
        rules = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
        self.optimizer = rules[update_rule](self.net.parameters(), lr=learning_rate)
        self.loss = torch.nn.CrossEntropyLoss()

    def __call__(self):
        """Make the step and return the loss before it."""
        self.optimizer.zero_grad()
        loss = self.loss(self.net(self.X), self.y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def release(self):
        """Let go of the gradients, which otherwise wait for the next step."""
        self.optimizer.zero_grad()


class TorchLayer:
    """One layer: ``forward()`` gives out, ``backward()`` the gradients of x and of the layer's arrays.

    Parameters
    ----------
    layer, x, args
        As for ``layer.forward``.
    dout : ndarray
    layout : str
    """

    def __init__(self, layer, x, args, dout, layout):
        self.torch, self.layer = import_torch(), layer
        self.net = _lay(self.torch, to_torch(layer, args, x.ndim == 4), layout)
        self.x = _lay(self.torch, self.torch.tensor(x), layout).requires_grad_()
        self.dout = _lay(self.torch, self.torch.tensor(dout), layout)
        self.out = self.forward()

    def forward(self):
        return self.net(self.x)

    def backward(self):
        wanted = (self.x, *self.net.parameters())
        return self.torch.autograd.grad(self.out, wanted, self.dout, retain_graph=True)

    def results(self):
        """Out and all gradients as arrays, with the axes that `layers` has."""
        out, grads = self.forward().detach().numpy(), [grad.numpy() for grad in self.backward()]
        if self.layer.name == "affine":
            grads[1] = grads[1].T
        return out, *grads


class TorchLoss:
    """Cross-entropy and its gradient."""

    def __init__(self, x, y):
        self.torch = import_torch()
        self.x, self.y = self.torch.tensor(x).requires_grad_(), self.torch.tensor(y)

    def forward_and_backward(self):
        loss = self.torch.nn.functional.cross_entropy(self.x, self.y)
        return loss.item(), *self.torch.autograd.grad(loss, self.x)

    def results(self):
        loss, dx = self.forward_and_backward()
        return np.array(loss, dx.numpy().dtype), dx.numpy()


def _links(layer, args):
    """Each layer written by hand, and each sum, with its own arguments, in the order of a chain."""
    if layer.joined_by != "chain":
        yield layer, args
        return
    for part, own in zip(layer.parts, layer.split(args)):
        yield from _links(part, own)


def _sum(torch, branches):
    class Sum(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.branches = torch.nn.ModuleList(branches)

        def forward(self, x):
            first, *others = self.branches
            out = first(x)
            for branch in others:
                out += branch(x)  # in place, as in torchvision's residual blocks
            return out

    return Sum()


def _affine(torch, w, b):
    return _with_parameters(torch, torch.nn.Linear(*w.shape), np.ascontiguousarray(w.T), b)


def _conv(torch, w, b, conv_param):
    F, C, HH, WW = w.shape
    module = torch.nn.Conv2d(C, F, (HH, WW), stride=conv_param["stride"], padding=conv_param["pad"])
    return _with_parameters(torch, module, w, b)


def _pool(kind):
    def make(torch, pool_param):
        window = pool_param["pool_height"], pool_param["pool_width"]
        return getattr(torch.nn, kind)(window, stride=pool_param["stride"])

    return make


def _global_avg_pool(torch):
    return torch.nn.AdaptiveAvgPool2d(1)


def _identity(torch):
    return torch.nn.Identity()


def _batchnorm(torch, gamma, beta, bn_param):
    return _with_parameters(torch, torch.nn.BatchNorm1d(len(gamma), eps=bn_param.get("eps", 1e-5)), gamma, beta)


def _spatial_batchnorm(torch, gamma, beta, bn_param):
    return _with_parameters(torch, torch.nn.BatchNorm2d(len(gamma), eps=bn_param.get("eps", 1e-5)), gamma, beta)


def _with_parameters(torch, module, weight, bias):
    module.weight = torch.nn.Parameter(torch.tensor(weight))
    module.bias = torch.nn.Parameter(torch.tensor(bias))
    # What else the module has, running statistics, gets the type of the parameters.
    return module.to(module.weight.dtype)


_MAKERS = {
    "affine": _affine,
    "avg_pool": _pool("AvgPool2d"),
    "batchnorm": _batchnorm,
    "conv": _conv,
    "global_avg_pool": _global_avg_pool,  # of height and width 1; what follows, an affine layer, flattens them
    "identity": _identity,
    "max_pool": _pool("MaxPool2d"),
    "relu": None,  # depends on its place
    "spatial_batchnorm": _spatial_batchnorm,
}


def _lay(torch, what, layout):
    """Put a net's filters, or a tensor of images, in one of the two layouts; others have only one."""
    images = getattr(what, "ndim", 4) == 4
    return what.to(memory_format=torch.channels_last) if layout == "channels last" and images else what
