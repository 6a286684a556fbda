"""The reference: the sources of a finished project, from its tree or packed into one file, and a way to run them here.

In the project the reference is the tree around this folder. A hand-out has it as ``exercises/reference.bin``:
compressed JSON, so that nobody reads the answer by accident. Whoever unpacks it on purpose finds it; it is no secret.
"""

import ast
import hashlib
import itertools
import json
import sys
import threading
import zlib
from functools import lru_cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path

from .drivers import look_up
from .source import compile_tree, parse

PACKAGES = ("layers", "models", "solvers")
_WRONG_ANSWERS = "exercises/wrong_answers"
_worlds = itertools.count(1)
_LOADING = threading.Lock()


class Reference:
    """The sources of the packages whose functions are exercises, and the known wrong answers.

    Parameters
    ----------
    sources : dict of str to str
        The text of every module by its path in the project: ``{"layers/affine.py": ...}``.
    """

    def __init__(self, sources):
        self.sources = dict(sources)
        self._modules = None

    @classmethod
    def from_tree(cls, root):
        """Read the reference from a project's folder."""
        root = Path(root)
        paths = [path for folder in (*PACKAGES, _WRONG_ANSWERS) for path in sorted((root / folder).rglob("*.py"))]
        return cls({path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths})

    @classmethod
    def from_file(cls, path):
        """Read what `save` wrote."""
        return cls(json.loads(zlib.decompress(Path(path).read_bytes())))

    def save(self, path):
        """Write the reference as one file, in a form that is not to be read by accident."""
        Path(path).write_bytes(zlib.compress(json.dumps(self.sources).encode(), 9))

    def modules(self):
        """List the modules of the packages: ``{"layers.affine": "layers/affine.py", ...}``."""
        return {module_name(path): path for path in self.sources if path.split("/")[0] in PACKAGES}

    def stamp(self):
        """Return a short hash of the modules: it tells one version of the project from another."""
        modules = sorted((path, self.sources[path]) for path in self.modules().values())
        return hashlib.sha256(json.dumps(modules).encode()).hexdigest()[:12]

    def wrong_answers(self):
        """List the files of known mistakes: path and text."""
        return {path: text for path, text in self.sources.items() if path.startswith(_WRONG_ANSWERS)}

    def with_source(self, path, text):
        """Return another reference in which one module is changed."""
        return Reference(self.sources | {path: text})

    def find(self, name):
        """Return the object that ``"layers.affine:affine_forward"`` or ``"solvers.solver:Solver._step"`` names.

        The modules are loaded under names of their own, beside whatever ``layers`` this process has.
        """
        with _LOADING:
            if self._modules is None:
                self._modules = _load({name: self.sources[path] for name, path in self.modules().items()})
        return look_up(self._modules.__getitem__, name)


def module_name(path):
    """Name a module by its path: ``layers/kernels/__init__.py`` is ``layers.kernels``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@lru_cache(maxsize=1)
def default_reference():
    """Return the reference that belongs to this folder: the packed one of a hand-out, or the project's own tree."""
    packed = Path(__file__).with_name("reference.bin")
    return Reference.from_file(packed) if packed.exists() else Reference.from_tree(packed.parent.parent)


def _load(sources):
    """Import modules from their texts under a prefix that is theirs alone; return them by their true names."""
    prefix = f"_exercises_reference_{next(_worlds)}"
    finder = _Finder(prefix, sources)
    sys.meta_path.insert(0, finder)
    try:
        return {name: import_module(f"{prefix}.{name}") for name in sources}
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.split(".")[0] == prefix]:
            del sys.modules[name]


class _Finder:
    def __init__(self, prefix, sources):
        self.prefix, self.sources = prefix, sources

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] != self.prefix:
            return None
        own = name[len(self.prefix) + 1 :]
        if own and own not in self.sources:
            return None
        return ModuleSpec(name, self, is_package=not own or any(known.startswith(f"{own}.") for known in self.sources))

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        own = module.__name__[len(self.prefix) + 1 :]
        if own:
            depth = own.count(".") + 1 + bool(module.__spec__.submodule_search_locations is not None)
            exec(_compiled(self.sources[own], own, depth), vars(module))


@lru_cache(maxsize=512)
def _compiled(text, name, depth):
    """Compile a module with its absolute imports of the packages made relative, so that it runs under any prefix."""
    tree = parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module.split(".")[0] in PACKAGES:
            node.level = depth
    return compile_tree(tree, f"<reference {name}>")
