"""What a run says about itself is right."""

from types import SimpleNamespace

import numpy as np

from layerwise.report import accuracy_table, confusion_matrix, predict


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
