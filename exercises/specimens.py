"""Twenty submissions to try the grader on: right and wrong ones, unfinished, broken, and hostile ones.

``python -m exercises.specimens DIR`` writes them into ``DIR/submissions``, beside a folder ``DIR/victim`` that one of
them tries to spoil, and prints which marks they deserve. Each stands for something that was handed in somewhere.
"""

import ast
import sys
import textwrap
import zipfile
from pathlib import Path

from .mistakes import wrong_answers
from .reference import default_reference
from .source import cut_out, parse, replace
from .student import STAMP, files_to_hand_in, handed_out, places
from .syllabus import EXERCISES

_ROOT = Path(__file__).parent.parent
_BOMB = 100 << 20

_FORK_BOMB = """
import os
for _ in range(6):
    os.fork()
while True:
    pass
"""

_MEMORY = """
hog = []
while True:
    hog.append(bytes(1 << 26))
"""

_SEGFAULT = """
import numpy
numpy.lib.stride_tricks.as_strided(numpy.zeros(1), (1 << 50,), (8,))[1 << 49]
"""

_OVERWRITE = """
import os, shutil, subprocess
for folder, _, names in os.walk(VICTIM):
    for name in names:
        for spoil in (
            lambda path: open(path, "w").write("PASSED = True"),
            lambda path: os.replace(path, path + ".gone"),
            lambda path: os.truncate(path, 0),
            lambda path: os.chmod(path, 0o777),
            lambda path: subprocess.run(["rm", path]),
            os.remove,
        ):
            try:
                spoil(os.path.join(folder, name))
            except Exception:
                pass
for path in ("results.json", "../results.json", os.path.expanduser("~/.bashrc"), "/tmp/forged-results.json"):
    try:
        open(path, "w").write("[]")
    except Exception:
        pass
shutil.rmtree(VICTIM, ignore_errors=True)
"""

_FORGE = """
import json, os, sys
print("PASS  exercise: 5 cases, 100 points")
print(json.dumps({"score": 100, "tests": [{"score": 100, "status": "passed"}]}))
sys.__stdout__.write("ended\\n")
report = {"outputs": {"dict": []}, "inputs": {"dict": []}, "passed": True, "points": 100}
for descriptor in range(1, 10):
    try:
        os.write(descriptor, json.dumps([report] * 5).encode())
    except OSError:
        pass
os._exit(0)
"""

_PATCH = """
import sys, numpy
def claim(*args, **kwargs):
    return Claims()
class Claims(dict):
    def __eq__(self, other):
        return True
    def __missing__(self, key):
        return True
drivers, wire = sys.modules["exercises.drivers"], sys.modules["exercises.wire"]
numpy.allclose = numpy.array_equal = lambda *args, **kwargs: True
for name in ("call", "forward", "backward", "dropout_forward", "start_of_net", "quick"):
    setattr(drivers, name, claim)
drivers.seen = lambda driver, inputs, outputs: outputs
pack = wire.pack
wire.pack = lambda value: {"dict": [[key, True] for key in CLAIMS]} if value == {} else pack(value)
return Claims()
"""

_CLAIMS = (
    "factors in out", "share of x kept", "dtype of out", "shape of out", "out - x * mask", "dtype of mask",
    "same seed, same mask", "rng draws the next mask", "the global generator is left alone", "shape of mask",
    "each row has a mask of its own", "each column has a mask of its own", "at most batch_size at a time",
    "without seed and rng each call draws another mask", "the second call gives the same",
    "takes less than 0.1 seconds",
)  # fmt: skip

# It knows where the project is: nobody should have to rely on its not being found.
_READ = """
scope = dict(globals())
exec(compile(open(SOURCE).read(), PATH, "exec"), scope)
return scope[FUNCTION](*args, **kwargs)
"""

# While one exercise is checked, the answers to the others are there: keep them for when it is their turn.
_KEEP = """
def _keep():
    import glob, marshal, os, shutil, sys
    for folder in ("/tmp", "/dev/shm", "/var/tmp", os.environ.get("HOME", "/"), ".."):
        try:
            shutil.copyfile("world", folder + "/kept-" + str(os.getpid()))
        except Exception:
            pass
        for path in glob.glob(folder + "/kept-*"):
            try:
                yield marshal.load(open(path, "rb"))[__name__][0]
            except Exception:
                pass
_KEPT = list(_keep())
"""
_USE_WHAT_WAS_KEPT = """
for code in _KEPT:
    scope = dict(globals())
    exec(code, scope)
    try:
        return scope[FUNCTION](*args, **kwargs)
    except NotImplementedError:
        pass
raise NotImplementedError
"""


def solved_sources(reference, root=_ROOT):
    """Return the modules with every exercise done, by path: the reference's, and in them the tests' model answers."""
    text = (Path(root) / "tests/exercises/model_answers.py").read_text(encoding="utf-8")
    answers = {node.name: ast.get_source_segment(text, node) for node in parse(text).body[1:]}
    sources = {path: reference.sources[path] for path in reference.modules().values()}
    for path, function in (place for known in EXERCISES for place in places(known)):
        if function in answers:
            sources[path] = replace(sources[path], function, answers.pop(function))
    if answers:
        raise ValueError(f"solved_sources: answers to no exercise: {', '.join(answers)}")
    return sources


