"""Nearest neighbours: no training, all the work at prediction."""

import numpy as np

from .checks import as_floats, check_integer, check_known, check_labels


class KNearestNeighbor:
    """Predict the label that most of the k nearest training examples have, by Euclidean distance.

    Examples
    --------
    >>> knn = KNearestNeighbor()
    >>> knn.train(np.array([[0.0], [1.0], [5.0]]), np.array([3, 3, 8]))
    >>> knn.predict(np.array([[0.4], [4.0]]), k=1)
    array([3, 8])
    """

    X_train = None

    def train(self, X, y):
        """Keep the examples X of shape (num_train, D) and their integer labels y of shape (num_train,)."""
        X = as_floats("KNearestNeighbor.train", X, np.float64)
        if X.ndim != 2 or len(X) == 0:
            raise ValueError(f"KNearestNeighbor.train: X has shape {X.shape}; expected (num_train, D), num_train >= 1")
        check_labels("KNearestNeighbor.train", X, y)
        self.X_train, self.y_train = X, y

    def predict(self, X, k=1, num_loops=0):
        """Predict the labels of X.

        Parameters
        ----------
        X : ndarray of shape (num_test, D)
        k : int
            How many neighbours vote, up to num_train.
        num_loops : 0, 1 or 2
            Which of the three ways to compute the distances.

        Returns
        -------
        y : ndarray of shape (num_test,)

        Raises
        ------
        RuntimeError
            Before `train`.
        ValueError
            If the shape of X, k or num_loops is not allowed.
        """
        ways = {
            0: self.compute_distances_no_loops,
            1: self.compute_distances_one_loop,
            2: self.compute_distances_two_loops,
        }
        check_known("KNearestNeighbor.predict", "num_loops", num_loops, tuple(ways))
        return self.predict_labels(ways[num_loops](X), k)

    def compute_distances_two_loops(self, X):
        """Compute the distances, of shape (num_test, num_train), one by one."""
        X = self._check(X)
        dists = np.zeros((len(X), len(self.X_train)))
        for i in range(len(X)):
            for j in range(len(self.X_train)):
                dists[i, j] = np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))
        return dists

    def compute_distances_one_loop(self, X):
        """Compute the distances from one example to all training examples at a time."""
        X = self._check(X)
        dists = np.zeros((len(X), len(self.X_train)))
        for i in range(len(X)):
            dists[i] = np.sqrt(np.sum((X[i] - self.X_train) ** 2, axis=1))
        return dists

    def compute_distances_no_loops(self, X):
        """Compute all distances by one matrix product: ``|a - b|^2 = |a|^2 - 2 a b + |b|^2``.

        For examples that nearly coincide, far from the origin, the terms cancel and digits are lost; so both are first
        moved by the mean of the training examples, which leaves distances as they are.
        """
        X = self._check(X)
        center = self.X_train.mean(axis=0)
        a, b = X - center, self.X_train - center
        squares = np.sum(a**2, axis=1)[:, np.newaxis] - 2 * a @ b.T + np.sum(b**2, axis=1)
        return np.sqrt(np.maximum(squares, 0))

    def predict_labels(self, dists, k=1):
        """Let the k nearest vote, by dists of shape (num_test, num_train); of equal votes the smaller label wins."""
        self._check_trained()
        num_train = len(self.y_train)
        if np.ndim(dists) != 2 or np.shape(dists)[1] != num_train:
            raise ValueError(
                f"KNearestNeighbor.predict_labels: dists has shape {np.shape(dists)}; expected (num_test, {num_train})"
            )
        if check_integer("KNearestNeighbor.predict_labels", "k", k, at_least=1) > num_train:
            raise ValueError(f"KNearestNeighbor.predict_labels: k is {k}; there are {num_train} training examples")
        labels, index = np.unique(self.y_train, return_inverse=True)
        nearest = index[np.argsort(dists, axis=1, kind="stable")[:, :k]]
        votes = np.sum(nearest[:, :, np.newaxis] == np.arange(len(labels)), axis=1)
        return labels[votes.argmax(axis=1)]

    def _check_trained(self):
        if self.X_train is None:
            raise RuntimeError("KNearestNeighbor: there are no training examples yet; call train(X, y) first")

    def _check(self, X):
        self._check_trained()
        X = as_floats("KNearestNeighbor", X, np.float64)
        if X.ndim != 2 or X.shape[1] != self.X_train.shape[1]:
            raise ValueError(f"KNearestNeighbor: X has shape {X.shape}; expected (num_test, {self.X_train.shape[1]})")
        return X
