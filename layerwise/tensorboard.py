"""Scalars for TensorBoard, written by tensorboardX."""


class TensorBoard:
    """The Solver's callbacks that write what history.csv and epochs.csv hold as TensorBoard's events.

    A resumed run goes on after the last epoch that the checkpoint had seen the end of: TensorBoard is told to forget
    the events behind it, and those that the run knows of are written again.

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
        from tensorboardX import SummaryWriter

        self._history, self._watch = history, watch
        ended = solver.epoch * solver.iterations_per_epoch
        # Without the suffix, two that begin in the same second would have one file; TensorBoard reads them by name.
        suffix = f".{solver.iteration:09d}"
        self._writer = SummaryWriter(str(folder), purge_step=ended + 1, filename_suffix=suffix)
        for row in history.rows[ended:]:
            self._write(row)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._writer.close()

    def follow(self, solver):
        """Be called at every iteration."""
        self._write(self._history.rows[-1])

    def __call__(self, solver):
        """Be called at every epoch's end. What is flushed here is on disk before a checkpoint says that it is."""
        for name, value in self._watch.rows[-1].items():
            if "." in name:
                key, what = name.split(".")
                self._writer.add_scalar(f"{what}/{key}", value, solver.iteration)
        self._writer.add_scalar("learning_rate", solver.learning_rate, solver.iteration)
        self._writer.flush()

    def _write(self, row):
        for name in ("loss", "train_acc", "val_acc"):
            if row[name] is not None:
                self._writer.add_scalar(name, row[name], row["iteration"])
