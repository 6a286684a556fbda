"""What is done with the functions of an exercise: the same code runs in the child and, on the reference, in the parent.

A driver takes ``find``, which returns a function by its name (``"layers.affine:affine_forward"``), and the inputs of a
case. It returns a dict of named outputs, which are compared one by one.
"""

import contextlib
import copy
import inspect
import io
import time

import numpy as np


class WrongResult(Exception):
    """A function returned something of another form than its docstring says."""


def look_up(get_module, name):
    """Find a module's member by ``"module:path.of.names"``."""
    module, _, path = name.partition(":")
    found = get_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def call(find, function, args, names):
    """Call a function, and name what it returns."""
    return _named(function, find(function)(*args), names)


def forward(find, function, backward, x, arrays, settings, dout, names):
    """Call a forward pass, then the reference's backward pass on the cache that came out of it."""
    settings = copy.deepcopy(settings)
    out, cache = _pair(function, find(function)(x, *arrays, *settings))
    outputs = {"out": copy.deepcopy(out), **_settings(settings)}
    try:
        grads = find(backward)(dout, cache)
    except Exception as error:
        raise WrongResult(
            f"the cache is not what {_bare(backward)} needs, which raised {type(error).__name__}: {error}"
        ) from error
    return outputs | {f"{name} from the cache": grad for name, grad in _named(backward, grads, names).items()}


def backward(find, function, dout, cache, names):
    """Call a backward pass twice with one cache: the second call must give what the first one did."""
    first = copy.deepcopy(_named(function, find(function)(dout, cache), names))
    second = _named(function, find(function)(dout, cache), names)
    alike = all(np.array_equal(first[name], second[name]) for name in names)
    outputs = first | {"the second call gives the same": alike}
    if len(names) > 1:
        third = _named(function, find(function)(dout, cache, **_without_dx(find(function))), names)
        alike = all(np.array_equal(first[name], third[name]) for name in names[1:])
        outputs["the others are the same when dx is not needed"] = alike
    return outputs


def _without_dx(function):
    """How to say that dx is not needed, if a backward pass can be told."""
    return {"need_dx": False} if "need_dx" in inspect.signature(function).parameters else {}


def numerical_gradient(find, function, f, x, args, **options):
    """Call a numerical gradient on one of the functions in `FUNCTIONS`."""
    return {"grad": find(function)(FUNCTIONS[f], x, *args, **options)}


def nudge(find, function, f, x, index, steps):
    """Evaluate a function around a point, and look whether the point has been restored."""
    values, raised = [], False
    try:
        values = find(function)(FUNCTIONS[f], x, tuple(index), tuple(steps))
    except FloatingPointError:
        raised = True
    values = [copy.deepcopy(value) for value in values]
    return {"values": values, "an error of f is passed on": raised, "x afterwards": x}


def printed(find, function, f, x, args):
    """Call a function for what it prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        returned = find(function)(FUNCTIONS[f], x, *args)
    return {"returned": returned, "printed": text.getvalue()}


def composite(find, how, parts, x, args, dout):
    """Combine layers by `chain` or `add`, and go forward and backward through what comes out."""
    layer = _combined(find, how, parts)
    out, cache = _pair(f"compose:{how}.forward", layer.forward(x, *args))
    names = ("dx", *(f"d{array}" for array in layer.arrays))
    outputs = {"out": out, "cache": cache} | _named(f"compose:{how}.backward", layer.backward(dout, cache), names)
    if len(names) > 1:
        grads = layer.backward(dout, cache, **_without_dx(layer.backward))
        others = list(_named(f"compose:{how}.backward", grads, names).items())[1:]
        outputs |= {f"{name} when dx is not needed": grad for name, grad in others}
    return outputs


def _combined(find, how, parts):
    """Build a layer of layers: a part is a layer's name, or again ``(how, parts)``."""
    layers = [find(part) if isinstance(part, str) else _combined(find, *part) for part in parts]
    return find(f"layers.compose:{how}")(*layers)


def classifier(find, parts, params, settings, reg, X, y):
    """Ask a Classifier for its scores, its loss and its gradients."""
    settings = copy.deepcopy(settings)
    model = find("models.classifier:Classifier")(_combined(find, "chain", parts), params, settings, reg)
    scores = model.loss(X)
    modes = [setting["mode"] for setting in settings if "mode" in setting]
    loss, grads = _named("classifier:Classifier._loss", model.loss(X, y), ("loss", "grads")).values()
    return {"scores": scores, "modes for scores": modes, "loss": loss, "grads": grads, **_settings(settings)}


def net(find, name, arguments, params, X, y):
    """Build a model, then ask it for scores and gradients with given parameters."""
    model = find(name)(**arguments)
    outputs = {f"shape of {key}": tuple(array.shape) for key, array in model.params.items()}
    outputs |= {f"dtype of {key}": str(array.dtype) for key, array in model.params.items()}
    model.params = dict(params)
    loss, grads = model.loss(X, y)
    return outputs | {"scores": model.loss(X), "loss": loss, "grads": grads}


