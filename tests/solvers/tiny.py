"""Models and data of a few lines, to try a Solver on."""

import numpy as np

from solvers import Solver

SETTINGS = dict(batch_size=7, num_epochs=3, optim_config={"learning_rate": 0.5}, seed=0, verbose=False)


class SoftmaxRegression:
    """Linear scores and the cross-entropy; notes what it is asked."""

    def __init__(self, D=2, C=3, dtype=np.float64):
        self.params = {"W": np.zeros((D, C), dtype), "b": np.zeros(C, dtype)}
        self.trained_on, self.scored_on = [], []

    def loss(self, X, y=None):
        X = X.astype(self.params["W"].dtype)
        scores = X @ self.params["W"] + self.params["b"]
        if y is None:
            self.scored_on.append(X)
            return scores
        self.trained_on.append((X, y))
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        loss = -np.log(p[rows, y]).mean()
        p[rows, y] -= 1
        p /= len(y)
        return loss, {"W": X.T @ p, "b": p.sum(axis=0)}


class Restless(SoftmaxRegression):
    """Has all that a checkpoint must remember of a model: it drops out by a generator of its own, and keeps a mean."""

    def __init__(self, D=2, C=3, dtype=np.float64, seed=3):
        super().__init__(D, C, dtype)
        self._mean = {"running_mean": np.zeros(D, dtype)}
        self.generators = {"dropout": np.random.default_rng(seed)}

    @property
    def state(self):
        return self._mean

    @state.setter
    def state(self, state):
        self._mean = state

    def loss(self, X, y=None):
        if y is None:
            return super().loss(X - self._mean["running_mean"])
        self._mean["running_mean"] *= 0.9
        self._mean["running_mean"] += 0.1 * X.mean(axis=0)
        kept = self.generators["dropout"].random(X.shape) < 0.7
        return super().loss((X - X.mean(axis=0)) * kept / 0.7, y)


class Scripted:
    """Has the accuracies it is told; its one parameter and its running statistic count the steps, from 1."""

    def __init__(self, accuracies):
        self.params = {"w": np.zeros(1)}
        self._state = {"running": np.zeros(1)}
        self.accuracies = accuracies

    @property
    def state(self):
        return self._state

    @state.setter
    def state(self, state):
        self._state = state

    def loss(self, X, y=None):
        if y is not None:
            self._state["running"] += 1
            return 1.0, {"w": -np.ones(1)}
        right = self.accuracies[int(self.params["w"][0]) - 1] * len(X)
        return np.stack([np.arange(len(X)) < right, np.full(len(X), 0.5)], axis=1).astype(float)


def blobs(N=20, N_val=9, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.array([[2.0, 0.0], [-2.0, 1.0], [0.0, -2.0]])
    y = np.arange(N + N_val) % 3
    X = (centres[y] + 0.3 * rng.normal(size=(N + N_val, 2))).astype(dtype)
    return {"X_train": X[:N], "y_train": y[:N], "X_val": X[N:], "y_val": y[N:]}


def numbered(N, N_val=3):
    """Examples that carry their own index."""
    X = np.stack([np.arange(N), np.zeros(N)], axis=1)
    y = np.zeros(N, dtype=int)
    return {"X_train": X, "y_train": y, "X_val": X[:N_val], "y_val": y[:N_val]}


def scripted(accuracies, **arguments):
    """A Solver whose epochs are one step each, with validation accuracies told in advance."""
    X, y = np.zeros((4, 1)), np.zeros(4, dtype=int)
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    arguments = {"optim_config": {"learning_rate": 1.0}, "num_epochs": len(accuracies), "verbose": False, **arguments}
    return Solver(Scripted(accuracies), data, **arguments)


def trained(**arguments):
    solver = Solver(SoftmaxRegression(), blobs(), **{**SETTINGS, **arguments})
    solver.train()
    return solver
