"""A student's tree: its files as they were handed out and as they are now, and what the checks have said of them."""

import ast
import hashlib
import json
import os
from pathlib import Path

from .source import blank, find, parse
from .syllabus import EXERCISES, hidden_functions

PROGRESS = "progress.json"
STAMP = "hand-out.txt"  # the reference's stamp, in a hand-out and in what is handed in

# What is done here in a faster way, which would give answers away, is put together there from what the student writes.
_PUT_TOGETHER = {
    "layers/conv_relu_pool.py": '''"""Convolution, relu and max pooling."""

from .compose import chain
from .conv import conv
from .max_pool import max_pool
from .relu import relu

conv_relu_pool = conv_relu_pool_forward, conv_relu_pool_backward = chain(conv, relu, max_pool, name="conv_relu_pool")
''',
    "layers/relu_pool.py": '''"""Relu and max pooling."""

from .compose import chain
from .max_pool import max_pool
from .relu import relu

relu_pool = relu_pool_forward, relu_pool_backward = chain(relu, max_pool, name="relu_pool")
''',
    "layers/spatial_batchnorm_relu.py": '''"""Spatial batch normalisation and relu."""

from .compose import chain
from .relu import relu
from .spatial_batchnorm import spatial_batchnorm

spatial_batchnorm_relu = chain(spatial_batchnorm, relu, name="spatial_batchnorm_relu")
spatial_batchnorm_relu_forward, spatial_batchnorm_relu_backward = spatial_batchnorm_relu
''',
    "solvers/optim_into.py": '''"""Update rules in a form of their own: none; the Solver takes those of `optim`."""

INTO = {}
''',
}


def handed_out(reference):
    """Return the modules of a hand-out by path: those of the reference, with the bodies of all exercises taken away."""
    hidden = hidden_functions()
    texts = {}
    for module, path in reference.modules().items():
        text = reference.sources[path]
        texts[path] = _PUT_TOGETHER.get(path) or (blank(text, hidden[module]) if module in hidden else text)
    return texts


def files_to_hand_in():
    """List the paths of the modules in which there is something to write."""
    return sorted({path for known in EXERCISES for path, _ in places(known)})


def places(exercise):
    """List where an exercise's functions are, as (path of the module, path of the function in it)."""
    names = (name.split(":") for name in exercise.functions)
    return [(module.replace(".", "/") + ".py", path) for module, path in names]


def fingerprint(exercise, root):
    """Return a hash of the text of an exercise's functions; None if a file cannot be read or has not the function."""
    digest = hashlib.sha256()
    for path, function in places(exercise):
        try:
            text = (Path(root) / path).read_text(encoding="utf-8")
            digest.update(ast.get_source_segment(text, find(parse(text), function)).encode())
        except (OSError, SyntaxError, ValueError, LookupError):
            return None
    return digest.hexdigest()


class Progress:
    """What the last checks have said, and which hints were shown: a small JSON file in the student's tree.

    Parameters
    ----------
    root : path
        The student's tree.

    Attributes
    ----------
    checks : dict of str to dict
        By the exercise's id: the ``verdict`` ('passed', 'failed' or 'not written') and the ``fingerprint`` of the
        functions then.
    hints : dict of str to int
        By the exercise's id: how many were shown.

    Raises
    ------
    ValueError
        If the file is not what `save` writes.
    """

    def __init__(self, root):
        self.root = Path(root)
        try:
            kept = json.loads((self.root / PROGRESS).read_text(encoding="utf-8"))
            self.checks, self.hints = dict(kept["checks"]), dict(kept["hints"])
        except FileNotFoundError:
            self.checks, self.hints = {}, {}
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{PROGRESS} cannot be read; delete it, and check again") from None

    def record(self, result, fingerprint):
        """Note a result of the judge on an exercise whose functions had that fingerprint."""
        verdict = "passed" if result.passed else "failed" if result.is_written else "not written"
        self.checks[result.exercise.id] = {"verdict": verdict, "fingerprint": fingerprint}
        self.save()

    def next_hint(self, exercise):
        """Return the number of the hint to show, from 1 on, and note that it was shown; the last one is shown again."""
        number = min(self.hints.get(exercise.id, 0) + 1, len(exercise.hints))
        self.hints[exercise.id] = number
        self.save()
        return number

    def state(self, exercise):
        """Return the last verdict, 'changed since' if the functions are no longer those, or 'not checked'."""
        check = self.checks.get(exercise.id)
        if check is None:
            return "not checked"
        if check["fingerprint"] != fingerprint(exercise, self.root):
            return "changed since"
        return check["verdict"]

    def points(self, exercise):
        """Return the exercise's points if it passed as it is now, else 0."""
        return exercise.points if self.state(exercise) == "passed" else 0

    def save(self):
        """Write the file, whole or not at all."""
        new = self.root / f"{PROGRESS}.new"
        new.write_text(json.dumps({"checks": self.checks, "hints": self.hints}, indent=1) + "\n", encoding="utf-8")
        os.replace(new, self.root / PROGRESS)
