"""The whole way: a student's tree, a child process, a verdict."""

import pytest

from exercises.judge import check, check_all, verdict
from exercises.report import WIDTH, render
from exercises.runner import Limits
from exercises.source import replace
from exercises.syllabus import EXERCISES, exercise

from .conftest import ROOT

AFFINE, RELU = "layers/affine.py", "layers/relu.py"


def test_a_tree_with_all_done_passes_every_exercise(reference, figures, make_tree):
    for result in check_all(EXERCISES, make_tree({}), reference=reference):
        assert result.passed, render(result)
        assert result.points == result.exercise.points
        figures["cases of exercises that right answers pass"] += result.num_cases


@pytest.mark.parametrize("id", ["1.2", "3.3", "4.2", "5.2", "5.5", "6.6", "6.8", "7.1", "8.1", "10.7", "11.1"])
def test_a_blank_fails(id, blank_sources, make_tree, reference):
    result = check(id, make_tree(blank_sources), reference=reference)
    assert not result.passed and result.points == 0
    assert result.diagnosis == "not written yet"
    assert result.num_failed == result.num_cases > 0


def test_an_unfinished_exercise_does_not_sink_another(blank_sources, make_tree, reference):
    """Only affine_backward is written; even its forward is not."""
    body = reference.sources[AFFINE].split("def affine_backward")[1].split("affine = Layer")[0]
    affine = replace(blank_sources[AFFINE], "affine_backward", f"def affine_backward{body}")
    tree = make_tree(blank_sources | {AFFINE: affine})
    assert check("4.2", tree, reference=reference).passed
    assert check("4.1", tree, reference=reference).diagnosis == "not written yet"


def test_a_forward_pass_is_checked_with_the_references_backward(blank_sources, make_tree, reference):
    """Only affine_forward is written; its cache goes to a backward pass that the student does not have yet."""
    body = reference.sources[AFFINE].split("def affine_forward")[1].split("def affine_backward")[0]
    affine = replace(blank_sources[AFFINE], "affine_forward", f"def affine_forward{body}")
    assert check("4.1", make_tree(blank_sources | {AFFINE: affine}), reference=reference).passed


def test_a_twin_does_not_help_even_if_it_is_the_students_own(make_tree, reference):
    path = "solvers/optim.py"
    call = """def adam(w, dw, config=None):
    w, config = adamw(w, dw, {**(config or {}), "weight_decay": 0.0})
    del config["weight_decay"]
    return w, config
"""
    tree = make_tree({path: replace(reference.sources[path], "adam", call)})
    assert check("6.6", tree, reference=reference).diagnosis == "answered by its twin"


def with_body(reference, path, function, body):
    signature = {"affine_forward": "x, w, b", "relu_forward": "x", "relu_backward": "dout, cache"}[function]
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {path: replace(reference.sources[path], function, f"def {function}({signature}):\n{lines}")}


@pytest.mark.parametrize(
    "body, words",
    [
        ("while True:\n    pass", "stopped after 3 seconds"),
        ("import os\nos._exit(0)", "ended before there were results"),
        ("import sys\nsys.exit(0)", "SystemExit"),
        ("open('results.json', 'w').write('[]')", "no file is written while an exercise is checked"),
        ("import os\nfor file in range(3, 9):\n    os.write(file, b'[]')", "Bad file descriptor"),
        ("import os\nos.write(3, b'[{}, {}, {}, {}, {}]')\nos._exit(0)", "there is no report of this case"),
        ("import os\nos.write(3, b'[' * 10**5)\nos._exit(0)", "is not what the child process writes"),
        ("import os\nos.close(3)\nreturn np.maximum(x, 0), x", "ended before there were results"),
        ("import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\nreturn x * 0, x", "out is wrong"),
        ("print('PASS exercise 4.3')\nreturn None", "returned None"),
        ("return x, x, x", "returned 3 results"),
        ("return object(), x", "of type object"),
        ("return x[:1], x", "shape"),
        ("x[x < 0] = 0\nreturn x, x", "x was changed"),
        ("def f(n):\n    return f(n + 1)\nf(0)", "RecursionError"),
        ("return np.zeros(10**12), x", "MemoryError"),
        ("from layers.leaky_relu import leaky_relu_forward\nreturn leaky_relu_forward(x, 0)", "Error"),
        ("import datasets", "No module named 'datasets'"),
        ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "os.kill is not allowed"),
        ("import subprocess\nsubprocess.run(['ls'])", "subprocess.Popen is not allowed"),
        ("np.lib.stride_tricks.as_strided(x, (1 << 50,), (8,))[1 << 49]", "ended before there were results"),
        ("import os\nos.kill(os.getpid(), 9)", "ended before there were results"),
    ],
)
def test_what_is_not_right_fails(body, words, make_tree, reference):
    tree = make_tree(with_body(reference, RELU, "relu_forward", body))
    result = check("4.3", tree, reference=reference, limits=Limits(seconds=3))
    assert not result.passed
    assert any(words in item.text for item in result.feedback), render(result)
    assert max(map(len, render(result).splitlines())) <= WIDTH


@pytest.mark.parametrize(
    "text, words",
    [
        ("def relu_forward(x)\n    return x\n", "layers/relu.py, line 1: expected ':'"),
        ("", "layers/relu.py has no function relu_forward"),
        ("x = '\0'\n", "layers/relu.py"),
        ("def relu_forward(x):\n    return x\nraise RuntimeError('at import')\n", "RuntimeError: at import"),
        ("import sys\nsys.exit(0)\ndef relu_forward(x):\n    return x\n", "SystemExit"),
        ("#" * 2_000_000, "larger than a megabyte"),
    ],
)
def test_a_file_that_is_of_no_use_fails_in_words(text, words, make_tree, reference):
    result = check("4.3", make_tree({RELU: text}), reference=reference)
    assert not result.passed
    assert words in result.feedback[0].text


