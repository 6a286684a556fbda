"""What a model says of examples, counted and as a table."""

import numpy as np


def predict(model, X, prepare=None, batch_size=500):
    """Give the label with the highest score for each example, as an ndarray of shape (N,); prepare is the Solver's."""
    pieces = (X[start : start + batch_size] for start in range(0, len(X), batch_size))
    scores = [model.loss(piece if prepare is None else prepare(piece)) for piece in pieces]
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
