"""A model: a net, its parameters, its settings and a loss."""

import copy
from contextlib import nullcontext

import numpy as np

from layers import Layer, products_alone, softmax_loss, trace

from .checks import FLOATS, as_floats, check_number
from .files import check_fit, load_arrays, save_arrays
from .initialise import bare_name


class Classifier:
    """A net with the parameters and settings that it is called with, and a loss on top of it.

    Parameters
    ----------
    net : Layer
        From examples (N, ...) to scores (N, C).
    params : dict of str to ndarray of float32 or float64
        In the order of ``net.arrays``, all of one dtype. A key without its number, in lower case, is the name of the
        argument (W1 for w, gamma2 for gamma): with gamma and beta swapped all shapes would agree, and the net would be
        dead in silence.
    settings : sequence of dict
        One for each of ``net.settings``, in order. They are kept, not copied: running statistics live in them, and
        where a dict has a ``mode``, `loss` sets it.
    reg : float
        Strength of the L2 regularisation, ``0.5 * reg * sum(W ** 2)`` over the weights (keys that begin with W). It may
        be changed at any time.
    loss_function : function ``(scores, y) -> (loss, dscores)``

    Attributes
    ----------
    params, settings, net, reg, loss_function
        As given.
    dtype : numpy.dtype
        That of the parameters. Examples of another type are converted to it.

    Raises
    ------
    TypeError, ValueError
        If parameters or settings are not what the net takes.

    Examples
    --------
    >>> from layers import affine_relu, affine, chain
    >>> params = {"W1": np.eye(2), "b1": np.zeros(2), "W2": np.eye(2), "b2": np.array([0.0, 1.0])}
    >>> model = Classifier(chain(affine_relu, affine), params)
    >>> model.loss(np.array([[3, -5]]))
    array([[3., 1.]])
    >>> loss, grads = model.loss(np.array([[3, -5]]), np.array([0]))
    >>> round(loss, 4), list(grads)
    (0.1269, ['W1', 'b1', 'W2', 'b2'])
    """

    def __init__(self, net, params, settings=(), reg=0.0, loss_function=softmax_loss):
        if not isinstance(net, Layer):
            raise TypeError(f"Classifier: net must be a Layer, got {type(net).__name__}")
        if not net.arrays or tuple(map(bare_name, params)) != net.bare_arrays:
            raise ValueError(f"Classifier: params are {list(params)}; the net takes {list(net.arrays)}, in this order")
        for key, array in params.items():
            if not isinstance(array, np.ndarray) or array.dtype not in FLOATS:
                came = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
                raise TypeError(f"Classifier: {key} must be an ndarray of float32 or float64, got {came}")
        if len({array.dtype for array in params.values()}) > 1:
            came = ", ".join(f"{key} {array.dtype}" for key, array in params.items())
            raise TypeError(f"Classifier: params must all have one dtype; they have {came}")
        if len(settings) != len(net.settings) or not all(isinstance(setting, dict) for setting in settings):
            raise ValueError(
                f"Classifier: settings must be {len(net.settings)} dicts, for {list(net.settings)}; got {settings!r}"
            )
        self.net, self.params, self.settings = net, dict(params), tuple(settings)
        self.reg = check_number("Classifier", "reg", reg)
        self.loss_function = loss_function
        self.dtype = next(iter(params.values())).dtype
        self._keys = tuple(params)
        self._has_filters = any(array.ndim > 2 for array in params.values())
        _start_running_statistics(net, (*params.values(), *self.settings))

    def loss(self, X, y=None):
        """Compute the scores in test mode, or with labels the loss and its gradients in train mode.

        Parameters
        ----------
        X : ndarray of shape (N, ...)
            Floats or integers; converted to the model's dtype.
        y : ndarray of shape (N,), optional
            What the loss function compares the scores with: integer class labels; for `softmax_loss` also soft labels,
            of shape (N, C).

        Returns
        -------
        scores : ndarray of shape (N, C)
            If y is None; otherwise
        loss : float
            With regularisation.
        grads : dict of str to ndarray
            With the keys, shapes and dtypes of params.

        Raises
        ------
        TypeError
            If X is neither of floats nor of integers, or y not of integers.
        ValueError
            If a shape does not fit, or a label is out of range.
        """
        X = as_floats(f"{type(self).__name__}.loss", X, self.dtype)
        with nullcontext() if self._has_filters else products_alone():
            return self._loss(X, y, self.settings)

    def _loss(self, X, y, settings):
        """Do what `loss` says, with X in the model's dtype and with these settings.

        Forward and backward through ``self.net``, which takes X, then ``self._arrays()``, then the settings;
        `_set_mode` sets their mode, 'test' without y and 'train' with it. ``self.loss_function(scores, y)`` returns the
        loss and the gradient that backward starts from. If the net's ``can_skip_dx`` is true, its backward may be given
        ``need_dx=False``. What it returns after dx are the gradients of ``self._keys``. The weights among them (keys
        that begin with W) are regularised: ``0.5 * reg * sum(W ** 2)`` joins the loss, and its derivative the gradient
        of W.
        """
        _set_mode(settings, "test" if y is None else "train")
        scores, *caches = self.net.forward(X, *self._arrays(), *settings)
        if y is None:
            return scores
        loss, dscores = self.loss_function(scores, y)
        # Handed over, not held here: what backward is done with makes room for the gradients to come. (A call with **
        # would hold its arguments.)
        if self.net.can_skip_dx:
            _, *arrays = self.net.backward(dscores, caches.pop(), need_dx=False)
        else:
            _, *arrays = self.net.backward(dscores, caches.pop())
        grads = dict(zip(self._keys, arrays, strict=True))
        reg = float(self.reg)  # a Python number, so that float32 stays float32
        if reg:
            for key in self._keys:
                if key.startswith("W"):
                    W = self.params[key]
                    loss += 0.5 * reg * float(np.sum(np.square(W, dtype=np.float64)))
                    grads[key] = grads[key] + reg * W
        return loss, grads

    def _arrays(self):
        """List the parameters in the order of the net, however they may be ordered by now."""
        return [self.params[key] for key in self._keys]

    @property
    def state(self):
        """What belongs to the model but is not trained: ``{"bn_param1.running_mean": array, ...}``.

        Setting it takes exactly these names, shapes and dtypes, or a ValueError leaves everything as it was.
        """
        return {
            f"{name}.{key}": value
            for name, setting in zip(self.net.settings, self.settings)
            for key, value in setting.items()
            if key.startswith("running_")
        }

    @state.setter
    def state(self, given):
        check_fit(f"{type(self).__name__}.state", given, self.state)
        settings = dict(zip(self.net.settings, self.settings))
        for name, array in given.items():
            setting, key = name.split(".")
            settings[setting][key] = np.array(array)

    @property
    def generators(self):
        """The model's own generators of random numbers (dropout's), by name, whose states belong to a checkpoint."""
        return {
            name: setting["rng"]
            for name, setting in zip(self.net.settings, self.settings)
            if isinstance(setting.get("rng"), np.random.Generator)
        }

    def first_nonfinite(self, X, y=None):
        """Name the first thing that is not finite in a training step on X and y; the model is not changed.

        Returns
        -------
        name : str or None
            ``"parameter W2"``, ``"the input"``, ``"affine (layer 3 of 5)"`` if that layer's output is the first,
            ``"the loss"``, ``"the gradient of W1"``, or None if all is finite. Without y the net alone is looked at.
        """
        X = as_floats(f"{type(self).__name__}.first_nonfinite", X, self.dtype)
        for name, array in (*((f"parameter {key}", self.params[key]) for key in self._keys), ("the input", X)):
            if not np.isfinite(array).all():
                return name
        settings = copy.deepcopy(self.settings)  # running statistics and generators stand still
        _set_mode(settings, "train")
        with np.errstate(all="ignore"):
            outs = trace(self.net, X, *self._arrays(), *settings)
            steps = [(part.name, np.isfinite(out).all()) for part, out in outs]
            for number, (name, finite) in enumerate(steps, start=1):
                if not finite:
                    return f"{name} (layer {number} of {len(steps)})"
            if y is None:
                return None
            loss, grads = self._loss(X, y, copy.deepcopy(self.settings))
        for name, value in (("the loss", loss), *((f"the gradient of {key}", grads[key]) for key in reversed(grads))):
            if not np.isfinite(value).all():
                return name
        return None

    def save(self, path):
        """Write params and state to an ``.npz`` file, whole or not at all; the ending is added where it is missing."""
        save_arrays(path, {key: np.asarray(value, self.dtype) for key, value in (self.params | self.state).items()})

    def load(self, path):
        """Read params and state back from what `save` wrote for a model of the same shapes and dtype.

        Returns
        -------
        True

        Raises
        ------
        FileNotFoundError
        ValueError
            If the file is damaged, a name is missing or unknown, or a shape or dtype differs; the message names the
            file and the array, and nothing has been changed.
        """
        found = load_arrays(path)
        check_fit(f"{type(self).__name__}.load: {path}", found, self.params | self.state)
        self.state = {name: found[name] for name in self.state}
        self.params = {key: found[key] for key in self._keys}
        return True


def _set_mode(settings, mode):
    for setting in settings:
        if "mode" in setting:
            setting["mode"] = mode


def _start_running_statistics(layer, args):
    """Give every batch normalisation its running statistics, so that the model's state has its names from the start."""
    for part, own in zip(layer.parts, layer.split(args)):
        _start_running_statistics(part, own)
    named = dict(zip((*layer.arrays, *layer.settings), args))
    if not layer.parts and "bn_param" in named:
        for key in ("running_mean", "running_var"):
            named["bn_param"].setdefault(key, np.zeros_like(named["gamma"]))
