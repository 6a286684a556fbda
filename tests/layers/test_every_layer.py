"""The same questions to every public layer: the rows are in `rows`."""

import copy
import inspect
import itertools
import math
import re

import numpy as np
import pytest

import layers
from layers import Layer, check_layer

from .rows import ROWS, SIZES, distinct

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.layer.name}-{ROWS.index(row)}")


def draw(case, dtype=np.float64, seed=0):
    """x and the arrays, and a dout, for a case."""
    rng = np.random.default_rng(seed)
    values = [value.astype(dtype) for value in distinct(rng, case.x, *case.arrays)]
    return values, rng.standard_normal(case.out).astype(dtype)


def forward(row, values, case):
    return row.layer.forward(*values, *copy.deepcopy(case.settings))


def backward(row, dout, cache):
    grads = row.layer.backward(dout, cache)
    return grads if isinstance(grads, tuple) else (grads,)


def call(row, case, dtype=np.float64, seed=0):
    """Run forward and backward once; return (out, *grads)."""
    values, dout = draw(case, dtype, seed)
    out, cache = forward(row, values, case)
    return (out, *backward(row, dout, cache))


def arrays_in(value):
    """All arrays inside a cache."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value, dict):
        yield from arrays_in(tuple(value.values()))


def in_bytes(*values):
    return [(value.shape, value.dtype, value.tobytes()) for value in arrays_in(values)]


def assert_same(results, expected, tolerance=0.0):
    assert len(results) == len(expected)
    for result, reference in zip(results, expected):
        assert result.shape == reference.shape
        np.testing.assert_allclose(result, reference, rtol=tolerance, atol=tolerance)


def test_every_public_layer_has_a_row():
    public = {name: value for name, value in vars(layers).items() if isinstance(value, Layer)}
    assert set(public.values()) <= {row.layer for row in ROWS}
    pairs = {(row.layer.forward, row.layer.backward) for row in ROWS}
    in_rows = set(itertools.chain.from_iterable(pairs))
    functions = {name: value for name, value in vars(layers).items() if re.search("_(forward|backward)", name)}
    assert set(functions.values()) <= in_rows
    assert len(functions) >= 60


@every_row
def test_documented_shapes(row):
    case = row.case(SIZES)
    out, *grads = call(row, case)
    assert out.shape == case.out
    assert [grad.shape for grad in grads] == [case.x, *case.arrays]


@every_row
def test_docstrings_name_every_argument(row):
    if row.layer.parts and "Parameters" not in row.layer.forward.__doc__:
        assert repr(row.layer) in row.layer.forward.__doc__.replace("_forward(", "(")
        return
    if "naive" in row.layer.name:
        assert f"`{row.layer.name.replace('naive', 'forward')}`" in row.layer.forward.__doc__
        return
    documented = re.findall(r"^(\w[\w, ]*) : ", inspect.getdoc(row.layer.forward), re.MULTILINE)
    documented = [name for names in documented for name in names.split(", ")]
    arguments = list(inspect.signature(row.layer.forward).parameters)
    assert documented[: len(arguments)] == arguments
    assert documented[len(arguments) :] == ["out", "cache"]


@every_row
def test_gradients_agree_with_numerical_ones(row, figures):
    """G1: at 200 random shapes a layer, within 1e-7 of the largest entry, with a random dout."""
    rng = np.random.default_rng(ROWS.index(row))
    done = kinks = 0
    while done < 200:
        case = row.random_case(rng)
        values = distinct(rng, case.x, *case.arrays)
        checks = check_layer(row.layer, values[0], values[1:], case.settings, num_checks=16, seed=done)
        if any(check.num_kinks for check in checks):
            kinks += 1
            assert kinks < 60, f"{row.layer.name} differs near kinks too often: {checks}"
            continue
        done += 1
        for check in checks:
            assert check.error <= 1e-7, f"{row.layer} with {case}: {check}"
        figures["gradients checked against numerical ones (G1)"] += len(checks)
    figures["cases drawn again because a kink was near (G1)"] += kinks


@every_row
def test_nothing_given_is_changed(row):
    """C1: neither inputs nor settings (but running statistics) nor dout nor cache."""
    case = row.case(SIZES)
    values, dout = draw(case)
    settings = copy.deepcopy(case.settings)
    before = in_bytes(*values)
    out, cache = row.layer.forward(*values, *settings)
    assert in_bytes(*values) == before
    for setting, given in zip(settings, case.settings):
        if isinstance(setting, dict):
            kept = {key: value for key, value in setting.items() if not key.startswith("running_")}
            assert kept == given
    before = in_bytes(dout, cache)
    backward(row, dout, cache)
    assert in_bytes(dout, cache) == before


@every_row
def test_backward_twice_and_interleaved(row):
    """C2: the cache can be used again, and another call in between changes nothing."""
    case = row.case(SIZES)
    values, dout = draw(case)
    others, other_dout = draw(case, seed=1)
    out, cache = forward(row, values, case)
    first = backward(row, dout, cache)
    _, other_cache = forward(row, others, case)
    backward(row, other_dout, other_cache)
    assert in_bytes(*backward(row, dout, cache)) == in_bytes(*first)


@every_row
def test_settings_may_be_changed_after_forward(row):
    """C2: the cache holds copies of the settings."""
    case = row.case(SIZES)
    values, dout = draw(case)
    settings = copy.deepcopy(case.settings)
    _, cache = row.layer.forward(*values, *settings)
    before = in_bytes(*backward(row, dout, cache))
    for setting in settings:
        if isinstance(setting, dict):
            setting.clear()
    assert in_bytes(*backward(row, dout, cache)) == before


@every_row
def test_results_may_be_scribbled_on(row):
    """C2: out and the gradients belong to the caller."""
    case = row.case(SIZES)
    values, dout = draw(case)
    out, cache = forward(row, values, case)
    before, given = in_bytes(*backward(row, dout, cache)), in_bytes(values, dout)
    out[...] = np.nan
    for i, grad in enumerate(backward(row, dout, cache)):
        if not row.layer.parts or grad.flags.writeable:
            grad[...] = np.nan
    assert in_bytes(values, dout) == given
    assert in_bytes(*backward(row, dout, cache)) == before


@every_row
def test_results_do_not_share_memory(row):
    case = row.case(SIZES)
    values, dout = draw(case)
    out, cache = forward(row, values, case)
    results = [out, *backward(row, dout, cache)]
    for one, other in itertools.combinations([*results, dout], 2):
        assert not np.shares_memory(one, other)
    for result, value in itertools.product(results, values):
        assert not np.shares_memory(result, value)


@every_row
def test_float32_stays_float32(row):
    """D1: outputs, gradients, caches and running statistics."""
    case = row.case(SIZES)
    values, dout = draw(case, np.float32)
    settings = copy.deepcopy(case.settings)
    out, cache = row.layer.forward(*values, *settings)
    for value in arrays_in((out, cache, backward(row, dout, cache), settings)):
        assert value.dtype == np.float32 or value.dtype.kind in "ub"  # places in a window, and what a relu let through


@every_row
def test_float32_and_float64_together_give_float64(row):
    """As everywhere in NumPy, whichever of the arrays is the one of float64."""
    case = row.case(SIZES)
    values, dout = draw(case, np.float32)
    for number, value in enumerate(values):
        mixed = [*values[:number], value.astype(np.float64), *values[number + 1 :]]
        out, cache = forward(row, mixed, case)
        grads = backward(row, dout.astype(np.float64), cache)
        assert [array.dtype for array in (out, *grads)] == [np.float64] * (1 + len(grads))


@every_row
def test_float32_is_as_good_as_it_can_be(row):
    """N2: against the same float32 inputs in float64, norm-wise 1e-5 for out and 1e-4 for gradients."""
    case = row.case(SIZES)
    values, dout = draw(case, np.float32)
    out, cache = forward(row, values, case)
    exact_out, exact_cache = forward(row, [value.astype(np.float64) for value in values], case)
    assert np.linalg.norm(out - exact_out) <= 1e-5 * np.linalg.norm(exact_out)
    exact = backward(row, dout.astype(np.float64), exact_cache)
    for grad, reference in zip(backward(row, dout, cache), exact):
        assert np.linalg.norm(grad - reference) <= 1e-4 * max(np.linalg.norm(reference), 1e-2)


def fortran(value):
    return np.asfortranarray(value)


def reversed_in_memory(value):
    return value[..., ::-1].copy()[..., ::-1]


def strided(value):
    wide = np.full((*value.shape, 2), np.nan, dtype=value.dtype)
    wide[..., 0] = value
    return wide[..., 0]


def read_only(value):
    value = value.copy()
    value.flags.writeable = False
    return value.view()


@pytest.mark.parametrize("layout", [fortran, reversed_in_memory, strided, read_only])
@every_row
def test_any_memory_layout(row, layout):
    """C3: Fortran order, negative strides, strides, read-only arrays."""
    case = row.case(SIZES)
    values, dout = draw(case)
    out, cache = forward(row, [layout(value) for value in values], case)
    assert_same((out, *backward(row, layout(dout), cache)), call(row, case), tolerance=1e-12)


@pytest.mark.parametrize("row", [row for row in ROWS if row.any_shape], ids=lambda row: row.layer.name)
def test_what_works_on_every_element_keeps_the_order_in_memory(row):
    """A net whose images have their channels last stays so."""
    case = row.case(SIZES)
    values, dout = draw(case)
    out, cache = forward(row, list(map(fortran, values)), case)
    assert all(array.flags.f_contiguous for array in (out, *backward(row, fortran(dout), cache)))


@every_row
def test_same_numbers_twice(row):
    """C4, within a process; `test_determinism` compares two processes."""
    case = row.case(SIZES)
    assert in_bytes(*call(row, case)) == in_bytes(*call(row, case))


@pytest.mark.parametrize("sizes", [{"N": 1}, {"H": 1, "W": 1, "K": 1, "L": 1}, {"N": 0}], ids=["N=1", "H=W=1", "N=0"])
@every_row
def test_tiny_batches(row, sizes):
    """S2: one example and one pixel work; no example works or is refused in words."""
    case = row.case({**SIZES, **sizes})
    try:
        out, *grads = call(row, case)
    except ValueError as error:
        assert sizes == {"N": 0} and re.match(r"\w+_forward: x has shape \(.*\); a mean needs at least one", str(error))
        return
    assert out.shape == case.out
    assert [grad.shape for grad in grads] == [case.x, *case.arrays]
    assert all(np.isfinite(value).all() for value in (out, *grads))


@every_row
def test_a_nan_is_not_swallowed(row):
    """N3: one NaN in x or in an array, and there is a NaN in out; one in dout, and there is one in the gradients."""
    case = row.case(SIZES)
    values, dout = draw(case)
    if row.layer.name != "dropout":
        for value in values:
            old = value.flat[0]
            value.flat[0] = np.nan
            out, _ = forward(row, values, case)
            assert np.isnan(out).any()
            value.flat[0] = old
    out, cache = forward(row, values, case)
    dout.flat[0] = np.nan
    assert any(np.isnan(grad).any() for grad in backward(row, dout, cache))


ODD = [np.int64, np.uint8, np.float16, np.bool_, object, np.complex128, str]


@every_row
def test_odd_dtypes_are_refused(row, figures):
    """D2: nothing is converted in silence; the message names the argument and what came."""
    case = row.case(SIZES)
    values, dout = draw(case)
    arguments = ["x", *row.layer.arrays]
    for (i, name), dtype in itertools.product(enumerate(arguments), [*ODD, None]):
        odd = [*values]
        odd[i] = None if dtype is None else values[i].astype(dtype)
        with pytest.raises(TypeError, match=r"^\w+_forward\w*: \w+ must be .*float32 or float64, got .+"):
            forward(row, odd, case)
        figures["odd dtypes refused (D2)"] += 1
    _, cache = forward(row, values, case)
    for dtype in [*ODD, None]:
        with pytest.raises(TypeError, match=r"^\w+_backward\w*: dout must be"):
            row.layer.backward(None if dtype is None else dout.astype(dtype), cache)
        figures["odd dtypes refused (D2)"] += 1


def spoilt_shapes(shape):
    """Shapes that are nearly right."""
    for axis, size in enumerate(shape):
        yield (*shape[:axis], size + 1, *shape[axis + 1 :])
        if size != 1:
            yield (*shape[:axis], 1, *shape[axis + 1 :])
        yield (*shape[:axis], *shape[axis + 1 :])
    yield (*shape, 1)
    yield (1, *shape)
    if len(shape) == 2 and shape != shape[::-1]:
        yield shape[::-1]


def can_be_meant(row, shapes, settings):
    """Tell whether other sizes give just these shapes, so that they are not wrong."""
    for letter, size in itertools.product(SIZES, (1, *(s + d for s in set(SIZES.values()) for d in (0, 1)))):
        case = row.case({**SIZES, letter: size})
        if (case.x, *case.arrays) == tuple(shapes) and case.settings == settings:
            return True
    if row.flattens:
        x, *arrays = shapes
        return len(x) > 1 and (x[0], math.prod(x[1:])) == (SIZES["N"], math.prod(case.x[1:])) and arrays == [*case.arrays]
    return False


@every_row
def test_wrong_shapes_are_refused(row, figures):
    """S1: a ValueError that names the function, the argument and both shapes, and no silent broadcast."""
    case = row.case(SIZES)
    values, dout = draw(case)
    shapes = [case.x, *case.arrays]
    for i, shape in enumerate(shapes):
        if row.any_shape:
            break
        for spoilt in spoilt_shapes(shape):
            if can_be_meant(row, [*shapes[:i], spoilt, *shapes[i + 1 :]], case.settings):
                continue
            wrong = [*values]
            wrong[i] = np.ones(spoilt)
            with pytest.raises(ValueError) as refusal:
                forward(row, wrong, case)
                pytest.fail(f"{row.layer} took {row.layer.arrays[i - 1] if i else 'x'} of shape {spoilt} for {shape}")
            message = str(refusal.value)
            assert re.match(r"\w+_forward\w*: ", message)
            assert str(spoilt) in message or "does not fit" in message or "groups do not divide" in message
            figures["wrong shapes refused (S1)"] += 1
    _, cache = forward(row, values, case)
    for spoilt in spoilt_shapes(case.out):
        with pytest.raises(ValueError) as refusal:
            row.layer.backward(np.ones(spoilt), cache)
            pytest.fail(f"{row.layer}: backward took dout of shape {spoilt} for {case.out}")
        message = str(refusal.value)
        assert re.match(r"\w+_backward\w*: dout has shape ", message)
        assert str(spoilt) in message and str(case.out) in message or row.layer.parts
        figures["wrong shapes refused (S1)"] += 1


@every_row
def test_settings_are_checked(row, figures):
    """S4: an unknown key, a missing key, and what is no dict."""
    case = row.case(SIZES)
    values, _ = draw(case)
    for i, setting in enumerate(case.settings):
        if not isinstance(setting, dict):
            continue
        spoilt = [({**setting, "strid": 1}, "has the unknown key 'strid'; known are"), (None, "must be a dict")]
        spoilt += [
            ({other: setting[other] for other in setting if other != key}, f"lacks '{key}'; required are")
            for key in setting
            if key in ("mode", "p", "stride", "pad", "pool_height", "pool_width") and setting[key] is not None
        ]
        for wrong, message in spoilt:
            settings = [*case.settings[:i], wrong, *case.settings[i + 1 :]]
            with pytest.raises((ValueError, TypeError), match=rf"^\w+_forward\w*: {row.layer.settings[i]}\d* {message}"):
                row.layer.forward(*values, *settings)
            figures["wrong settings refused (S4)"] += 1
