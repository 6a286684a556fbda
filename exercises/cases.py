"""The cases of every exercise: inputs drawn from a seed, and which driver they go to. What is right is not said here.

Students check with one seed and are graded with another. The shapes are drawn too: odd, non-square, N = 1, windows that
overlap or leave a remainder; float32 as well as float64; non-contiguous arrays; and always a random upstream gradient,
since all ones would hide errors (in softmax and batchnorm they cancel).
"""

import copy
from dataclasses import dataclass

import numpy as np

from datasets import load_digits

PUBLIC_SEED = 231


@dataclass(frozen=True)
class Case:
    """One call.

    Attributes
    ----------
    label : str
        What is particular about it.
    driver : str
        A function in `drivers`.
    inputs : dict
        Its arguments after ``find``.
    forward : tuple or None
        For a backward pass: the forward function and its arguments, from which the numerical gradient is taken.
    labels : ndarray or None
        For a case whose output are predictions: what is right, which the child is not told.
    """

    label: str
    driver: str
    inputs: dict
    forward: tuple | None = None
    labels: np.ndarray | None = None


def draw_cases(exercise, seed, reference):
    """Draw an exercise's cases.

    Parameters
    ----------
    exercise : Exercise
    seed : int
    reference : Reference
        For the caches that backward passes are given.

    Returns
    -------
    cases : list of Case
        At least one.
    """
    name, _, arguments = exercise.check.partition(": ")
    rng = np.random.default_rng([seed, *map(int, exercise.id.split("."))])
    draw = _DRAWS[name]
    cases = list(draw(_Context(exercise, rng, reference), *arguments.split()))
    if not cases:
        raise ValueError(f"draw_cases: exercise {exercise.id} has no cases")
    return cases


