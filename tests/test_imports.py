"""Who may import whom, and what no package may do: read from the source."""

import ast
import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A package, and those of ours that it may import.
MAY_IMPORT = {
    "layers": set(),
    "solvers": set(),
    "datasets": set(),
    "models": {"layers"},
    "layerwise": {"layers", "models", "solvers", "datasets", "exercises"},
}
OURS = {*MAY_IMPORT, "exercises", "benchmarks", "tests"}
CORE = {"numpy", "scipy"}
EXTRAS = {"tqdm", "matplotlib"}
LIGHT_EXTRAS = {"threadpoolctl", "pooch", "requests", "tqdm", "PIL"}

FILES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def package_of(path):
    return path.relative_to(ROOT).parts[0]


def is_script(path):
    """A file that makes the data or the like: run by hand, never imported."""
    return path.name.startswith("build_")


def imports_in(node):
    """The import statements under a node, each with whether it stands inside a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child, False
        else:
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for statement, nested in imports_in(child):
                yield statement, inside or nested


def imports(path):
    """(top-level package or None where relative, statement, inside a function) of each import."""
    for statement, inside in imports_in(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.ImportFrom):
            yield (None if statement.level else statement.module.split(".")[0]), statement, inside
        else:
            for alias in statement.names:
                yield alias.name.split(".")[0], statement, inside


def test_there_is_something_to_read():
    assert {package_of(path) for path in FILES} == set(MAY_IMPORT)
    assert len(FILES) > 50


@every_file
def test_packages_import_only_what_they_may(path):
    ours = {name for name, _, _ in imports(path) if name in OURS}
    assert ours <= MAY_IMPORT[package_of(path)]


@every_file
def test_inside_a_package_imports_are_relative_and_across_they_name_the_package(path):
    for name, statement, _ in imports(path):
        assert name != package_of(path), ast.unparse(statement)
        if name in MAY_IMPORT:
            imported = statement.module if isinstance(statement, ast.ImportFrom) else statement.names[0].name
            assert imported == name, f"{ast.unparse(statement)}: import from the package, not from its file"


@every_file
def test_no_star_imports(path):
    for _, statement, _ in imports(path):
        assert all(alias.name != "*" for alias in statement.names), ast.unparse(statement)


@pytest.mark.parametrize("path", [path for path in FILES if package_of(path) != "layerwise" and not is_script(path)])
def test_the_core_needs_only_numpy_and_scipy(path):
    for name, _, inside in imports(path):
        optional = LIGHT_EXTRAS if inside else set()  # imported where it is used, and done without where it is missing
        assert name is None or name in OURS | CORE | optional | sys.stdlib_module_names


def test_a_script_that_is_run_by_hand_is_imported_by_nobody():
    scripts = {path.stem for path in FILES if is_script(path)}
    for path in FILES:
        for _, statement, _ in imports(path):
            named = {alias.name for alias in statement.names} | {getattr(statement, "module", None)}
            assert not named & scripts


def test_the_program_starts_without_the_extras():
    """What needs tqdm or matplotlib is imported inside functions: the library, or our file that needs it."""
    at_the_head = {
        path: [(name, statement) for name, statement, inside in imports(path) if not inside]
        for path in FILES
        if package_of(path) == "layerwise"
    }
    needing = {path.stem for path, heads in at_the_head.items() if EXTRAS & {name for name, _ in heads}}
    for path, heads in at_the_head.items():
        assert {name for name, _ in heads if name and name not in OURS} <= CORE | EXTRAS | sys.stdlib_module_names
        for name, statement in heads:
            if name is None:
                loaded = {statement.module, *(alias.name for alias in statement.names)}
                assert path.stem in needing or not loaded & needing, f"{path.name}: {ast.unparse(statement)}"
    assert not needing & {"__init__", "__main__"}


def test_the_program_starts_without_the_parts_of_scipy():
    """Each is loaded where it is first used: to load them takes longer than all the rest, and few runs need one."""
    program = "import sys, layers, models, solvers, datasets, layerwise.train, layerwise.learnt; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "scipy" in loaded.split()
    assert not {"scipy.special", "scipy.fft", "scipy.linalg", "scipy.spatial", "scipy.ndimage"} & set(loaded.split())


DANGEROUS_CALLS = {"eval", "exec", "compile", "__import__"}
DANGEROUS_NAMES = {"pickle", "cPickle", "dill", "marshal", "shelve", "extractall", "unpack_archive"}
# All that draws from or sets NumPy's one global generator; np.random.Generator and its makers are what remains.
RANDOM = {"Generator", "default_rng", "BitGenerator", "PCG64", "Philox", "SeedSequence"}


def names_in(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield from node.name.split(".")


@every_file
def test_nothing_loads_code_from_data(path):
    """K5: no pickle, no eval, no wholesale extraction."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not DANGEROUS_NAMES & set(names_in(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                assert node.func.id not in DANGEROUS_CALLS, ast.unparse(node)
            for keyword in node.keywords:
                allows = keyword.arg == "allow_pickle"
                assert not allows or isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            if re.fullmatch(r"(np|numpy)\.load", ast.unparse(node.func)):
                assert any(keyword.arg == "allow_pickle" for keyword in node.keywords), ast.unparse(node)


@every_file
def test_the_global_generator_is_left_alone(path):
    """R1: nothing but `np.random.Generator` and its makers; Python's own `random` neither."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
            assert node.attr in RANDOM, ast.unparse(node)
    for name, statement, _ in imports(path):
        assert name != "random", ast.unparse(statement)
        if isinstance(statement, ast.ImportFrom) and statement.module == "numpy.random":
            assert {alias.name for alias in statement.names} <= RANDOM


def test_setup_cfg_lists_the_packages_that_exist():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = config["options"]["packages"].split()
    exist = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in MAY_IMPORT
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert len(listed) == len(set(listed))
    assert {name for name in listed if name.split(".")[0] in MAY_IMPORT} == exist
    assert all((ROOT / name.replace(".", "/") / "__init__.py").is_file() for name in listed)


def test_every_folder_of_source_and_of_tests_is_a_package():
    for folder in (*MAY_IMPORT, "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            assert (path.parent / "__init__.py").is_file(), path.parent