def start_of_net(find, name, arguments, scale):
    """Look at the parameters that a model starts with, and at those of another one."""
    return {"params": find(name)(**arguments).params, "again": find(name)(**arguments).params}


def _seen_of_start(outputs, scale, **_):
    """Say of random parameters what must be so."""
    seen = {}
    for key, array in outputs["params"].items():
        if key.startswith("W"):
            # Among so many random numbers the spread is within a tenth of what it should be.
            seen[f"{key} has standard deviation weight_scale"] = bool(abs(array.std() / scale - 1) < 0.1)
            seen[f"{key} is the same for the same seed"] = bool(np.array_equal(outputs["again"][key], array))
        else:
            seen[f"{key} is all zeros"] = not array.any()
    return seen


def trained_net(find, name, arguments, X_train, y_train, X_test):
    """Train a model, and let it say what it sees in examples whose labels are not known here."""
    model = find(name)(**arguments)
    solver = find("solvers.solver:Solver")(
        model,
        {"X_train": X_train, "y_train": y_train, "X_val": X_train, "y_val": y_train},
        update_rule="adam",
        optim_config={"learning_rate": 1e-2},
        lr_decay=0.8,
        batch_size=50,
        num_epochs=12,
        num_train_samples=100,
        verbose=False,
        seed=0,
    )
    solver.train()
    return {"predictions": np.argmax(model.loss(X_test), axis=1)}


def update_rule(find, function, w, gradients, config):
    """Make a few steps of an update rule along given gradients."""
    outputs = {}
    for number, dw in enumerate(gradients, start=1):
        w, config = _named(function, find(function)(w, dw, config), ("next_w", "config")).values()
        outputs[f"w after step {number}"] = w
    return outputs | {"config": config}


class _Bowl:
    """A model whose loss is the mean squared distance of its two parameters from the examples."""

    def __init__(self, center, width):
        self.params, self.seen, self.asked = {"W1": center, "b1": width}, [], []

    def loss(self, X, y=None):
        if y is None:
            self.asked.append(X)
            return X @ self.params["W1"]
        self.seen.append((X, y))
        far, wide = self.params["W1"] - X.mean(axis=0)[:, np.newaxis], self.params["b1"] - y.mean()
        return float((far**2).sum() + (wide**2).sum()), {"W1": 2 * far, "b1": 2 * wide}


def solver_step(find, X, y, W1, b1, steps, fault=None, **options):
    """Make a few steps of a Solver, and see what it gave the model and what became of the parameters."""
    model = _Bowl(W1.copy(), b1.copy())
    solver = _solver(find, model, X, y, **options)
    if fault is not None:
        model.params["b1"][0] = fault
    refused = False
    try:
        for _ in range(steps):
            solver._step()
    except FloatingPointError:
        refused = True
    return {
        "params": model.params,
        "optim_configs": solver.optim_configs,
        "loss_history": solver.loss_history,
        "iteration": solver.iteration,
        "examples seen": [(np.asarray(X), np.asarray(y)) for X, y in model.seen],
        "a loss that is not finite is refused": refused,
    }


def check_accuracy(find, X, y, W1, batch_size, num_samples=None):
    """Measure a model's accuracy twice, and see which examples it was asked about."""
    outputs = {}
    model = _Bowl(W1, np.zeros(1))
    solver = _solver(find, model, X, y)
    for time_of_asking in ("", " again"):
        model.asked = []
        outputs[f"accuracy{time_of_asking}"] = solver.check_accuracy(X, y, num_samples, batch_size)
        outputs[f"asked{time_of_asking}"] = model.asked
    return outputs


def _seen_of_accuracy(outputs, X, y, W1, batch_size, num_samples=None):
    """Say of an accuracy what must be so, whichever examples are drawn."""
    accuracy, asked = outputs["accuracy"], outputs["asked"]
    seen = {"at most batch_size at a time": all(len(batch) <= batch_size for batch in asked)}
    if num_samples is None:
        return {"accuracy": accuracy, **seen}
    drawn = [int(np.flatnonzero((X == example).all(axis=1))[0]) for batch in asked for example in batch]
    share = np.mean(np.argmax(X[drawn] @ W1, axis=1) == y[drawn])
    return seen | {
        "how many examples are drawn": len(drawn),
        "none is drawn twice": len(set(drawn)) == len(drawn),
        "accuracy is that of those drawn": bool(abs(accuracy - share) < 1e-9),
        "the same ones in an epoch": all(map(np.array_equal, asked, outputs["asked again"])),
    }


def _solver(find, model, X, y, **options):
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    return find("solvers.solver:Solver")(model, data, verbose=False, seed=1, **options)


