"""What a run says about itself: its history, its predictions, its table."""

import csv

import numpy as np


class History:
    """The Solver's on_iteration callback that remembers what history.csv holds.

    Attributes
    ----------
    rows : list of dict
        One an iteration: ``iteration``, ``epoch`` (epochs done), ``loss``, and ``train_acc`` and ``val_acc``, which are
        None where they were not measured.
    kept : dict
        The row after which the Solver last put a best model by.
    iterations_per_epoch : int
    """

    def __init__(self):
        self.rows = []
        self.iterations_per_epoch = None
        self.kept = None
        self._measured, self._best_params = 0, None

    def __call__(self, solver):
        self.iterations_per_epoch = solver.iterations_per_epoch
        measured = len(solver.val_acc_history)
        new = measured > self._measured
        self._measured = measured
        self.rows.append(
            {
                "iteration": solver.iteration,
                "epoch": solver.epoch,
                "loss": solver.loss_history[-1],
                "train_acc": solver.train_acc_history[-1] if new else None,
                "val_acc": solver.val_acc_history[-1] if new else None,
            }
        )
        if solver.best_params is not self._best_params:
            self.kept, self._best_params = self.rows[-1], solver.best_params

    def measured(self):
        """The rows with accuracies."""
        return [row for row in self.rows if row["val_acc"] is not None]

    def write(self, path):
        """Write the rows as CSV, None as an empty field, floats with all their digits."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.rows[0])
            writer.writeheader()
            writer.writerows(self.rows)


def predict(model, X, batch_size=500):
    """Give the label with the highest score for each example, as an ndarray of shape (N,)."""
    scores = [model.loss(X[start : start + batch_size]) for start in range(0, len(X), batch_size)]
    return np.concatenate(scores).argmax(axis=1)


def confusion_matrix(y, said, num_classes):
    """Count examples by what they are (rows) and what was said (columns).

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    return np.bincount(y * num_classes + said, minlength=num_classes**2).reshape(num_classes, num_classes)


def accuracy_table(counts, class_names):
    """Write the accuracy of each class and of all as a table.

    Examples
    --------
    >>> print(accuracy_table(np.array([[9, 1], [0, 6]]), ["cat", "dog"]))
    class    n  correct  accuracy
      cat   10        9     90.0%
      dog    6        6    100.0%
      all   16       15     93.8%
    """
    names, totals, right = [*class_names, "all"], counts.sum(axis=1), counts.diagonal()
    totals, right = [*totals, totals.sum()], [*right, right.sum()]
    width = max(5, *map(len, names))
    lines = [f"{'class':>{width}}  {'n':>3}  correct  accuracy"]
    for name, n, correct in zip(names, totals, right):
        share = f"{correct / n:.1%}" if n else "-"
        lines.append(f"{name:>{width}}  {n:3d}  {correct:7d}  {share:>8}")
    return "\n".join(lines)
