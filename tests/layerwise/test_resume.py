"""A run of the program that was stopped goes on, and leaves the folder that it would have left."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from layerwise import catalogue
from layerwise.__main__ import main
from layerwise.history import History
from solvers import Solver

ROOT = Path(__file__).resolve().parents[2]
RUN = ["--data", "spirals", "--epochs", "4", "--batch-size", "50", "--ema", "0.9", "--schedule", "warmup:1,cosine"]
ITERATIONS = 4 * 21
COUNTED = "processes of the program killed (SIGKILL) or ended (SIGTERM) and resumed, every file byte-identical"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERWISE_DATA", str(tmp_path / "sets"))


@pytest.fixture
def undrawn(monkeypatch):
    monkeypatch.setitem(sys.modules, "layerwise.pictures", None)


def contents(folder):
    """All files of a folder; the configuration without the name of the folder."""
    found = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    config = json.loads(found["config.json"])
    return {**found, "config.json": {name: value for name, value in config.items() if name != "out"}}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder of a run that nobody stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "layerwise.pictures", None)
        folder = tmp_path_factory.mktemp("undisturbed") / "run"
        assert main(["train", *RUN, "--quiet", "--out", str(folder)]) == 0
    return contents(folder)


def stop_at(iteration, act):
    """Let something happen, once, within the callbacks of an iteration."""
    patch, real = pytest.MonkeyPatch(), History.__call__

    def stopping(self, solver):
        real(self, solver)
        if solver.iteration == iteration:
            patch.undo()
            act()

    patch.setattr(History, "__call__", stopping)


# The program, without pictures, and so slow that others get their turn while it runs.
SLOWLY = """
import sys, time
from layerwise.__main__ import main
from layerwise.history import History
real = History.__call__
History.__call__ = lambda self, solver: (real(self, solver), time.sleep(0.01))
sys.modules["layerwise.pictures"] = None
sys.exit(main())
"""


@contextmanager
def running(folder):
    """A process of the program that has done its first iteration; it does not outlive the test."""
    command = [sys.executable, "-c", SLOWLY, "train", *RUN, "--quiet", "--out", folder]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            history = Path(folder, "history.csv")
            while child.poll() is None and not (history.exists() and history.read_bytes().count(b"\n") > 1):
                time.sleep(0.005)
            yield child
        finally:
            child.kill()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("after", [0.0, 0.23, 0.41, 0.67])
def test_a_killed_process_is_resumed_and_leaves_the_same_folder(after, undrawn, undisturbed, figures):
    with running("run") as process:
        time.sleep(after)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert main(["train", "--resume", "run"]) == 0
    assert contents("run") == undisturbed
    figures[COUNTED] += 1


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_process_asked_to_end_says_how_to_go_on(undrawn, undisturbed, figures):
    with running("run") as process:
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (143, "")
    match = re.fullmatch(
        rf"layerwise train: stopped by SIGTERM after iteration (\d+) of {ITERATIONS}; "
        r"to go on: (layerwise train --resume run)\n",
        err,
    )
    assert match, err
    assert len(Path("run/history.csv").read_text().splitlines()) == 1 + int(match[1])
    assert main(match[2].split()[1:]) == 0
    assert contents("run") == undisturbed
    figures[COUNTED] += 1


def test_the_pictures_and_the_page_are_the_same_too(monkeypatch):
    # Half of the time would be for pixels.
    monkeypatch.setitem(pytest.importorskip("matplotlib").rcParams, "savefig.dpi", 40)
    for out in ("whole", "stopped"):
        if out == "stopped":
            stop_at(50, lambda: signal.raise_signal(signal.SIGINT))
        main(["train", *RUN, "--quiet", "--out", out])
    assert main(["train", "--resume", "stopped"]) == 0
    assert contents("whole").keys() > {"curve.png", "confusion.png", "mistakes.png", "report.html"}
    assert contents("stopped") == contents("whole")


@pytest.mark.parametrize("iteration", [1, 21, 22, 83, 84])
def test_a_run_stopped_by_hand_goes_on_as_if_it_had_not_been(iteration, undrawn, undisturbed, capsys):
    stop_at(iteration, lambda: signal.raise_signal(signal.SIGINT))
    assert main(["train", *RUN, "--quiet", "--out", "run"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"layerwise train: stopped by hand after iteration {iteration} of {ITERATIONS}; "
        "to go on: layerwise train --resume run\n"
    )
    files = {path.name for path in Path("run").iterdir()}
    assert {"config.json", "history.csv", "epochs.csv", "best.npz"} < files and "report.html" not in files
    assert main(["train", "--resume", "run"]) == 0
    assert contents("run") == undisturbed


@pytest.mark.parametrize("iteration", [5, 62, 63])
def test_an_exception_in_a_callback_says_how_to_go_on_and_loses_nothing(iteration, undrawn, undisturbed, capsys):
    def fail():
        raise RuntimeError("a callback of the user's")

    stop_at(iteration, fail)
    with pytest.raises(RuntimeError):
        main(["train", *RUN, "--quiet", "--out", "run"])
    reason = "RuntimeError(\"a callback of the user's\")"
    assert capsys.readouterr().err == f"layerwise train: {reason}; to go on: layerwise train --resume run\n"
    assert main(["train", "--resume", "run"]) == 0
    assert contents("run") == undisturbed  # also at an epoch's end: the other callbacks were called


WHILE_IT_DRAWS = {
    "a full disk": (OSError("no space left on device"), 1, "no space left on device"),
    "Ctrl-C": (signal.SIGINT, 130, f"stopped by hand after iteration {ITERATIONS} of {ITERATIONS}"),
    "SIGTERM": (signal.SIGTERM, 143, f"stopped by SIGTERM after iteration {ITERATIONS} of {ITERATIONS}"),
}


@pytest.mark.parametrize("what", WHILE_IT_DRAWS)
def test_a_run_that_ends_while_it_draws_keeps_its_checkpoint(what, undrawn, undisturbed, monkeypatch, capsys):
    from layerwise import run

    error, status, reason = WHILE_IT_DRAWS[what]

    def fail(*arguments):
        if isinstance(error, OSError):
            raise error
        signal.raise_signal(error)

    with monkeypatch.context() as patch:
        patch.setattr(run, "finish", fail)
        assert main(["train", *RUN, "--quiet", "--out", "run"]) == status
    assert capsys.readouterr().err == f"layerwise train: {reason}; to go on: layerwise train --resume run\n"
    assert main(["train", "--resume", "run"]) == 0
    assert contents("run") == undisturbed


def test_a_second_ctrl_c_says_no_second_time_how_to_go_on(undrawn, undisturbed, monkeypatch, capsys):
    stop_at(30, lambda: signal.raise_signal(signal.SIGINT))
    with monkeypatch.context() as patch:
        patch.setattr(History, "write", lambda *_: signal.raise_signal(signal.SIGINT))
        assert main(["train", *RUN, "--quiet", "--out", "run"]) == 130
    words = f"stopped by hand after iteration 30 of {ITERATIONS}; to go on: layerwise train --resume run"
    assert capsys.readouterr().err == f"layerwise train: {words}\n"
    assert main(["train", "--resume", "run"]) == 0
    assert contents("run") == undisturbed


@pytest.mark.parametrize("checkpoints", [True, False])
def test_a_run_whose_page_did_not_fit_on_the_disk_is_not_done(checkpoints, undrawn, undisturbed, monkeypatch, capsys):
    from layerwise import finish

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(finish, "write_page", full)
        assert main(["train", *RUN, "--quiet", "--out", "run"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("Test accuracy ") and "Files in" not in out
    assert re.search(r"No space left on device: 'run.report.html'; to go on: layerwise train --resume run\n$", err)
    assert Path("run/best.npz").exists() and not Path("run/report.html").exists()
    for path in [] if checkpoints else Path("run").glob("checkpoint*"):
        path.unlink()  # they did not fit either
    assert main(["train", "--resume", "run"]) == 0
    assert contents("run") == undisturbed


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(undrawn, undisturbed):
    main(["train", *RUN, "--quiet", "--out", "run"])
    for path in Path("run").iterdir():
        if path.name != "config.json":
            path.unlink()
    assert main(["train", "--resume", "run"]) == 0
    assert contents("run") == undisturbed


@contextmanager
def scripted_accuracies(*values):
    """Let the validation accuracies be these."""
    values, real = iter(values), Solver.check_accuracy

    def scripted(self, X, y, **settings):
        return next(values) if X is self.X_val else real(self, X, y, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Solver, "check_accuracy", scripted)
        yield patch


@pytest.mark.parametrize("iteration", [62, 63, 64])
def test_an_early_best_stays_forgotten_after_a_resume(iteration, undrawn):
    """The best of all comes at three quarters of the way; a stop just there must not bring it back."""
    accuracies = [0.1, 0.2, 0.3, 0.9, 0.5]
    with scripted_accuracies(*accuracies):
        main(["train", *RUN, "--quiet", "--out", "whole"])
    assert "of epoch 4" in Path("whole/report.html").read_text()

    measured, real = 4 if iteration > 62 else 3, Solver._after_step

    def stop_before_the_callbacks(self):
        real(self)
        if self.iteration == iteration:
            self.on_epoch = [fail]

    def fail(solver):
        raise KeyboardInterrupt

    with scripted_accuracies(*accuracies[:measured]) as patch:
        if iteration == 63:
            patch.setattr(Solver, "_after_step", stop_before_the_callbacks)
        else:
            stop_at(iteration, lambda: signal.raise_signal(signal.SIGINT))
        assert main(["train", *RUN, "--quiet", "--out", "run"]) == 130
    with scripted_accuracies(*accuracies[measured:]):
        assert main(["train", "--resume", "run"]) == 0
    left, expected = contents("run"), contents("whole")
    names = {"best.npz", "history.csv"} if iteration == 63 else expected.keys()
    assert {name: left[name] for name in names} == {name: expected[name] for name in names}


def test_with_patience_the_best_of_all_epochs_is_kept(undrawn):
    with scripted_accuracies(0.1, 0.9, 0.5, 0.5, 0.6):
        assert main(["train", *RUN, "--quiet", "--patience", "3", "--out", "run"]) == 0
    assert len(Path("run/epochs.csv").read_text().splitlines()) == 1 + 4
    assert "of epoch 1" in Path("run/report.html").read_text()


def interrupt(folder="run"):
    """Make the folder of a run that was stopped."""
    stop_at(30, lambda: signal.raise_signal(signal.SIGINT))
    assert main(["train", *RUN, "--quiet", "--out", folder]) == 130


def refusal(capsys, *options):
    """What the program says to these options, which it refuses."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        main(["train", *options])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()[-1].removeprefix("layerwise train: error: argument --resume: ")


