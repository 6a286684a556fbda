import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from exercises.wire import Other, pack, text, unpack

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
    | npst.arrays(st.sampled_from([np.float32, np.float64, np.int64, np.bool_]), npst.array_shapes(min_side=0)),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(VALUES)
@settings(derandomize=True, max_examples=40, deadline=None)
def test_what_travels_arrives(value):
    there = json.loads(json.dumps(pack(value)))
    assert text(unpack(there)) == text(value)


@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_the_layout_of_an_array_travels(layout):
    array = {"C": np.ones((3, 4)), "F": np.ones((4, 3)).T, "strided": np.ones((3, 8))[:, ::2]}[layout]
    came = unpack(pack(array))
    assert (came.flags.c_contiguous, came.flags.f_contiguous) == (array.flags.c_contiguous, array.flags.f_contiguous)


def test_of_objects_only_the_type_travels():
    assert unpack(pack({"x": object(), "y": np.array([None])})) == {
        "x": Other("object"), "y": Other("array of shape (1,) and dtype object")
    }


@pytest.mark.parametrize(
    "packed",
    [
        {"array": ["<f8", [10**12], "C", ""]},
        {"array": ["<f8", [-1], "C", ""]},
        {"array": ["|O", [1], "C", "AAAAAAAAAAA="]},
        {"array": ["<f8", [1], "C", "?"]},
        {"unknown": 1},
        [1, 2],
        {"tuple": 3},
        {"a": 1, "b": 2},
    ],
)
def test_what_pack_does_not_make_is_refused(packed):
    with pytest.raises((ValueError, KeyError, TypeError)):
        unpack(packed)