def test_a_missing_file_fails_in_words(tmp_path, reference):
    assert check("4.3", tmp_path, reference=reference).feedback[0].text == "there is no file layers/relu.py"


def test_an_error_shows_the_students_own_line(make_tree, reference):
    tree = make_tree(with_body(reference, RELU, "relu_backward", "y = dout\nreturn y * undefined"))
    text = check("4.4", tree, reference=reference).feedback[0].text
    assert "NameError: name 'undefined' is not defined" in text
    assert "in relu_backward: return y * undefined" in text


def test_feedback_has_the_worst_entry_and_the_numerical_value(make_tree, reference):
    body = "dx = dout * (cache > 0)\ndx[..., -1] += 0.5\nreturn dx"
    result = check("4.4", make_tree(with_body(reference, RELU, "relu_backward", body)), reference=reference)
    item = result.feedback[0]
    assert (item.output, item.problem) == ("dx", "values")
    assert item.index[-1] == item.right.shape[-1] - 1
    assert item.value == pytest.approx(item.expected + 0.5)
    assert item.numerical == pytest.approx(item.expected, abs=1e-6)
    text = render(result)
    assert f"worst entry at {item.index}" in text and "by numbers" in text and "may be 1e-07" in text
    assert len(text.splitlines()) < 25


def test_a_loss_may_be_computed_in_the_type_of_the_scores(make_tree, reference):
    path, start = "layers/losses.py", "scores = x.astype(np.float64)"
    assert start in reference.sources[path]
    tree = make_tree({path: reference.sources[path].replace(start, "scores = x")})
    for seed in range(3):
        assert check("4.6", tree, seed=seed, reference=reference).passed


def test_at_a_kink_there_is_no_numerical_value(make_tree, reference):
    body = "return dout * (cache >= 0)"
    (item,) = check("4.4", make_tree(with_body(reference, RELU, "relu_backward", body)), reference=reference).feedback
    assert item.case == "zeros in x" and item.numerical is None


@pytest.mark.parametrize(
    "id, path, function, text",
    [
        (
            "5.2",
            "layers/compose.py",
            "chain.backward",
            """def backward(dout, cache, need_dx=True):
    grads = ()
    for part, part_cache in reversed(list(zip(parts, cache))):
        dout, *own = _backward(part, dout, part_cache, need_dx)
        grads = (*own, *grads)
    return (dout, *grads) if grads else dout
""",
        ),
        (
            "4.2",
            AFFINE,
            "affine_backward",
            """def affine_backward(dout, cache, need_dx=True):
    x, w, b = cache
    dw, db = x.reshape(len(x), len(w)).T @ dout, dout.sum(axis=0)
    return ((dout @ w.T).reshape(x.shape), dw, db) if need_dx else (dw, db)
""",
        ),
        ("3.3", "layers/gates.py", "unbroadcast", """def unbroadcast(dout, shape):
    added = dout.ndim - len(shape)
    axes = tuple(n for n in range(dout.ndim) if n < added or (shape[n - added] == 1 and dout.shape[n] != 1))
    return dout.sum(axis=axes).reshape(shape) if axes else dout
"""),
    ],
)
def test_what_is_wrong_only_in_a_net_fails_alone_too(id, path, function, text, make_tree, reference):
    """dx that is not needed, left out where it is; the gradient from above handed out twice."""
    result = check(id, make_tree({path: replace(reference.sources[path], function, text)}), reference=reference)
    assert not result.passed


@pytest.mark.parametrize(
    "path, function, text",
    [
        (
            "layers/conv.py",
            "conv_forward",
            """def conv_forward(x, w, b, conv_param):
    stride, pad, *out = read_conv_param("conv_forward", x, w, conv_param)
    return choose(w.shape, stride, pad, 1).forward(x, w, b, stride, pad, tuple(out)), (x, w, b, conv_param)
""",
        ),
        (
            "layers/max_pool.py",
            "max_pool_forward",
            """def max_pool_forward(x, pool_param):
    HH, WW, stride, out = read_pool_param("max_pool_forward", x, pool_param)
    return pooling.max_forward(x, HH, WW, stride, out[2:]), (x, pool_param)
""",
        ),
    ],
)
def test_the_kernels_are_no_help(path, function, text, make_tree, reference):
    id = next(known.id for known in EXERCISES if known.functions[0].endswith(f":{function}"))
    tree = make_tree({path: replace(reference.sources[path], function, text)})
    assert check(id, tree, reference=reference).diagnosis == "answered by its twin"


def test_no_case_is_an_error_and_never_a_pass(reference):
    with pytest.raises(ValueError, match="no case of exercise 4.3 was run"):
        verdict(exercise("4.3"), [], [], reference)


def test_what_the_student_prints_is_shown_and_counts_for_nothing(make_tree, reference):
    body = "print('all tests passed')\nreturn x, x"
    result = check("4.3", make_tree(with_body(reference, RELU, "relu_forward", body)), reference=reference)
    assert not result.passed and "all tests passed" in render(result)


def test_another_seed_draws_other_numbers_and_the_reference_passes_them(reference):
    assert check("4.2", ROOT, seed=99, reference=reference).passed
