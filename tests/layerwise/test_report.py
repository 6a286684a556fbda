"""What a run says about itself is right."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest

from layerwise.report import History, accuracy_table, confusion_matrix, predict


def test_predict_gives_the_highest_scores_batch_by_batch():
    sizes = []

    def loss(X):
        sizes.append(len(X))
        return X

    X = np.random.default_rng(0).standard_normal((23, 4))
    np.testing.assert_array_equal(predict(SimpleNamespace(loss=loss), X, batch_size=10), X.argmax(axis=1))
    assert sizes == [10, 10, 3]


def test_confusion_matrix_counts_pairs():
    rng = np.random.default_rng(0)
    y, said = rng.integers(0, 4, 200), rng.integers(0, 3, 200)
    expected = [[np.sum((y == i) & (said == j)) for j in range(4)] for i in range(4)]
    np.testing.assert_array_equal(confusion_matrix(y, said, 4), expected)


def test_the_table_takes_long_names_and_classes_without_examples():
    table = accuracy_table(np.array([[3, 1], [0, 0]]), ["aeroplane", "ship"]).splitlines()
    assert table[0] == "    class    n  correct  accuracy"
    assert table[1] == "aeroplane    4        3     75.0%"
    assert table[2] == "     ship    0        0         -"
    assert table[3] == "      all    4        3     75.0%"


@pytest.fixture
def history():
    history, solver = History(), SimpleNamespace(iterations_per_epoch=2, loss_history=[])
    solver.train_acc_history, solver.val_acc_history = [], []
    accuracies = {1: (0.1, 0.2), 2: (0.5, 0.8), 4: (0.6, 0.8), 6: (0.9, 0.7)}
    for iteration in range(1, 7):
        solver.iteration, solver.epoch = iteration, iteration // 2
        solver.loss_history.append(1 / iteration)
        if iteration in accuracies:
            for values, value in zip((solver.train_acc_history, solver.val_acc_history), accuracies[iteration]):
                values.append(value)
        if iteration in (1, 2, 6):
            solver.best_params = {}
        history(solver)
    return history


def test_history_has_accuracies_where_they_were_measured(history):
    assert [row["iteration"] for row in history.measured()] == [1, 2, 4, 6]
    assert [row["val_acc"] for row in history.rows] == [0.2, 0.8, None, 0.8, None, 0.7]


def test_what_is_kept_is_what_the_solver_put_by_last(history):
    assert history.kept["iteration"] == 6


def test_history_is_written_with_all_digits(history, tmp_path):
    history.write(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["iteration", "epoch", "loss", "train_acc", "val_acc"]
    assert rows[3] == ["3", "1", repr(1 / 3), "", ""]
    assert rows[4] == ["4", "2", "0.25", "0.6", "0.8"]
