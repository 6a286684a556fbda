"""Scalars for TensorBoard, in the format that tensorboardX writes."""

import socket
import time
import warnings

from .growing_csv import close


class TensorBoard:
    """The Solver's callbacks that write what history.csv and epochs.csv hold as TensorBoard's events.

    A resumed run goes on after the last epoch that the checkpoint had seen the end of: TensorBoard is told to forget
    the events behind it, and those that the run knows of are written again. On a full disk it warns, once, and writes
    no more. (tensorboardX's own SummaryWriter writes in a thread: that ends when the disk is full, and a run that goes
    on to hand it events waits for ever.)

    Parameters
    ----------
    solver : Solver
        Where the run stands.
    folder : path
    history : History
    watch : Watch
        Both are asked for their rows after they were called for the same iteration.

    Raises
    ------
    ModuleNotFoundError
        If tensorboardX is not installed.
    """

    def __init__(self, solver, folder, history, watch):
        from tensorboardX.proto.event_pb2 import Event, SessionLog
        from tensorboardX.proto.summary_pb2 import Summary
        from tensorboardX.record_writer import RecordWriter

        self._Event, self._Summary = Event, Summary
        self._history, self._watch = history, watch
        # TensorBoard reads the files by name; two that begin in the same second differ in the iteration.
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{solver.iteration:09d}"
        self._path = folder / name
        self._file = RecordWriter(str(self._path))
        ended = solver.epoch * solver.iterations_per_epoch
        self._write(file_version="brain.Event:2")
        self._write(step=ended + 1, session_log=SessionLog(status=SessionLog.START))
        for row in history.rows[ended:]:
            self._write_row(row)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        file, self._file = self._file, None
        close(file)

    def follow(self, solver):
        """Be called at every iteration. The figures of an epoch are those of its last."""
        self._write_row(self._history.rows[-1])
        if solver.iteration % solver.iterations_per_epoch == 0:
            row = self._watch.rows[-1]
            measured = {"/".join(reversed(name.split("."))): value for name, value in row.items() if "." in name}
            self._write_scalars(solver.iteration, {**measured, "learning_rate": row["learning_rate"]})

    def __call__(self, solver):
        """Be called at every epoch's end. What is flushed here is on disk before a checkpoint says that it is."""
        if self._file is not None:
            self._attempt(self._file.flush)

    def _write_row(self, row):
        values = {name: row[name] for name in ("loss", "train_acc", "val_acc") if row[name] is not None}
        self._write_scalars(row["iteration"], values)

    def _write_scalars(self, iteration, values):
        values = [self._Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self._write(step=iteration, summary=self._Summary(value=values))

    def _write(self, **facts):
        if self._file is not None:
            event = self._Event(wall_time=time.time(), **facts)
            self._attempt(self._file.write, event.SerializeToString())

    def _attempt(self, act, *arguments):
        try:
            act(*arguments)
        except OSError as error:
            warnings.warn(f"{self._path} does not grow any more ({error}); training goes on")
            self.__exit__()