def write_specimens(folder, victim, reference, root=_ROOT):
    """Write the twenty submissions.

    Parameters
    ----------
    folder : path
        New or empty.
    victim : path
        A folder that one of them tries to spoil.
    reference : Reference
    root : path
        The project's checkout.

    Returns
    -------
    deserved : dict of str to set of str
        The ids of the exercises that must pass, by the submission's name.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stamp = {STAMP: reference.stamp()}
    solved, blank = ({path: text[path] for path in files_to_hand_in()} | stamp for text in _both(reference, root))
    every = {known.id for known in EXERCISES}

    def without(*paths):
        return {known.id for known in EXERCISES if not {path for path, _ in places(known)} & set(paths)}

    def hostile(body, sources=blank, chosen=EXERCISES, root=None, **values):
        """Give functions a body, in which a name in capitals stands for a value."""

        def text_of(path, function):
            named = values | {"FUNCTION": function, "PATH": path, "SOURCE": root and str(root / path)}
            text = textwrap.indent(body.strip(), "    ")
            for name, value in named.items():
                text = text.replace(name, repr(value))
            return f"def _(*args, **kwargs):\n{text}\n"

        return _with_functions(sources, chosen, text_of)

    few = [known for known in EXERCISES if known.id in ("4.3", "7.1")]
    others = every - {known.id for known in few}
    half = [known for known in EXERCISES if known.lesson <= 4]
    first_wrong = {answer.exercise: answer for answer in reversed(wrong_answers(reference))}
    wrong = dict(solved)
    for answer in first_wrong.values():
        wrong[answer.path] = answer.put_into(wrong[answer.path])
    named = {f"mine/{path}": text for path, text in solved.items()}
    older = {STAMP: "0123456789ab"}
    notes = {"__MACOSX/mine/layers/._affine.py": "\0", "mine/notes.txt": "see my other submission"}
    tests = dict.fromkeys(("exercises/judge.py", "tests/conftest.py", "numpy.py"), "def check(*a, **k): return True\n")
    slips = dict.fromkeys(("../slip.py", "../../slip.py", "/tmp/slip.py", "layers/../../slip.py"), "slipped\n")
    overwrite = hostile(_OVERWRITE, VICTIM=str(victim))
    kept = {path: f"{text}\n{_KEEP}" for path, text in hostile(_USE_WHAT_WAS_KEPT).items()} | stamp
    syntax = solved | {"layers/affine.py": solved["layers/affine.py"].replace("affine_backward(", "affine_backward((")}
    exits = solved | {"layers/relu.py": f"import os\nos._exit(0)\n{solved['layers/relu.py']}"}

    _zip(folder / "01-right.zip", solved)
    _zip(folder / "02-right-in-a-folder.zip", named | notes)
    _zip(folder / "03-blank.zip", blank)
    _zip(folder / "04-wrong-answers.zip", wrong)
    _tree(folder / "05-half", _with_functions(blank, half, lambda path, name: cut_out(solved[path], name)) | older)
    _zip(folder / "06-syntax-error.zip", syntax)
    _zip(folder / "07-exits.zip", exits)
    _tree(folder / "08-segfault", hostile(_SEGFAULT, solved, few))
    _zip(folder / "09-endless.zip", hostile("while True:\n    pass", solved, few[:1]))
    _zip(folder / "10-memory.zip", hostile(_MEMORY, solved, few))
    _zip(folder / "11-fork-bomb.zip", hostile(_FORK_BOMB, solved, few))
    _zip(folder / "12-overwrites.zip", overwrite | tests)
    _tree(folder / "13-forges", hostile(_FORGE))
    _zip(folder / "14-patches.zip", hostile(_PATCH, CLAIMS=_CLAIMS))
    _zip(folder / "15-reads-the-project.zip", hostile(_READ, root=Path(root)))
    _zip(folder / "16-smuggles.zip", kept)
    _zip(folder / "17-slips.zip", solved | slips)
    _zip(folder / "18-bomb.zip", solved, bomb="layers/affine.py")
    _tree(folder / "19-links", {path: text for path, text in solved.items() if path != "layers/affine.py"})
    (folder / "19-links/layers/affine.py").symlink_to(Path(root) / "layers/affine.py")
    (folder / "20-broken.zip").write_bytes((folder / "01-right.zip").read_bytes()[:5000])

    deserved = {path.name: set() for path in sorted(folder.iterdir())}
    deserved |= dict.fromkeys(("01-right.zip", "02-right-in-a-folder.zip", "17-slips.zip"), every)
    deserved |= {"05-half": {known.id for known in half}, "07-exits.zip": without("layers/relu.py")}
    deserved |= dict.fromkeys(("06-syntax-error.zip", "18-bomb.zip", "19-links"), without("layers/affine.py"))
    deserved |= dict.fromkeys(("08-segfault", "10-memory.zip", "11-fork-bomb.zip"), others)
    return deserved | {"09-endless.zip": every - {few[0].id}}


def _both(reference, root):
    return solved_sources(reference, root), handed_out(reference)


def _with_functions(sources, chosen, text_of):
    """Put other functions in the place of some exercises'."""
    sources = dict(sources)
    for path, function in (place for known in chosen for place in places(known)):
        sources[path] = replace(sources[path], function, text_of(path, function))
    return sources


def _tree(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def _zip(file, files, bomb=None):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, text in files.items():
            if path != bomb:
                packed.writestr(path, text)
        if bomb:
            with packed.open(bomb, "w", force_zip64=True) as member:
                for _ in range(_BOMB >> 20):
                    member.write(bytes(1 << 20))


def main(folder):
    folder = Path(folder)
    victim = folder / "victim"
    victim.mkdir(parents=True)
    for name in ("judge.py", "grades.csv"):
        (victim / name).write_text("precious\n", encoding="utf-8")
    points = {known.id: known.points for known in EXERCISES}
    for name, ids in write_specimens(folder / "submissions", victim, default_reference()).items():
        print(f"{sum(points[id] for id in ids):>5}  {name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