def test_other_options_are_refused_by_name_though_they_have_their_defaults(undrawn, capsys):
    interrupt()
    before = contents("run")
    said = refusal(capsys, "--resume", "run", "--epochs", "20", "--quiet")
    assert said == "goes on with the settings in the folder's config.json; leave out --epochs, --quiet"
    assert contents("run") == before


def test_a_run_that_is_done_is_not_resumed(undrawn, capsys):
    main(["train", *RUN, "--quiet", "--out", "run"])
    before = contents("run")
    assert not list(Path("run").glob("checkpoint*"))
    assert refusal(capsys, "--resume", "run") == "the run in run is done; there is nothing to go on with"
    assert contents("run") == before


@pytest.mark.parametrize(
    "change, words",
    [
        ({"lr": 0.5}, r".* is of another run: optim_config is \{'learning_rate': 0.01\} there and .*0.5\} here"),
        ({"lr": "fast"}, ".*learning_rate must be .*'fast'"),
        ({"data": "mnist"}, ".* error: argument --data: mnist is not on this machine: `layerwise data fetch mnist` .*"),
        ({"data": ["digits"]}, r".* error: argument --data: \['digits'\] is unknown; known are digits, .*"),
        ({"augment": "flip"}, ".* error: argument --augment: changes images; spirals are points"),
        ({"model": "vgg"}, "run: its config.json names 'vgg', which is not known here"),
        ({"schedule": "none"}, "unknown schedule 'none'; known are .*"),
        ({"schedule": None}, ".* is of another run: schedule is .*"),
        ({"schedule": 5}, "run: its config.json cannot be understood: .*"),
        ({"versions": None}, "run: its config.json was edited: versions is None there"),
        ({"num_train": None, "input_dim": 7}, r"run: its .* was edited: num_train is None there; input_dim is 7 there"),
        ({"model": None}, "run: its config.json was edited: model is None there"),
        ({"epochs": 5}, ".* is of another run: num_epochs is 4 there and 5 here.*"),
    ],
)
def test_a_configuration_that_was_edited_is_refused(change, words, undrawn, capsys):
    interrupt()
    config = json.loads(Path("run/config.json").read_text())
    Path("run/config.json").write_text(json.dumps(config | change))
    before = contents("run")
    said = refusal(capsys, "--resume", "run")
    assert re.fullmatch(words, said), said
    assert contents("run") == before


