"""L-BFGS, against the minimum that is known."""

import numpy as np
import pytest

from datasets import make_spirals
from models import FullyConnectedNet, TwoLayerNet
from solvers import LBFGS

from .tiny import Restless, SoftmaxRegression, blobs


class Quadratic:
    """Half a quadratic form in two parameters of different shapes, with a known minimum."""

    def __init__(self, dtype=np.float64):
        rng = np.random.default_rng(0)
        root = rng.normal(size=(10, 10))
        self.A, self.b = root @ root.T + np.eye(10), rng.normal(size=10)
        self.params = {"W": np.zeros((2, 3), dtype), "b": np.zeros(4, dtype)}
        self.dtypes = set()

    def loss(self, X, y=None):
        if y is None:
            return np.zeros((len(X), 2))
        self.dtypes |= {w.dtype for w in self.params.values()}
        w = np.concatenate([w.ravel() for w in self.params.values()]).astype(float)
        gradient = self.A @ w - self.b
        return 0.5 * w @ self.A @ w - self.b @ w, {"b": gradient[6:], "W": gradient[:6].reshape(2, 3)}


def test_it_finds_the_minimum_of_a_quadratic():
    model = Quadratic()
    solver = LBFGS(model, blobs(), verbose=False)
    solver.train()
    found = np.concatenate([w.ravel() for w in model.params.values()])
    np.testing.assert_allclose(found, np.linalg.solve(model.A, model.b), atol=1e-4)
    assert (np.diff(solver.loss_history) <= 0).all()
    assert solver.iteration == len(solver.loss_history) == len(solver.val_acc_history) < 100
    assert "CONVERGENCE" in solver.message


def test_parameters_keep_dtype_and_shape():
    model = Quadratic(np.float32)
    LBFGS(model, blobs(), verbose=False).train()
    assert model.dtypes == {np.dtype(np.float32)} == {w.dtype for w in model.params.values()}
    assert [w.shape for w in model.params.values()] == [(2, 3), (4,)]


def test_it_learns_the_spirals():
    X, y = make_spirals(seed=0)
    data = {"X_train": X[::2], "y_train": y[::2], "X_val": X[1::2], "y_val": y[1::2]}
    model = TwoLayerNet(2, 30, 3, weight_scale=0.5, reg=1e-4, seed=0)
    solver = LBFGS(model, data, num_iterations=300, verbose=False)
    solver.train()
    assert solver.best_val_acc > 0.95 and solver.train_acc_history[-1] > 0.97


def test_at_most_so_many_iterations_and_then_on_from_there():
    model = Quadratic()
    solver = LBFGS(model, blobs(), num_iterations=3, verbose=False)
    solver.train()
    assert solver.iteration == 3
    solver.train()
    assert solver.iteration == 6 and solver.loss_history[3] < solver.loss_history[2]


def test_the_best_by_validation_is_in_place_and_among_equals_the_last():
    model = SoftmaxRegression()
    solver = LBFGS(model, blobs(), num_iterations=8, verbose=False)
    solver.train()
    last = max(i for i, acc in enumerate(solver.val_acc_history) if acc == solver.best_val_acc)
    assert last == 7 and solver.best_val_acc == max(solver.val_acc_history)
    X, y = blobs()["X_train"], blobs()["y_train"]
    assert model.loss(X, y)[0] == pytest.approx(solver.loss_history[last], rel=1e-12)
    assert not np.shares_memory(model.params["W"], solver.best_params["W"])


def test_batch_normalisation_has_its_running_statistics():
    model = FullyConnectedNet([5], 2, 3, normalization="batchnorm", dtype=np.float64, seed=0, weight_scale=0.5)
    solver = LBFGS(model, blobs(), num_iterations=60, verbose=False)
    solver.train()
    assert solver.best_val_acc > 0.9 and set(solver.best_state) == set(model.state)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_whatever_ends_it_leaves_the_best(error):
    def fail(solver):
        if solver.iteration == 4:
            raise error

    solver = LBFGS(SoftmaxRegression(), blobs(), verbose=False, on_iteration=[fail])
    with pytest.raises(error):
        solver.train()
    assert solver.iteration == 4
    np.testing.assert_array_equal(solver.model.params["W"], solver.best_params["W"])


def test_what_is_not_finite_stops_it_with_the_best_in_place():
    model = SoftmaxRegression()
    solver = LBFGS(model, blobs(), verbose=False)
    real = model.loss
    model.loss = lambda X, y=None: real(X, y) if y is None or solver.iteration < 3 else (np.nan, real(X, y)[1])
    with pytest.raises(FloatingPointError, match="LBFGS: the loss or a gradient is not finite in iteration 4"):
        solver.train()
    np.testing.assert_array_equal(model.params["W"], solver.best_params["W"])


def test_a_model_that_draws_random_numbers_is_refused():
    with pytest.raises(ValueError, match="LBFGS: the model draws random numbers .dropout."):
        LBFGS(Restless(), blobs())


@pytest.mark.parametrize("name, value", [("num_iterations", 0), ("print_every", 0), ("on_iteration", print)])
def test_a_wrong_setting_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"LBFGS: {name} must be"):
        LBFGS(SoftmaxRegression(), blobs(), **{name: value})


def test_it_prints_as_a_solver_does(capsys):
    solver = LBFGS(SoftmaxRegression(), blobs(), num_iterations=3, print_every=2)
    solver.train()
    line = "(Iteration %d) loss: %f; train acc: %f; val_acc: %f"
    histories = zip(range(1, 4), solver.loss_history, solver.train_acc_history, solver.val_acc_history)
    assert capsys.readouterr().out.splitlines() == [line % entry for entry in histories][::2]
