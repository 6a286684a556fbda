"""A hand-out works by itself, and the answers are not in it."""

import ast
import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from exercises.handout import build
from exercises.judge import check
from exercises.reference import PACKAGES, Reference
from exercises.source import cut_out, find, removed_lines, replace
from exercises.student import files_to_hand_in, handed_out, places
from exercises.syllabus import EXERCISES, hidden_functions

from .conftest import ROOT

HIDDEN = [(module, path) for module, paths in hidden_functions().items() for path in paths]


@pytest.fixture(scope="module")
def hand_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand-out") / "new"
    build(folder)
    return folder


def run(folder, *arguments):
    """Run Python in a folder, which then comes first on its path as for whoever works there."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-B", "-W", "error", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


# What says nothing of an answer: punctuation; the head of a block, if there is no operator and no subscript in it;
# a return of names; a shape taken apart; and these few.
_NAME = r"[A-Za-z_][\w.]*"
_TRIVIAL = re.compile(
    rf"""[\[\](){{}},]* | (else|try|finally): | continue | raise\sValueError\(
    | (if|for|with|def)\s [\w.,()\s]+ :
    | return\s {_NAME}(\(\))? (,\s{_NAME}(\(\))?)*
    | [(\w,\s)]+ \s=\s \w+[._]shape (,\s\w+[._]shape)*
    """,
    re.VERBOSE,
)
_ALSO_TRIVIAL = {
    "rng = np.random.default_rng(seed)",
    "super().__init__(",
    "reg=reg,",
    'if key.startswith("W"):',
}


def is_trivial(line):
    return line in _ALSO_TRIVIAL or _TRIVIAL.fullmatch(line) is not None


@pytest.mark.parametrize("line", ["return out", "else:", ")", "", "N, C, H, W = x.shape", "for rows in blocks(x):"])
def test_what_says_nothing_of_an_answer_is_trivial(line):
    assert is_trivial(line)


@pytest.mark.parametrize(
    "line",
    [
        "dx = dout * (x > 0)",
        "return np.maximum(x, 0), x",
        "return np.square(x)",
        "raise ValueError(x)",
        "db = sum_over(dout, axis=0)",
        "dx[rows, y] -= 1",
        "if margin > 0:",
        "config[\"t\"] += 1",
        "return x[:, 0]",
        "mean = mean_over(x, axes)",
    ],
)
def test_what_might_be_an_answer_is_not(line):
    assert not is_trivial(line)


def removed(reference):
    """The lines of all bodies that a hand-out must not have, each with the function that it is from."""
    for module, path in HIDDEN:
        text = reference.sources[reference.modules()[module]]
        lines = text.splitlines(keepends=True)
        first, last = removed_lines(find(ast.parse(text), path), lines)
        for line in lines[first:last]:
            if not is_trivial(line.strip()):
                yield f"{module}:{path}", line.strip()


def test_no_line_of_a_removed_body_stands_anywhere(hand_out, reference, figures):
    gone = list(removed(reference))
    assert len(gone) > 400
    files = [path for path in hand_out.rglob("*") if path.is_file()]
    for path in files:
        data = path.read_bytes()
        if path.suffix in (".npz", ".bin"):
            assert not [line for _, line in gone if line.encode() in data]
            continue
        # A doctest's lines count without their prompts.
        there = {re.sub(r"^(>>>|\.\.\.) ", "", line.strip()) for line in data.decode().splitlines()}
        assert not [(function, line) for function, line in gone if line in there], path
    figures["lines of answers that are nowhere in a hand-out"] += len(gone)


def test_what_is_in_it(hand_out):
    names = {path.relative_to(hand_out).as_posix() for path in hand_out.rglob("*") if path.is_file()}
    assert {"README.md", "setup.cfg", "pyproject.toml", "LICENSE", "datasets/digits.npz", "exercises/lab.py"} <= names
    assert set(files_to_hand_in()) < names
    assert {name.split("/")[0] for name in names if "/" in name} == {
        "layers", "models", "solvers", "datasets", "layerwise", "exercises",
    }
    for part in ("wrong_answers", "tests", ".git", "__pycache__", "benchmarks", "grade", "handout"):
        assert not [name for name in names if part in name.removesuffix(".gitignore").removesuffix(".py").split("/")]
    assert not [name for name in names if name.endswith((".pyc", ".pkl", ".bak"))]


def test_the_reference_comes_packed_and_whole(hand_out, reference):
    assert Reference.from_file(hand_out / "exercises/reference.bin").sources == reference.sources


def test_it_says_from_which_version_it_was_made(hand_out, reference):
    assert (hand_out / "hand-out.txt").read_text() == f"{reference.stamp()}\n"
    assert Reference.from_file(hand_out / "exercises/reference.bin").stamp() == reference.stamp()
    assert reference.with_source("layers/relu.py", "pass").stamp() != reference.stamp()
    assert reference.with_source("exercises/wrong_answers/lesson04.py", "").stamp() == reference.stamp()


def test_it_is_written_from_the_source_and_the_rest_is_left_alone(hand_out, reference):
    originals = handed_out(reference)
    for path, text in originals.items():
        assert (hand_out / path).read_text(encoding="utf-8") == text
    affine = originals["layers/affine.py"]
    assert "docstring says what it does" in affine and 'NotImplementedError("exercise 4.1: affine_forward")' in affine
    assert originals["layers/tanh.py"] == reference.sources["layers/tanh.py"]


@pytest.mark.parametrize("known", EXERCISES, ids=[known.id for known in EXERCISES])
def test_every_blanked_function_has_a_docstring(known, reference):
    """Its own, or its class's for an ``__init__``."""
    for name in known.functions:
        module, _, path = name.partition(":")
        text = reference.sources[reference.modules()[module]]
        if path.endswith(".__init__"):
            (owner,) = [node for node in ast.parse(text).body if getattr(node, "name", "") == path.split(".")[0]]
        else:
            owner = find(ast.parse(text), path)
        assert len(ast.get_docstring(owner).split()) > 5


def test_what_composes_at_import_still_imports(hand_out):
    modules = ", ".join(
        path.relative_to(hand_out).as_posix().removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for package in PACKAGES
        for path in sorted((hand_out / package).rglob("*.py"))
    )
    done = run(hand_out, "-c", f"import {modules}, sys; print(sys.modules['layers'].__file__)")
    assert (done.returncode, done.stdout.strip()) == (0, str(hand_out / "layers/__init__.py")), done.stderr


def test_what_is_not_written_says_so(hand_out):
    code = "import numpy as np, layers; layers.affine_relu.forward(np.ones((1, 2)), np.ones((2, 1)), np.ones(1))"
    done = run(hand_out, "-c", code)
    assert "NotImplementedError: exercise 5.1: chain.forward" in done.stderr


def test_a_finished_one_is_a_whole_framework(tmp_path, solved_sources):
    """With the student's functions in the place of what was left out, a convolutional net comes to its gradients."""
    folder = tmp_path / "finished"
    build(folder)
    for path, function in {place for known in EXERCISES for place in places(known)}:
        text = (folder / path).read_text(encoding="utf-8")
        (folder / path).write_text(replace(text, function, cut_out(solved_sources[path], function)), encoding="utf-8")
    code = (
        "import numpy as np; from models import ThreeLayerConvNet; from datasets import load_digits;"
        "X = load_digits()['X_val'][:5]; model = ThreeLayerConvNet((1, 8, 8), filter_size=3);"
        "loss, grads = model.loss(X, np.arange(5)); print(round(loss, 2), list(grads) == list(model.params))"
    )
    done = run(folder, "-c", code)
    assert done.stdout == "2.3 True\n", done.stderr


def test_it_works_from_a_bare_folder(hand_out):
    done = run(hand_out, "-m", "layerwise", "lab", "check", "4.1")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("....  exercise 4.1, Affine layer, forward: to be written\n")
    assert done.stderr == ""


def test_the_instructors_verbs_are_not_in_it(hand_out):
    done = run(hand_out, "-m", "layerwise", "lab", "build", "x")
    assert done.returncode == 2 and "invalid choice: 'build'" in done.stderr


def test_its_setup_names_what_is_there(hand_out):
    config = configparser.ConfigParser(interpolation=None)
    config.read(hand_out / "setup.cfg")
    packages = config["options"]["packages"].split()
    there = {path.parent.relative_to(hand_out).as_posix().replace("/", ".") for path in hand_out.rglob("__init__.py")}
    assert set(packages) == there
    assert list(config["options.extras_require"]) == ["run", "notebook"]
    assert config["options.entry_points"]["console_scripts"].strip() == "layerwise = layerwise.__main__:main"
    assert "numpy>=2.0" in config["options"]["install_requires"].split()
    for path in config["metadata"]["license_files"].split():
        assert (hand_out / path).is_file()


def test_a_blank_hand_out_earns_nothing(hand_out, reference):
    result = check("3.1", hand_out, reference=reference)
    assert not result.passed and not result.is_written


@pytest.mark.parametrize("exists", ["a file in it", "a file"])
def test_nothing_is_overwritten(exists, tmp_path):
    folder = tmp_path / "here"
    if exists == "a file":
        folder.write_text("mine")
    else:
        folder.mkdir()
        (folder / "mine.txt").write_text("mine")
    with pytest.raises((FileExistsError, NotADirectoryError), match="hand-out needs a new"):
        build(folder)
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_an_empty_folder_is_fine(tmp_path):
    assert build(tmp_path) == len([path for path in tmp_path.rglob("*") if path.is_file()])


def test_a_checkout_that_is_not_whole_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="is no whole checkout of the project; it lacks"):
        build(tmp_path / "new", root=tmp_path)
    assert not (tmp_path / "new").exists()


def test_the_project_itself_is_not_checked():
    done = run(ROOT, "-m", "layerwise", "lab", "check", "4.1")
    assert done.returncode == 1 and "this is the project itself" in done.stderr


def test_readme_names_every_verb(hand_out):
    readme = (hand_out / "README.md").read_text(encoding="utf-8")
    usage = run(hand_out, "-m", "layerwise", "lab", "--help").stdout
    verbs = re.findall(r"^    (\w+) ", usage, re.MULTILINE)
    assert len(verbs) == 8
    for verb in verbs:
        assert f"layerwise lab {verb}" in readme
    assert Path(hand_out / "LICENSE").read_text().startswith("MIT License")
