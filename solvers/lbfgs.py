"""L-BFGS for small problems: the whole training set at once, no learning rate to choose."""

import numpy as np
import scipy

from .checks import check_examples, check_functions, check_integer
from .snapshot import copies, generators_of, place, state_of


class LBFGS:
    """Train a model by the limited-memory BFGS method of SciPy, with the face of a `Solver`.

    The loss of the whole training set is taken as a function of all parameters as one vector; its gradients at the last
    few points make an estimate of its curvature, which gives direction and length of the next step. For a few thousand
    examples it is often done where minibatches have just begun. The loss must be a function of the parameters alone:
    models that draw random numbers (dropout) are refused. Batch normalisation sees the whole training set.

    There are no checkpoints: SciPy keeps the estimate to itself, so that a new process could not go on bit by bit. What
    ends it, be it Ctrl-C, leaves the best model in place; `train` called again goes on from there.

    Source: Liu and Nocedal, On the limited memory BFGS method for large scale optimization, 1989.

    Parameters
    ----------
    model : object
        As for `Solver`.
    data : dict
        As for `Solver`.
    num_iterations : int
        At most so many; it ends earlier where the loss does not change any more.
    print_every : int
    verbose : bool
    on_iteration : sequence of functions
        Each is called as ``callback(solver)`` after every iteration.

    Attributes
    ----------
    iteration : int
    loss_history, train_acc_history, val_acc_history : list of float
        After each iteration.
    best_val_acc, best_params, best_state
        As of `Solver`, but for the last of the best.
    message : str
        Why it ended, in SciPy's words.

    Examples
    --------
    >>> class Bowl:
    ...     params = {"w": np.array([3.0, -1.0])}
    ...     def loss(self, X, y=None):
    ...         w = self.params["w"] - X[0]
    ...         return X if y is None else (float(w @ w), {"w": 2 * w})
    >>> X, y = np.array([[1.0, 2.0]]), np.array([1])
    >>> solver = LBFGS(Bowl(), {"X_train": X, "y_train": y, "X_val": X, "y_val": y}, verbose=False)
    >>> solver.train()
    >>> solver.model.params["w"].round(6)
    array([1., 2.])
    """

    def __init__(self, model, data, *, num_iterations=100, print_every=10, verbose=True, on_iteration=()):
        if generators_of(model):
            raise ValueError(f"LBFGS: the model draws random numbers ({', '.join(generators_of(model))})")
        self.model = model
        self.X_train, self.y_train = check_examples("LBFGS", data, "X_train", "y_train")
        self.X_val, self.y_val = check_examples("LBFGS", data, "X_val", "y_val")
        self.num_iterations = check_integer("LBFGS", "num_iterations", num_iterations, 1)
        self.print_every = check_integer("LBFGS", "print_every", print_every, 1)
        self.verbose = verbose
        self.on_iteration = check_functions("LBFGS", "on_iteration", on_iteration)
        self.iteration = 0
        self.loss_history, self.train_acc_history, self.val_acc_history = [], [], []
        self.best_val_acc, self.best_params, self.best_state = -np.inf, {}, {}
        self.message = ""

    def train(self):
        """Train, and put the model with the best validation accuracy in place; called again, go on from there.

        Raises
        ------
        FloatingPointError
            If the loss or a gradient is not finite.
        """
        start = np.concatenate([w.ravel() for w in self.model.params.values()]).astype(np.float64)
        try:
            self.message = scipy.optimize.minimize(
                self._loss, start, method="L-BFGS-B", jac=True, callback=self._after_iteration,
                options={"maxiter": self.num_iterations},
            ).message
        finally:
            place(self.model, copies(self.best_params), self.best_state)

    def _loss(self, flat):
        """Compute the loss and its gradient at a point, given and returned as one vector of float64."""
        self._set_params(flat)
        loss, grads = self.model.loss(self.X_train, self.y_train)
        gradient = np.concatenate([np.ravel(grads[name]) for name in self.model.params]).astype(np.float64)
        if not (np.isfinite(loss) and np.isfinite(gradient).all()):
            raise FloatingPointError(f"LBFGS: the loss or a gradient is not finite in iteration {self.iteration + 1}")
        return float(loss), gradient

    def _set_params(self, flat):
        start = 0
        for name, w in self.model.params.items():
            self.model.params[name] = flat[start : start + w.size].reshape(w.shape).astype(w.dtype)
            start += w.size

    def _after_iteration(self, intermediate_result):
        """Keep the books; SciPy asks for the argument by this name."""
        self._set_params(intermediate_result.x)
        self.loss_history.append(float(intermediate_result.fun))
        self.iteration = len(self.loss_history)
        self.train_acc_history.append(self._accuracy(self.X_train, self.y_train))
        self.val_acc_history.append(self._accuracy(self.X_val, self.y_val))
        if self.val_acc_history[-1] >= self.best_val_acc:  # among equals the later one: its loss is lower
            self.best_val_acc = self.val_acc_history[-1]
            self.best_params, self.best_state = copies(self.model.params), copies(state_of(self.model))
        if self.verbose and (self.iteration - 1) % self.print_every == 0:
            print(
                f"(Iteration {self.iteration}) loss: {self.loss_history[-1]:f}; "
                f"train acc: {self.train_acc_history[-1]:f}; val_acc: {self.val_acc_history[-1]:f}"
            )
        for callback in self.on_iteration:
            callback(self)

    def _accuracy(self, X, y):
        return float(np.mean(np.argmax(self.model.loss(X), axis=1) == y))