def test_a_configuration_that_lacks_a_figure_is_refused(undrawn, capsys):
    interrupt()
    config = json.loads(Path("run/config.json").read_text())
    del config["num_train"]
    Path("run/config.json").write_text(json.dumps(config))
    assert refusal(capsys, "--resume", "run") == "run: its config.json was edited: num_train is None there"


def test_other_data_are_refused(undrawn, monkeypatch, capsys):
    interrupt()
    monkeypatch.setitem(catalogue.DATA, "spirals", catalogue.DATA["blobs"])
    assert "is of another run: X_train is '(1050, 2) <f4 sha256 " in refusal(capsys, "--resume", "run")


def test_what_is_no_run_is_refused(capsys):
    assert refusal(capsys, "--resume", "nothing").startswith("nothing is not the folder of a run: its config.json")


def test_a_damaged_checkpoint_is_told_of_and_the_one_before_is_used(undrawn, undisturbed, monkeypatch, capsys):
    interrupt()
    newest = Path("run/checkpoint_iteration_30.npz")
    newest.write_bytes(newest.read_bytes()[:-1])
    capsys.readouterr()
    monkeypatch.setattr("warnings.filters", [])  # here warnings are errors; at a user's they are shown
    assert main(["train", "--resume", "run"]) == 0
    err = capsys.readouterr().err
    words = r"layerwise train: run.checkpoint_iteration_30.npz .*run.checkpoint_epoch_\d.npz is used instead\n"
    assert re.match(words, err)
    assert contents("run") == undisturbed


