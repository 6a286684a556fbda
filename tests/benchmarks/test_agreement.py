import numpy as np
import pytest

from benchmarks.agreement import Disagreement, check_arrays, check_losses


def test_losses_may_differ_by_rounding_only():
    check_losses("net", {"ours": [2.0, 1.0], "theirs": [2.0, 1.000009]})
    with pytest.raises(Disagreement, match=r"net: the losses differ: ours \[2.0, 1.0\], theirs \[2.0, 1.00002\]"):
        check_losses("net", {"ours": [2.0, 1.0], "theirs": [2.0, 1.00002]})


@pytest.mark.parametrize("dtype, allowed", [(np.float32, 5e-5), (np.float64, 5e-11)])
def test_arrays_may_differ_by_rounding_only(dtype, allowed):
    a, small = np.array([0.0, 4.0]), np.array([0.0])
    near, far = (np.array([4.0 * times * allowed, 4.0]) for times in (1, 4))
    results = [[array.astype(dtype), small.astype(dtype) + 1] for array in (a, near, far)]
    assert check_arrays("layer", {"a": results[0], "b": results[0]}) == 0
    assert check_arrays("layer", {"a": results[0], "b": results[1]}) == pytest.approx(allowed)
    with pytest.raises(Disagreement, match="layer: result 0 of a and of c differ"):
        check_arrays("layer", {"a": results[0], "b": results[1], "c": results[2]})


def test_arrays_must_be_finite_and_of_one_shape():
    with pytest.raises(Disagreement, match="differ by nan"):
        check_arrays("layer", {"a": [np.ones(2)], "b": [np.array([1.0, np.nan])]})
    with pytest.raises(Disagreement, match=r"has shape \(2,\) by a, \(1,\) by b"):
        check_arrays("layer", {"a": [np.ones(2)], "b": [np.ones(1)]})
