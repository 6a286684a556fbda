import ast
import gc
import sys
import threading
from pathlib import Path

import pytest

from exercises import source
from exercises.source import blank, cut_out, replace

MODULE = '''"""A module."""
import math  # kept

# above
@staticmethod
def f(x):
    """Double x."""
    check_arrays("f", x=x)

    # how
    y = x
    return 2 * y
    # after


class A:
    def g(
        self,
    ):
        return 1


def outer():
    """Outer."""

    def inner(x):
        return x

    return inner


def last(cache):
    x, y = cache
    if x:
        raise ValueError("no")
    z = read_param("last", x)
    return z
'''


def test_all_but_the_bodies_stays_byte_for_byte():
    messages = {"f": "exercise 1: f", "A.g": "exercise 2: g", "outer.inner": "exercise 3", "last": "exercise 4"}
    text = blank(MODULE, messages)
    assert text == '''"""A module."""
import math  # kept

# above
@staticmethod
def f(x):
    """Double x."""
    check_arrays("f", x=x)

    # Write the body here; the docstring says what it does.
    raise NotImplementedError("exercise 1: f")
    # after


class A:
    def g(
        self,
    ):
        # Write the body here; the docstring around it says what it does.
        raise NotImplementedError("exercise 2: g")


def outer():
    """Outer."""

    def inner(x):
        # Write the body here; the docstring around it says what it does.
        raise NotImplementedError("exercise 3")

    return inner


def last(cache):
    x, y = cache
    if x:
        raise ValueError("no")
    z = read_param("last", x)
    # Write the body here; the docstring around it says what it does.
    raise NotImplementedError("exercise 4")
'''


def test_a_missing_function_is_named():
    with pytest.raises(LookupError, match="no function A.f"):
        blank(MODULE, {"A.f": ""})


def test_a_body_on_the_line_of_its_def_is_refused():
    with pytest.raises(ValueError, match="f has no body of its own lines"):
        blank("def f(x): return x\n", {"f": ""})


def test_replaced_functions_take_name_and_indentation():
    before, after = "    def g(\n        self,\n    ):\n        return 1\n", "    def g(self):\n        return 3\n"
    assert replace(MODULE, "A.g", "def g__other(self):\n    return 3\n") == MODULE.replace(before, after)


def test_a_replaced_function_loses_its_decorators():
    assert "@staticmethod" not in replace(MODULE, "f", "def f__other(x):\n    return x")


def test_what_is_cut_out_fits_back():
    for path in ("f", "A.g", "outer.inner"):
        assert replace(MODULE.replace("@staticmethod\n", ""), path, cut_out(MODULE, path)) == MODULE.replace(
            "@staticmethod\n", ""
        )


def test_every_blanked_module_still_imports_and_raises(reference, blank_sources):
    from exercises.reference import Reference

    blanked = Reference(blank_sources)
    with pytest.raises(NotImplementedError, match="exercise 4.3: relu_forward"):
        import numpy as np

        blanked.find("layers.relu:relu_forward")(np.zeros(3))


def test_several_threads_can_parse_and_compile_at_once():
    """A garbage collection inside ast.parse lets another thread in; CPython 3.11 then fails with a SystemError."""
    text = Path(source.__file__).read_text(encoding="utf-8")
    expected, got = ast.dump(ast.parse(text)), []

    def work():
        for _ in range(15):
            tree = source.parse(text)
            source.compile_tree(tree, "text")
            got.append(ast.dump(tree) == expected)

    def let_others_in(phase, info):
        return [None for _ in range(50)]

    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(let_others_in)
    gc.set_threshold(20, 1, 1)
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        gc.callbacks.remove(let_others_in)
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)
    assert got == [True] * 60


def test_nothing_parses_or_compiles_trees_past_the_lock():
    for path in Path(source.__file__).parent.glob("*.py"):
        if path.name != "source.py":
            assert "ast.parse(" not in path.read_text(encoding="utf-8"), path.name