def dropout_forward(find, function, x, p, mode, seed):
    """Call dropout twice with one seed, and twice with one generator."""
    before = np.random.get_state()[1].copy()
    forward = find(function)
    out, (_, mask) = _pair(function, forward(x, {"p": p, "mode": mode, "seed": seed}))
    again, _ = forward(x, {"p": p, "mode": mode, "seed": seed})
    rng = np.random.default_rng(seed)
    first, second = (forward(x, {"p": p, "mode": mode, "rng": rng})[0] for _ in range(2))
    one, other = (forward(x, {"p": p, "mode": mode})[0] for _ in range(2))
    return {
        "out": out, "mask": mask, "again": again, "first": first, "second": second, "one": one, "other": other,
        "left alone": bool(np.array_equal(before, np.random.get_state()[1])),
    }  # fmt: skip


def _seen_of_dropout(outputs, x, **_):
    """Say of random outputs what must be so."""
    out, mask = outputs["out"], outputs["mask"]
    with np.errstate(all="ignore"):
        factors = np.unique((out / x).round(6))
        rest = out - x * mask
    return {
        "factors in out": factors.astype(np.float64),
        "share of x kept": round(float(np.mean(out != 0)), 1),
        "dtype of out": str(out.dtype),
        "shape of out": tuple(out.shape),
        "out - x * mask": rest,
        "dtype of mask": str(mask.dtype),
        "shape of mask": tuple(mask.shape),
        "each row has a mask of its own": _differ(out),
        "each column has a mask of its own": _differ(out.T),
        "same seed, same mask": bool(np.array_equal(out, outputs["again"])),
        "rng draws the next mask": not np.array_equal(outputs["first"], outputs["second"]),
        "without seed and rng each call draws another mask": not np.array_equal(outputs["one"], outputs["other"]),
        "the global generator is left alone": outputs["left alone"],
    }


def _differ(rows):
    """Tell whether most rows are unlike all others; two of them may be alike by chance."""
    return 2 * len(np.unique(rows, axis=0)) > len(rows)


_SEEN = {
    "start_of_net": _seen_of_start,
    "dropout_forward": _seen_of_dropout,
    "check_accuracy": _seen_of_accuracy,
}


def seen(driver, inputs, outputs):
    """Return what is compared of a driver's outputs: if they are random, what must be so of them.

    It is not for the child to say, whose word would be easy to forge. A WrongResult if the outputs are of another kind.
    """
    if driver not in _SEEN:
        return outputs
    try:
        return _SEEN[driver](outputs, **inputs)
    except Exception as error:  # they may be anything
        raise WrongResult(f"what was returned cannot be looked at: {type(error).__name__}: {error}") from None


def windows_of(find, function, x, HH, WW, stride):
    """View images as their windows, and see whether it is a view."""
    windows = find(function)(x, HH, WW, stride)
    return {"windows": windows, "nothing is copied": bool(np.shares_memory(windows, x))}


def unbroadcast(find, function, dout, shape):
    """Call unbroadcast, and see whether the result is an array of its own."""
    dx = find(function)(dout, shape)
    return {"dx": dx, "dx is a new array": not np.shares_memory(dx, dout)}


def add_windows(find, function, dx, dwindows, stride):
    """Add windows to an image, which is changed."""
    dx = dx.copy()
    return {"returned": find(function)(dx, dwindows, stride), "dx": dx}


def quick(find, function, args, allowed=0.1):
    """Measure whether a function is vectorised: loops in Python would take several times as long as is allowed.

    It is this thread's processor time that counts, not what else goes on in the machine.
    """
    for _ in range(3):
        start = time.thread_time()
        find(function)(*args)
        is_quick = time.thread_time() - start < allowed
        if is_quick:
            break
    return {f"takes less than {allowed} seconds": is_quick}


def _mean_of_positive(x):
    if x.min() < 0:
        raise FloatingPointError("this function is for positive numbers")
    return np.mean(x)


FUNCTIONS = {
    "mean of positive numbers": _mean_of_positive,
    "sum of squares": lambda x: np.sum(x**2),
    "sum of cubes": lambda x: np.sum(x**3),
    "product": lambda x: np.prod(x),
    "log of the sum of exponentials": lambda x: np.log(np.sum(np.exp(x))),
    "weighted sum": lambda x: float(np.sum(x * np.arange(1, x.size + 1).reshape(x.shape))),
    "itself": lambda x: x,
    "squares": lambda x: x**2,
    "x times its sum": lambda x: x * np.sum(x),
    "row sums of exponentials": lambda x: np.exp(x).sum(axis=-1),
}


def _named(function, result, names):
    if len(names) == 1:
        return {names[0]: result}
    if not isinstance(result, (tuple, list)) or len(result) != len(names):
        came = f"{len(result)} results" if isinstance(result, (tuple, list)) else _describe(result)
        raise WrongResult(f"{_bare(function)} returned {came}; expected {len(names)}: {', '.join(names)}")
    return dict(zip(names, result))


def _pair(function, result):
    return tuple(_named(function, result, ("out", "cache")).values())


def _settings(settings):
    """Name what stands in a layer's settings after the call."""
    return {f"setting {number}": setting for number, setting in enumerate(settings, start=1)}


def _describe(value):
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"{value!r:.40}"


def _bare(name):
    return name.partition(":")[2]
