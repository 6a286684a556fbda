"""The event files hold what history.csv and epochs.csv hold, each step once, however often the run was stopped."""

import csv
import errno
import re
import signal
import struct
import sys
import threading
from pathlib import Path

import pytest

from layerwise.__main__ import main
from layerwise.watch import Watch

from .test_resume import ITERATIONS, RUN, stop_at

pytest.importorskip("tensorboardX")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "layerwise.pictures", None)


def read_events(folder):
    """Read all event files as TensorBoard does: what lies behind a START is forgotten."""
    from tensorboardX.proto.event_pb2 import Event, SessionLog

    scalars = {}
    for path in sorted(Path(folder).glob("events.out.tfevents.*")):
        content = path.read_bytes()
        while content:
            (length,) = struct.unpack("<Q", content[:8])  # then 4 bytes of checksum, the event, 4 bytes of checksum
            event = Event.FromString(content[12 : 12 + length])
            content = content[16 + length :]
            if event.session_log.status == SessionLog.SessionStatus.START:
                for steps in scalars.values():
                    steps[:] = [(step, value) for step, value in steps if step < event.step]
            for value in event.summary.value:
                scalars.setdefault(value.tag, []).append((event.step, value.simple_value))
    return scalars


def read_csv(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("stops", [(), (1,), (30,), (42,), (30, 31, 70)])
def test_every_step_is_there_once(stops):
    for number, iteration in enumerate((*stops, None)):
        if iteration:
            stop_at(iteration, lambda: signal.raise_signal(signal.SIGINT))
        options = ["--resume", "run"] if number else [*RUN, "--tensorboard", "--quiet", "--out", "run"]
        assert main(["train", *options]) == (130 if iteration else 0)
    scalars, rows, epochs = read_events("run"), read_csv("run/history.csv"), read_csv("run/epochs.csv")
    assert [step for step, _ in scalars["loss"]] == list(range(1, ITERATIONS + 1))
    for name in ("loss", "train_acc", "val_acc"):
        expected = [(int(row["iteration"]), pytest.approx(float(row[name]), rel=1e-6)) for row in rows if row[name]]
        assert scalars[name] == expected
    for name in ("W1.grad_norm", "W2.change", "relu1.dead"):
        key, what = name.split(".")
        assert scalars[f"{what}/{key}"] == [
            (21 * int(row["epoch"]), pytest.approx(float(row[name]), rel=1e-6)) for row in epochs
        ]
    assert [step for step, _ in scalars["learning_rate"]] == [21, 42, 63, 84]


def test_what_lies_behind_the_checkpoint_is_forgotten():
    stop_at(42, lambda: signal.raise_signal(signal.SIGINT))
    main(["train", *RUN, "--tensorboard", "--quiet", "--out", "run"])
    for path in Path("run").glob("checkpoint*_epoch_2.npz"):
        path.unlink()  # so that it is resumed at the end of epoch 1, and what is behind is to be forgotten
    assert main(["train", "--resume", "run"]) == 0
    assert [step for step, _ in read_events("run")["loss"]] == list(range(1, ITERATIONS + 1))


@pytest.mark.parametrize("act", ["write", "flush"])
def test_on_a_full_disk_training_goes_on(act, monkeypatch, capsys):
    """Nothing of it may wait, or raise, in a thread of its own."""
    from tensorboardX.record_writer import RecordWriter

    calls, real = [], getattr(RecordWriter, act)

    def full(self, *arguments):
        calls.append(threading.current_thread())
        if len(calls) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *arguments)

    monkeypatch.setattr(RecordWriter, act, full)
    monkeypatch.setattr("warnings.filters", [])  # here warnings are errors; at a user's they are shown
    assert main(["train", *RUN, "--tensorboard", "--quiet", "--out", "run"]) == 0
    words = r"layerwise train: run.events\S+ does not grow any more \(.*No space left.*\); training goes on\n"
    assert re.fullmatch(words, capsys.readouterr().err.partition("layerwise train: pictures")[0])
    assert calls == [threading.main_thread()] * 4
    assert len(read_csv("run/history.csv")) == ITERATIONS


def test_a_callback_that_fails_at_the_end_of_an_epoch_does_not_cost_its_figures(monkeypatch):
    def fail(self, solver):
        patch.undo()
        raise BrokenPipeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watch, "__call__", fail)
        assert main(["train", *RUN, "--tensorboard", "--quiet", "--out", "run"]) == 1
    assert main(["train", "--resume", "run"]) == 0
    scalars = read_events("run")
    assert [step for step, _ in scalars["grad_norm/W1"]] == [21, 42, 63, 84]


def test_without_the_extra_it_is_refused_before_training(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(SystemExit) as stopped:
        main(["train", *RUN, "--tensorboard"])
    assert stopped.value.code == 2
    words = "argument --tensorboard: needs tensorboardX; in the checkout: pip install -e '.[tensorboard]'"
    assert words in capsys.readouterr().err
    assert not Path("runs").exists()