def test_checkpoints_none_of_which_is_whole_are_refused(undrawn, capsys):
    interrupt()
    for path in Path("run").glob("checkpoint*"):
        path.write_bytes(b"")
    assert "is no checkpoint: it has 0 bytes only" in refusal(capsys, "--resume", "run")


def test_another_version_is_told_of(undrawn, capsys):
    interrupt()
    path = Path("run/config.json")
    config = json.loads(path.read_text())
    config["versions"]["scipy"] = "1.0"
    path.write_text(json.dumps(config))
    capsys.readouterr()
    assert main(["train", "--resume", "run"]) == 0
    words = "layerwise train: the last bits may differ from those of a run without a stop: scipy 1.0 then and "
    assert capsys.readouterr().err.startswith(words)


def test_ctrl_c_before_anything_is_learned_leaves_nothing(monkeypatch, capsys):
    def interrupt(solver):
        raise KeyboardInterrupt

    monkeypatch.setattr(Solver, "train", interrupt)
    assert main(["train", *RUN]) == 130
    assert list(Path("runs").iterdir()) == []
    assert "--resume" not in capsys.readouterr().err


def test_checkpoints_take_little_room(undrawn):
    interrupt()
    found = list(Path("run").glob("checkpoint*"))
    assert 1 <= len(found) <= 3
    best = Path("run/best.npz").stat().st_size
    assert sum(path.stat().st_size for path in found) < 10 * 3 * best
