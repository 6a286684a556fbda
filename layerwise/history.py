"""The history of a run: a row an iteration, all of which the Solver's own histories tell."""

from .growing_csv import GrowingCsv, write_csv

COLUMNS = "iteration", "epoch", "loss", "train_acc", "val_acc"


class History:
    """The Solver's on_iteration callback that lets history.csv grow.

    Parameters
    ----------
    solver : Solver
        Where the run stands; a resumed run begins with the rows up to there.
    path : path

    Attributes
    ----------
    rows : list of dict
        One an iteration: ``iteration``, ``epoch`` (epochs done), ``loss``, and ``train_acc`` and ``val_acc``, which are
        None where they were not measured.
    kept : dict
        The row after which the Solver last put a best model by.
    iterations_per_epoch : int
    """

    def __init__(self, solver, path):
        self.rows = rows_of(solver)
        self.iterations_per_epoch = solver.iterations_per_epoch
        self._file = GrowingCsv(path, COLUMNS, self.rows, seconds=0.5)
        self._best_iteration = solver.best_iteration

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.__exit__(*error)

    def __call__(self, solver):
        self.rows.append(_row(solver, solver.iteration))
        self._best_iteration = solver.best_iteration
        self._file.add(self.rows[-1])

    @property
    def kept(self):
        return self.rows[self._best_iteration - 1]

    def measured(self):
        """The rows with accuracies."""
        return [row for row in self.rows if row["val_acc"] is not None]

    def write(self, path):
        """Write all rows as CSV."""
        write_csv(path, COLUMNS, self.rows)


def rows_of(solver):
    """Tell the whole history of a Solver."""
    return [_row(solver, iteration) for iteration in range(1, solver.iteration + 1)]


def _row(solver, iteration):
    """The row of an iteration. Accuracies are measured after the first one, and at the end of each epoch."""
    epoch, rest = divmod(iteration, solver.iterations_per_epoch)
    place = None
    if rest == 0:
        place = epoch if solver.iterations_per_epoch > 1 else epoch - 1
    elif iteration == 1:
        place = 0
    return {
        "iteration": iteration,
        "epoch": epoch,
        "loss": solver.loss_history[iteration - 1],
        "train_acc": None if place is None else solver.train_acc_history[place],
        "val_acc": None if place is None else solver.val_acc_history[place],
    }