class _Context:
    """What a draw works with: the exercise's function, random numbers, and the reference."""

    def __init__(self, exercise, rng, reference):
        self.exercise, self.rng, self.reference = exercise, rng, reference
        self.function = exercise.functions[-1]

    def normal(self, *shape, dtype=np.float64):
        return self.rng.standard_normal(shape).astype(dtype)

    def sizes(self, count, least=2, most=6):
        """Draw sizes that all differ, so that a transposed array never fits by chance."""
        return tuple(int(size) for size in self.rng.choice(np.arange(least, most + 1), count, replace=False))

    def distinct(self, *shape, dtype=np.float64):
        """Numbers that all differ by more than a numerical gradient's step, none of them near 0."""
        size = int(np.prod(shape))
        numbers = (np.arange(size) - size // 2 + 0.5) * (4 / max(size, 1))
        return self.rng.permutation(numbers).reshape(shape).astype(dtype)

    def call(self, driver, label, forward=None, **inputs):
        return Case(label, driver, {"function": self.function, **inputs}, forward)


def every_second(array):
    """The same numbers in an array that is not contiguous."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)[..., ::2]
    wide[...] = array
    return wide


# Lesson 1


def _rel_error(c):
    x = c.normal(3, 4)
    pairs = {
        "arrays that differ": (x, x + 1e-3 * c.normal(3, 4)),
        "equal arrays": (x, x.copy()),
        "opposite signs": (x, -x),
        "zeros in both": (np.zeros(3), np.array([0.0, 1e-9, 0.0])),
        "no entries": (np.zeros((0, 2)), np.zeros((0, 2))),
        "float32": (x.astype(np.float32), (x * 1.01).astype(np.float32)),
        "numbers": (3.0, 2.5),
    }
    for label, pair in pairs.items():
        yield c.call("call", label, args=pair, names=("error",))


def _values_around(c):
    steps = (1e-2, -1e-2, 0.5)
    yield c.call("nudge", "a matrix", f="sum of cubes", x=c.normal(2, 3), index=(1, 2), steps=steps)
    yield c.call("nudge", "a function that returns x itself", f="itself", x=c.normal(4), index=(2,), steps=steps)
    yield c.call("nudge", "an array as value", f="squares", x=c.normal(2, 2, 2), index=(0, 1, 0), steps=steps[:2])
    yield c.call("nudge", "float32", f="squares", x=c.normal(3, dtype=np.float32), index=(0,), steps=(0.25,))
    yield c.call("nudge", "a large step", f="itself", x=c.rng.random(3), index=(1,), steps=(1e9, -1e9))
    positive = {"f": "mean of positive numbers", "x": c.rng.random(3), "index": (1,)}
    yield c.call("nudge", "a function that raises an error", **positive, steps=(1.0, -2.0, 0.5))


def _numerical_gradient(c):
    for f in ("sum of squares", "sum of cubes", "log of the sum of exponentials", "weighted sum", "product"):
        x = c.normal(*c.sizes(2, most=4))
        yield c.call("numerical_gradient", f, f=f, x=x, args=(), verbose=False)
    x = c.normal(2, 3)
    yield c.call("numerical_gradient", "another h", f="sum of cubes", x=x, args=(), verbose=False, h=0.1)
    yield c.call("numerical_gradient", "non-contiguous x", f="sum of cubes", x=every_second(x), args=(), verbose=False)
    yield c.call("numerical_gradient", "no entries", f="sum of cubes", x=np.zeros((0, 2)), args=(), verbose=False)
    x = c.normal(2, 3, dtype=np.float32)
    yield c.call("numerical_gradient", "float32", f="sum of squares", x=x, args=(), verbose=False, h=0.25)
    yield c.call("printed", "verbose", f="weighted sum", x=np.array([[3.0]]), args=(True, 0.5))


def _numerical_gradient_array(c):
    for f in ("squares", "x times its sum", "itself"):
        x = c.normal(*c.sizes(2, most=4))
        yield c.call("numerical_gradient", f, f=f, x=x, args=(c.normal(*x.shape),))
    x, df = c.normal(3, 2), c.normal(3)
    yield c.call("numerical_gradient", "f(x) has another shape than x", f="row sums of exponentials", x=x, args=(df,))
    yield c.call("numerical_gradient", "another h", f="x times its sum", x=x, args=(x + 1,), h=0.1)
    yield c.call("numerical_gradient", "non-contiguous x", f="squares", x=every_second(x), args=(x - 1,))
    x, df = c.normal(2, 3, dtype=np.float32), c.normal(2, 3, dtype=np.float32)
    yield c.call("numerical_gradient", "float32", f="squares", x=x, args=(df,), h=0.25)


def _grad_check_sparse(c):
    for label, right in (("a right gradient", 1.0), ("a wrong gradient", 1.5), ("a gradient of 0", 0.0)):
        x = c.normal(1, 1)
        yield c.call("printed", label, f="weighted sum", x=x, args=(np.full((1, 1), right), 3, 0.5))


# Lessons 2 and 3


def _operands(c, gate):
    M, N = c.sizes(2)
    draw = c.distinct if gate == "max_gate" else c.normal
    together = draw(2, M, N)
    yield "two matrices", together[0], together[1]
    yield "a row is broadcast", together[0], together[1][0]
    yield "a column is broadcast", together[0][:, :1], together[1]
    yield "both are broadcast", together[0][:, :1], together[1][:1]
    yield "a number is broadcast", together[0], np.asarray(together[1][0, 0])
    yield "float32", together[0].astype(np.float32), together[1].astype(np.float32)
    yield "non-contiguous", every_second(together[0]), together[1].T.copy().T
    if gate == "max_gate":
        ties = np.array([[1.0, 2.0, -3.0], [0.0, 5.0, 2.0]])
        yield "ties", ties, np.array([[1.0, 1.0, -3.0], [0.0, 6.0, 2.0]])


def _gate_forward(c, gate):
    for label, x, y in _operands(c, gate):
        dout = c.normal(*np.broadcast_shapes(x.shape, y.shape), dtype=x.dtype)
        backward = c.function.replace("_forward", "_backward")
        yield c.call(
            "forward", label, backward=backward, x=x, arrays=(y,), settings=(), dout=dout, names=("dx", "dy")
        )
    yield c.call("call", "two plain numbers", args=(-2, 5), names=("out", "cache"))


def _gate_backward(c, gate):
    forward = c.function.replace("_backward", "_forward")
    for label, x, y in _operands(c, gate):
        yield _backward_case(c, label, forward, (x, y), ("dx", "dy"))


def _backward_case(c, label, forward, args, names):
    out, cache = c.reference.find(forward)(*copy.deepcopy(args))
    dout = c.normal(*out.shape, dtype=out.dtype)
    return c.call("backward", label, forward=(forward, args), dout=dout, cache=cache, names=names)


def _sum_over(c):
    yield from _sums(c)
    for axis in (0, (0, 2), (0, 1, 2)):
        yield c.call("call", f"axis {axis}", args=(c.normal(*c.sizes(3)), axis), names=("total",))


def _mean_over(c):
    yield from _sums(c)
    for axis in (0, 1, (0, 2)):
        yield c.call("call", f"axis {axis}", args=(c.normal(*c.sizes(3)), axis), names=("mean",))


def _sums(c):
    names = ("total",) if c.function.endswith("sum_over") else ("mean",)
    # In float32, 1e8 + 1 is 1e8: whoever adds up in it has nothing left when the large number is taken away again.
    rows = np.concatenate([np.full((1, 3), 1e8), 1 + c.rng.random((40, 3)), np.full((1, 3), -1e8)])
    yield c.call("call", "large and small numbers in float32", args=(rows.astype(np.float32), 0), names=names)
    yield c.call("call", "non-contiguous", args=(every_second(c.normal(3, 4)), 1), names=names)
    yield c.call("call", "one row", args=(c.normal(1, 4), 0), names=names)


def _unbroadcast(c):
    A, B, C = c.sizes(3)
    for full, shape in (
        ((A, B), (B,)),
        ((A, B), (A, 1)),
        ((A, B), (1, B)),
        ((A, B, C), (B, 1)),
        ((A, B, C), (A, 1, C)),
        ((A, B, C), (1, 1, 1)),
        ((A, B, C), ()),
        ((A, B), (A, B)),
        ((A, 1, C), (1, 1)),
        ((), ()),
    ):
        yield c.call("unbroadcast", f"{full} to {shape}", dout=c.normal(*full), shape=shape)
    yield c.call("unbroadcast", "float32", dout=c.normal(A, B, dtype=np.float32), shape=(B,))
    yield c.call("unbroadcast", "non-contiguous", dout=every_second(c.normal(A, B)), shape=(A, 1))


# Layers and losses: each row draws (label, x, arrays, settings)


def _affine(c):
    N, D, M = c.sizes(3)
    yield "a matrix", c.normal(N, D), (c.normal(D, M), c.normal(M)), ()
    yield "images", c.normal(N, 2, 3, D), (c.normal(6 * D, M), c.normal(M)), ()
    yield "N = 1", c.normal(1, D), (c.normal(D, M), c.normal(M)), ()
    yield "one output", c.normal(N, D), (c.normal(D, 1), c.normal(1)), ()
    yield "float32", *_float32(c.normal(N, D), (c.normal(D, M), c.normal(M))), ()
    yield "non-contiguous", every_second(c.normal(N, D)), (every_second(c.normal(D, M)), c.normal(M)), ()


def _relu(c):
    N, D, M = c.sizes(3)
    yield "a matrix", c.normal(N, D), (), ()
    yield "images", c.normal(N, 2, D, M), (), ()
    yield "zeros in x", np.array([[0.0, -1.0, 2.0], [0.0, 3.0, -0.5]]), (), ()
    yield "float32", c.normal(N, D, dtype=np.float32), (), ()
    yield "non-contiguous", every_second(c.normal(N, D)), (), ()


def _dropout(c):
    N, D = c.sizes(2)
    for label, p, mode, dtype in (
        ("train", 0.7, "train", np.float64),
        ("keeps little", 0.2, "train", np.float64),
        ("test", 0.4, "test", np.float64),
        ("float32", 0.6, "train", np.float32),
    ):
        yield label, c.normal(N, 3 * D, dtype=dtype), (), ({"p": p, "mode": mode, "seed": 3},)


def _batchnorm(c, sizes=None):
    N, D = sizes or c.sizes(2, least=3)
    x, gamma, beta = 3 + 2 * c.normal(N, D), 1 + 0.3 * c.normal(D), c.normal(D)
    running = {"running_mean": c.normal(D), "running_var": 1 + c.rng.random(D), "momentum": 0.7}
    yield "train", x, (gamma, beta), ({"mode": "train"},)
    yield "running statistics", x, (gamma, beta), ({"mode": "train", **running},)
    yield "test", x, (gamma, beta), ({"mode": "test", **running},)
    yield "eps = 0.5", x, (gamma, beta), ({"mode": "train", "eps": 0.5},)
    yield "eps = 0.5, test", x, (gamma, beta), ({"mode": "test", "eps": 0.5, **running},)
    yield "large mean", x + 1e6, (gamma, beta), ({"mode": "train"},)
    yield "N = 1", x[:1], (gamma, beta), ({"mode": "train"},)
    yield "float32", *_float32(x, (gamma, beta)), ({"mode": "train"},)
    yield "non-contiguous", every_second(x), (gamma, beta), ({"mode": "train"},)


def _layernorm(c):
    N, D = c.sizes(2, least=3)
    x, gamma, beta = 3 + 2 * c.normal(N, D), 1 + 0.3 * c.normal(D), c.normal(D)
    yield "a matrix", x, (gamma, beta), ({},)
    yield "eps = 0.5", x, (gamma, beta), ({"eps": 0.5},)
    yield "N = 1", x[:1], (gamma, beta), ({},)
    yield "as many features as examples", x[:3, :3], (gamma[:3], beta[:3]), ({},)
    yield "float32", *_float32(x, (gamma, beta)), ({},)
    yield "non-contiguous", every_second(x), (gamma, beta), ({},)


def _spatial_batchnorm(c):
    N, C, H, W = c.sizes(4)
    x, gamma, beta = 3 + 2 * c.normal(N, C, H, W), 1 + 0.3 * c.normal(C), c.normal(C)
    running = {"running_mean": c.normal(C), "running_var": 1 + c.rng.random(C)}
    yield "train", x, (gamma, beta), ({"mode": "train"},)
    yield "test", x, (gamma, beta), ({"mode": "test", **running},)
    yield "N = 1", x[:1], (gamma, beta), ({"mode": "train"},)
    yield "float32", *_float32(x, (gamma, beta)), ({"mode": "train"},)
    yield "non-contiguous", every_second(x), (gamma, beta), ({"mode": "train"},)


def _spatial_groupnorm(c):
    N, H, W = c.sizes(3)
    x, gamma, beta = 3 + 2 * c.normal(N, 6, H, W), 1 + 0.3 * c.normal(1, 6, 1, 1), c.normal(1, 6, 1, 1)
    yield "two groups", x, (gamma, beta), (2, {})
    yield "three groups", x, (gamma, beta), (3, {})
    yield "one group", x, (gamma, beta), (1, {})
    yield "a group a channel", x, (gamma, beta), (6, {})
    yield "eps = 0.5", x, (gamma, beta), (2, {"eps": 0.5})
    yield "N = 1", x[:1], (gamma, beta), (3, {})
    yield "float32", *_float32(x, (gamma, beta)), (2, {})
    yield "non-contiguous", every_second(x), (gamma, beta), (2, {})


def _conv(c):
    for label, N, C, H, W, F, HH, WW, stride, pad in (
        ("stride 1, pad 1", 2, 3, 4, 5, 2, 3, 3, 1, 1),
        ("non-square filters", 2, 2, 5, 4, 3, 2, 3, 1, 0),
        ("stride 2, a remainder is left out", 1, 2, 6, 5, 3, 3, 2, 2, 0),
        ("stride 2, pad 1", 2, 1, 5, 6, 2, 3, 3, 2, 1),
        ("stride larger than the filter", 1, 2, 7, 6, 2, 2, 2, 3, 0),
        ("1 x 1 filters", 2, 3, 2, 4, 2, 1, 1, 1, 0),
        ("a filter as large as the image", 2, 2, 3, 4, 3, 3, 4, 1, 0),
    ):
        yield label, c.normal(N, C, H, W), (c.normal(F, C, HH, WW), c.normal(F)), ({"stride": stride, "pad": pad},)
    x, w, b = c.normal(2, 2, 4, 5), c.normal(3, 2, 3, 3), c.normal(3)
    yield "float32", *_float32(x, (w, b)), ({"stride": 1, "pad": 1},)
    yield "non-contiguous", every_second(x), (every_second(w), b), ({"stride": 1, "pad": 1},)


def _max_pool(c):
    for label, N, C, H, W, height, width, stride in (
        ("2 x 2, stride 2", 2, 3, 4, 6, 2, 2, 2),
        ("windows overlap", 2, 2, 5, 4, 3, 2, 1),
        ("stride 2, windows overlap, a remainder is left out", 1, 2, 8, 6, 3, 3, 2),
        ("stride larger than the window", 2, 1, 7, 8, 2, 1, 3),
        ("a window as large as the image", 1, 2, 3, 4, 3, 4, 1),
    ):
        yield label, c.distinct(N, C, H, W), (), ({"pool_height": height, "pool_width": width, "stride": stride},)
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 1}
    yield "ties", np.floor(c.distinct(2, 2, 4, 5)), (), (pool_param,)
    yield "all below zero", c.distinct(1, 2, 3, 4) - 9, (), (pool_param,)
    yield "float32", c.distinct(2, 2, 3, 4, dtype=np.float32), (), (pool_param,)
    yield "non-contiguous", every_second(c.distinct(2, 2, 3, 4)), (), (pool_param,)


_NORM = ("dx", "dgamma", "dbeta")
LAYERS = {
    "affine": (_affine, ("dx", "dw", "db")),
    "relu": (_relu, ("dx",)),
    "dropout": (_dropout, ("dx",)),
    "batchnorm": (_batchnorm, _NORM),
    "layernorm": (_layernorm, _NORM),
    "spatial_batchnorm": (_spatial_batchnorm, _NORM),
    "spatial_groupnorm": (_spatial_groupnorm, _NORM),
    "conv": (_conv, ("dx", "dw", "db")),
    "max_pool": (_max_pool, ("dx",)),
}


def _layer_forward(c, layer, vectorised=None):
    draw, names = LAYERS[layer]
    # The vectorised forward and backward share kernels, which are not there while one of them is checked.
    backward = f"layers.naive:{layer}_backward_naive" if vectorised else c.function.replace("_forward", "_backward")
    for label, x, arrays, settings in draw(c):
        args = copy.deepcopy((x, *arrays, *settings))
        out, _ = c.reference.find(c.function)(*args)
        dout = c.normal(*out.shape, dtype=out.dtype)
        yield c.call(
            "forward", label, backward=backward, x=x, arrays=arrays, settings=settings, dout=dout, names=names
        )
    if vectorised:
        yield c.call("quick", "a large minibatch", args=_LARGE[layer](c))


def _layer_backward(c, layer, vectorised=None):
    draw, names = LAYERS[layer]
    forward = c.function.replace("_backward", "_forward").removesuffix("_alt")
    for label, x, arrays, settings in draw(c):
        yield _backward_case(c, label, forward, (x, *arrays, *settings), names)
    if vectorised:
        out, cache = c.reference.find(forward)(*_LARGE[layer](c))
        yield c.call("quick", "a large minibatch", args=(out, cache))


_LARGE = {
    "conv": lambda c: (c.normal(8, 3, 26, 26), c.normal(8, 3, 3, 3), c.normal(8), {"stride": 1, "pad": 1}),
    "max_pool": lambda c: (c.normal(8, 8, 26, 26), {"pool_height": 2, "pool_width": 2, "stride": 1}),
}


def _loss(c):
    N, C = c.sizes(2, least=3)
    losses = {
        "a few examples": c.normal(N, C),
        "N = 1": c.normal(1, C),
        "many examples": c.normal(17, C),
        "two classes": c.normal(N, 2),
        "float32": c.normal(N, C, dtype=np.float32),
        "large scores": 1e4 * c.normal(N, C),
        "non-contiguous": every_second(c.normal(N, C)),
    }
    for label, x in losses.items():
        y = c.rng.integers(0, x.shape[1], len(x))
        yield c.call("call", label, forward=(c.function, (x, y)), args=(x, y), names=("loss", "dx"))


def _float32(x, arrays):
    return x.astype(np.float32), tuple(array.astype(np.float32) for array in arrays)


# Lesson 5: composites and models

_AFFINE, _RELU, _TANH = "layers.affine:affine", "layers.relu:relu", "layers.tanh:tanh"
_BATCHNORM, _DROPOUT = "layers.batchnorm:batchnorm", "layers.dropout:dropout"


def _composite(c, how):
    N, D, M, K = c.sizes(4)
    x = c.normal(N, D)
    if how == "chain":
        first, second = (c.normal(D, M), c.normal(M)), (c.normal(M, K), c.normal(K))
        bn = {"mode": "test", "running_mean": c.normal(M), "running_var": 1 + c.rng.random(M)}
        rows = (
            ("affine, relu", (_AFFINE, _RELU), first, M),
            ("one part", (_AFFINE,), first, M),
            ("no arrays", (_TANH, _RELU), (), D),
            ("three parts", (_AFFINE, _TANH, _AFFINE), first + second, K),
            ("a chain in a chain", (("chain", (_AFFINE, _RELU)), _AFFINE), first + second, K),
            ("arrays and settings", (_AFFINE, _BATCHNORM, _RELU), (*first, c.normal(M), c.normal(M), bn), M),
        )
    else:
        first, second = (c.normal(D, M), c.normal(M)), (c.normal(D, M), c.normal(M))
        rows = (
            ("two affine layers", (_AFFINE, _AFFINE), first + second, M),
            ("no arrays", (_TANH, _RELU), (), D),
            ("three parts", (_TANH, _RELU, _TANH), (), D),
            ("arrays of unlike gradients", (_AFFINE, ("chain", (_AFFINE, _RELU))), first + second, M),
            ("one part has arrays", (_TANH, ("chain", (_AFFINE, _RELU))), (c.normal(D, D), c.normal(D)), D),
        )
    for label, parts, args, outputs in rows:
        yield Case(label, "composite", {"how": how, "parts": parts, "x": x, "args": args, "dout": c.normal(N, outputs)})


def _classifier(c):
    N, D, M, C = c.sizes(4, least=3, most=7)
    params = {"W1": c.normal(D, M), "b1": c.normal(M), "W2": c.normal(M, C), "b2": c.normal(C)}
    X, y = c.normal(N, D), c.rng.integers(0, C, N)
    case = {"parts": (_AFFINE, _RELU, _AFFINE), "params": params, "settings": (), "reg": 0.0, "X": X, "y": y}
    bn = {"mode": "test", "running_mean": c.normal(M), "running_var": 1 + c.rng.random(M)}
    with_bn = dict(zip(("W1", "b1", "gamma1", "beta1", "W2", "b2"), (*params.values(), *params.values())))
    with_bn |= {"gamma1": 1 + c.rng.random(M), "beta1": c.normal(M), "W2": params["W2"], "b2": params["b2"]}
    parts = (_AFFINE, _BATCHNORM, _RELU, _AFFINE)
    small = {key: array.astype(np.float32) for key, array in params.items()}
    for label, changed in {
        "without regularisation": {},
        "with regularisation": {"reg": 0.3},
        "N = 1": {"X": X[:1], "y": y[:1], "reg": 0.1},
        "batchnorm, with regularisation": {"parts": parts, "params": with_bn, "settings": (bn,), "reg": 0.2},
        "float32": {"params": small, "X": X.astype(np.float32), "reg": 0.3},
    }.items():
        yield Case(label, "classifier", case | changed)


def _net(c, kind):
    N, D, M, C = c.sizes(4, least=3, most=7)
    if kind == "two_layer":
        name, sizes = "models.fc:TwoLayerNet", {"input_dim": D, "hidden_dim": M, "num_classes": C}
        shapes, other_sizes = {"W1": (D, M), "b1": (M,), "W2": (M, C), "b2": (C,)}, {}
        large = {"input_dim": 60, "hidden_dim": 50, "num_classes": 40}
        input_dim = (D,)
    else:
        name = "models.cnn:ThreeLayerConvNet"
        sizes = {"input_dim": (2, 5, 4), "num_filters": 3, "filter_size": 3, "hidden_dim": M, "num_classes": C}
        shapes = {"W1": (3, 2, 3, 3), "b1": (3,), "W2": (12, M), "b2": (M,), "W3": (M, C), "b3": (C,)}
        large = {"input_dim": (3, 9, 8), "num_filters": 20, "filter_size": 5, "hidden_dim": 30, "num_classes": 20}
        input_dim, other_sizes = sizes["input_dim"], {"filter_size": 5}
    y = c.rng.integers(0, C, N)
    for label, reg, scale, dtype, changed in (
        ("as it is", 0.0, 1e-2, "float64", {}),
        ("with regularisation", 0.4, 0.5, "float64", other_sizes),
        ("float32", 0.2, 0.1, "float32", {}),
    ):
        arguments = {"weight_scale": scale, "reg": reg, "dtype": dtype, "seed": 5}
        own = shapes | {"W1": (3, 2, 5, 5)} if changed else shapes
        params = {key: c.normal(*shape, dtype=dtype) for key, shape in own.items()}
        inputs = {"params": params, "X": c.normal(N, *input_dim, dtype=dtype), "y": y}
        yield Case(label, "net", {"name": name, "arguments": sizes | arguments | changed, **inputs})
    yield Case("a large one", "start_of_net", {"name": name, "arguments": large | arguments, "scale": scale})
    if kind == "three_layer":
        data = load_digits()
        X_train, y_train = (np.concatenate([data[f"{name}_train"], data[f"{name}_val"]]) for name in "Xy")
        arguments = {"input_dim": (1, 8, 8), "num_filters": 32, "filter_size": 3, "hidden_dim": 64}
        arguments |= {"weight_scale": "he", "reg": 3e-3, "seed": 0}
        inputs = {"X_train": X_train, "y_train": y_train, "X_test": data["X_test"]}
        yield Case(
            "trained on the digits",
            "trained_net",
            {"name": name, "arguments": arguments, **inputs},
            labels=data["y_test"],
        )


# Lesson 6


def _update_rule(c, *keys):
    settings = {key: value for key, value in _SETTINGS.items() if key in keys}
    states = [key for key in keys if key not in settings]
    for label, shape, dtype, config in (
        ("default settings", (3, 2), np.float64, None),
        ("other settings", (2, 3), np.float64, settings),
        ("a vector", (4,), np.float64, {"learning_rate": 0.3}),
        ("float32", (3, 2), np.float32, settings),
    ):
        w, gradients = c.normal(*shape, dtype=dtype), tuple(c.normal(3, *shape, dtype=dtype))
        yield c.call("update_rule", label, w=w, gradients=gradients, config=config)
    w = c.normal(3)
    state = {key: 7 if key == "t" else c.rng.random(3) for key in states}
    yield c.call("update_rule", "a run that goes on", w=w, gradients=tuple(c.normal(2, 3)), config=settings | state)
    gradients = (np.array([1e4, 1e-4, 0.0]),) * 3
    yield c.call("update_rule", "large and small gradients", w=w, gradients=gradients, config=settings)


_SETTINGS = {
    "learning_rate": 0.05,
    "momentum": 0.6,
    "decay_rate": 0.8,
    "beta1": 0.7,
    "beta2": 0.9,
    "epsilon": 1e-2,
    "weight_decay": 0.4,
}


def _solver_step(c):
    X, y = c.normal(7, 3), c.rng.integers(0, 4, 7)
    inputs = {"X": X, "y": y, "W1": c.normal(3, 2), "b1": c.normal(2), "steps": 1, "batch_size": 3}
    inputs |= {"update_rule": "sgd", "optim_config": {"learning_rate": 0.1}}
    for label, changed in {
        "one step": {},
        "two epochs": {"steps": 6},
        "momentum": {"update_rule": "sgd_momentum", "steps": 3},
        "adam": {"update_rule": "adam", "steps": 4},
        "a clip_norm": {"clip_norm": 0.25, "steps": 2},
        "a loss that is not finite": {"fault": float("nan")},
    }.items():
        yield Case(label, "solver_step", inputs | changed)


def _check_accuracy(c):
    for label, N, batch_size in (("one batch", 9, 100), ("several batches", 23, 5), ("a last smaller batch", 23, 10)):
        X, y = c.normal(N, 4), c.rng.integers(0, 3, N)
        yield Case(label, "check_accuracy", {"X": X, "y": y, "W1": c.normal(4, 3), "batch_size": batch_size})
    yield Case("N = 1", "check_accuracy", {"X": X[:1], "y": y[:1], "W1": c.normal(4, 3), "batch_size": 2})
    X, y, W1 = c.normal(30, 4), c.rng.integers(0, 3, 30), c.normal(4, 3)
    some = {"X": X, "y": y, "W1": W1, "batch_size": 5, "num_samples": 12}
    yield Case("some examples of many", "check_accuracy", some)
    W1 = np.where(np.arange(3) == 1, np.nan, W1)
    yield Case("scores that are not finite", "check_accuracy", {"X": X, "y": y, "W1": W1, "batch_size": 10})


# Lessons 7 to 10


def _dropout_forward(c):
    for label, p, mode, dtype, seed in (
        ("train, p = 0.3", 0.3, "train", np.float64, None),
        ("train, p = 0.8", 0.8, "train", np.float64, None),
        ("train, p = 1", 1, "train", np.float64, None),
        ("test", 0.3, "test", np.float64, None),
        ("float32", 0.4, "train", np.float32, None),
        ("seed 0", 0.6, "train", np.float64, 0),
    ):
        x = np.full((100, 30), 2, dtype=dtype)
        seed = int(c.rng.integers(1, 1000)) if seed is None else seed
        yield c.call("dropout_forward", label, x=x, p=p, mode=mode, seed=seed)


def _standardize(c):
    x = 3 + 2 * c.normal(*c.sizes(3, least=3))
    names = ("normalized", "mean", "var", "std")
    for label, args in {
        "over the examples": (x[:, :, 0], 0, 1e-5),
        "over the features": (x[:, :, 0], 1, 1e-5),
        "over two axes": (x, (1, 2), 1e-5),
        "eps = 0.5": (x[0], 0, 0.5),
        "large mean": (x[0] + 1e6, 0, 1e-5),
        "one row": (x[:1, :, 0], 0, 1e-5),
        "float32": (x[0].astype(np.float32), 0, 1e-5),
        "non-contiguous": (every_second(x[0]), 1, 1e-5),
    }.items():
        yield c.call("call", label, args=args, names=names)


def _standardize_backward(c):
    for case in list(_standardize(c)):
        x, axes, eps = case.inputs["args"]
        normalized, _, _, std = c.reference.find("layers.standardize:standardize")(x, axes, eps)
        dout = c.normal(*x.shape, dtype=x.dtype)
        yield c.call("call", case.label, args=(dout, normalized, std, axes), names=("dx",))


def _windows_of(c):
    for label, N, C, H, W, HH, WW, stride in (
        ("windows side by side", 2, 3, 4, 6, 2, 2, 2),
        ("windows overlap", 2, 2, 5, 4, 3, 2, 1),
        ("a remainder is left out", 1, 2, 6, 7, 3, 2, 2),
        ("windows apart", 2, 1, 7, 8, 2, 1, 3),
        ("a window as large as the image", 1, 2, 3, 4, 3, 4, 1),
    ):
        yield c.call("windows_of", label, x=c.normal(N, C, H, W), HH=HH, WW=WW, stride=stride)
    yield c.call("windows_of", "float32", x=c.normal(2, 3, 4, 5, dtype=np.float32), HH=2, WW=3, stride=1)
    yield c.call("windows_of", "non-contiguous", x=every_second(c.normal(2, 3, 4, 5)), HH=2, WW=3, stride=2)


def _add_windows(c):
    for label, H, W, HH, WW, stride in (
        ("windows side by side", 4, 6, 2, 2, 2),
        ("windows overlap", 5, 4, 3, 2, 1),
        ("a remainder is left out", 6, 7, 3, 2, 2),
        ("windows apart", 7, 8, 2, 1, 3),
    ):
        H_out, W_out = 1 + (H - HH) // stride, 1 + (W - WW) // stride
        for start, dx in (("zeros", np.zeros((2, 3, H, W))), ("numbers", c.normal(2, 3, H, W))):
            dwindows = c.normal(2, 3, H_out, W_out, HH, WW)
            yield c.call("add_windows", f"{label}, {start} in dx", dx=dx, dwindows=dwindows, stride=stride)


_DRAWS = {
    "rel_error": _rel_error,
    "values_around": _values_around,
    "numerical_gradient": _numerical_gradient,
    "numerical_gradient_array": _numerical_gradient_array,
    "grad_check_sparse": _grad_check_sparse,
    "gate_forward": _gate_forward,
    "gate_backward": _gate_backward,
    "sum_over": _sum_over,
    "mean_over": _mean_over,
    "unbroadcast": _unbroadcast,
    "layer_forward": _layer_forward,
    "layer_backward": _layer_backward,
    "loss": lambda c, name: _loss(c),
    "composite": _composite,
    "classifier": _classifier,
    "net": _net,
    "update_rule": _update_rule,
    "solver_step": _solver_step,
    "check_accuracy": _check_accuracy,
    "dropout_forward": _dropout_forward,
    "standardize": _standardize,
    "standardize_backward": _standardize_backward,
    "windows_of": _windows_of,
    "add_windows": _add_windows,
}
