"""The training loop: minibatches, updates, accuracies, the best model kept."""

import copy
import inspect
import secrets
from pathlib import Path

import numpy as np

from .checkpoint import save_checkpoint
from .checks import check_count, check_examples, check_functions, check_integer, check_known, check_number
from .optim import UPDATE_RULES

_SUBSET = 1  # sets the generator of check_accuracy's subsets apart from that of the epochs' orders


class Solver:
    """Train a model on a dataset by minibatches and an update rule, and keep the best of it.

    A model is anything with two names: ``model.params``, a dict of float32 or float64 arrays, and ``model.loss``, where
    ``loss(X)`` gives the scores in test mode and ``loss(X, y)`` gives ``(loss, grads)`` in train mode, grads having the
    keys of params. If it has them, two more are used: ``model.state``, a settable property with a dict of arrays that
    are not trained but belong to the model (running statistics); and ``model.first_nonfinite(X, y)``, which names the
    layer, parameter or gradient in which a NaN or infinity first appears, or gives None.

    Parameters
    ----------
    model : object
    data : dict
        ``X_train`` of shape (N_train, ...), ``y_train`` (N_train,), ``X_val`` (N_val, ...), ``y_val`` (N_val,); other
        keys are not looked at.
    update_rule : str
        A name in `UPDATE_RULES`.
    optim_config : dict, optional
        Settings of the update rule, such as ``{"learning_rate": 1e-3}``. Every parameter gets a copy of its own.
    lr_decay : float
        The learning rate is multiplied by it at the end of each epoch.
    batch_size, num_epochs : int
        An epoch is a shuffle: it shows every training example once; its last minibatch may be smaller.
    num_train_samples, num_val_samples : int or None
        How many examples the accuracies are measured on; None means all.
    checkpoint_name : str or path, optional
        If given, each epoch's end writes ``<checkpoint_name>_epoch_<epoch>.npz``; the first iteration writes epoch 0.
    print_every : int
        How many iterations from one printed loss to the next.
    verbose : bool
        Whether anything is printed.
    seed : int, optional
        Determines all that is random here; unless given, one is drawn, and is found in ``solver.seed``.
    on_iteration, on_epoch : sequence of functions
        Each is called as ``callback(solver)``, after every iteration and after every end of an epoch, when histories
        and the best model are up to date.

    Attributes
    ----------
    iteration, num_iterations, iterations_per_epoch : int
        Iterations done, to be done in all, and in each epoch.
    epoch : int
        Epochs done.
    learning_rate : float
    loss_history : list of float
        One loss an iteration.
    train_acc_history, val_acc_history : list of float
        Accuracies after the first iteration and after each epoch: num_epochs + 1 entries, or num_epochs if an epoch is
        a single iteration, whose end is then both.
    best_val_acc : float
        Minus infinity until the first accuracy is measured.
    best_params, best_state : dict
        Copies of the parameters and of the state that had it.
    optim_configs : dict of dict
        The update rule's config of every parameter.

    Raises
    ------
    ValueError
        For an unknown argument or update rule, a setting that is not allowed, or data that do not fit together.

    Examples
    --------
    >>> class Mean:  # the loss is the squared distance of the parameter from the data
    ...     params = {"w": np.zeros(1)}
    ...     def loss(self, X, y=None):
    ...         difference = self.params["w"] - X
    ...         return -(difference**2) if y is None else ((difference**2).mean(), {"w": 2 * difference.mean(axis=0)})
    >>> X, y = np.array([[1.0], [3.0]]), np.array([0, 0])
    >>> data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    >>> solver = Solver(Mean(), data, optim_config={"learning_rate": 0.5}, num_epochs=2, print_every=2)
    >>> solver.train()
    (Iteration 1 / 2) loss: 5.000000
    (Epoch 1 / 2) train acc: 1.000000; val_acc: 1.000000
    (Epoch 2 / 2) train acc: 1.000000; val_acc: 1.000000
    >>> solver.loss_history
    [5.0, 1.0]
    """

    def __init__(
        self,
        model,
        data,
        *,
        update_rule="sgd",
        optim_config=None,
        lr_decay=1.0,
        batch_size=100,
        num_epochs=10,
        num_train_samples=1000,
        num_val_samples=None,
        checkpoint_name=None,
        print_every=10,
        verbose=True,
        seed=None,
        on_iteration=(),
        on_epoch=(),
        **unknown,
    ):
        check_known("Solver", "argument", unknown, tuple(inspect.signature(Solver).parameters)[2:-1])
        check_known("Solver", "update rule", [update_rule], tuple(UPDATE_RULES))
        self.model = model
        self.X_train, self.y_train = check_examples("Solver", data, "X_train", "y_train")
        self.X_val, self.y_val = check_examples("Solver", data, "X_val", "y_val")
        self.update_rule = update_rule
        self.optim_config = {} if optim_config is None else copy.deepcopy(optim_config)
        self.lr_decay = check_number("Solver", "lr_decay", lr_decay, lambda value: value > 0, "> 0")
        self.batch_size = check_integer("Solver", "batch_size", batch_size, 1)
        self.num_epochs = check_integer("Solver", "num_epochs", num_epochs, 0)
        self.num_train_samples = check_count("Solver", "num_train_samples", num_train_samples)
        self.num_val_samples = check_count("Solver", "num_val_samples", num_val_samples)
        self.checkpoint_name = None if checkpoint_name is None else Path(checkpoint_name)
        if self.checkpoint_name is not None and not self.checkpoint_name.parent.is_dir():
            raise ValueError(f"Solver: checkpoint_name {checkpoint_name!r} is in a folder that does not exist")
        self.print_every = check_integer("Solver", "print_every", print_every, 1)
        self.verbose = verbose
        self.seed = secrets.randbits(32) if seed is None else check_integer("Solver", "seed", seed, 0)
        self.on_iteration = check_functions("Solver", "on_iteration", on_iteration)
        self.on_epoch = check_functions("Solver", "on_epoch", on_epoch)
        self._reset()

    def _reset(self):
        """Forget all training; the parameters stay as they are."""
        if not self.model.params:
            raise ValueError("Solver: model.params is empty; expected a dict of arrays to train")
        self.iteration = 0
        self.iterations_per_epoch = -(-len(self.X_train) // self.batch_size)
        self.num_iterations = self.num_epochs * self.iterations_per_epoch
        self.loss_history = []
        self.train_acc_history = []
        self.val_acc_history = []
        self.best_val_acc = -np.inf
        self.best_params = {}
        self.best_state = {}
        self.optim_configs = {}
        for name, w in self.model.params.items():
            # A step along no gradient, whose result is dropped: it refuses a wrong setting now, before any training.
            _, complete = UPDATE_RULES[self.update_rule](w, np.zeros_like(w), self.optim_config)
            config = copy.deepcopy(self.optim_config)
            self.optim_configs[name] = {**config, "learning_rate": complete["learning_rate"]}
        self._order_of_epoch = None, None

    @property
    def epoch(self):
        return self.iteration // self.iterations_per_epoch

    @property
    def learning_rate(self):
        return next(iter(self.optim_configs.values()))["learning_rate"]

    def train(self):
        """Train for num_epochs; at the end, whatever ends it, put the best model in place, if there is one.

        Called again, it first finishes what was interrupted; when nothing is left, it goes on for num_epochs more, from
        the parameters that the model holds. Histories, update rule states and learning rates go on.

        Raises
        ------
        FloatingPointError
            If a loss or gradient is not finite. That step is not made.
        """
        if self.iteration >= self.num_iterations:
            self.num_iterations += self.num_epochs * self.iterations_per_epoch
        try:
            while self.iteration < self.num_iterations:
                self._step()
                self._after_step()
        finally:
            # Copies, so that whoever trains on does not change best_params.
            self.model.params.update(_copies(self.best_params))
            if self.best_state:
                self.model.state = _copies(self.best_state)

    def _step(self):
        """Make one update of every parameter from one minibatch."""
        X, y = self._minibatch()
        loss, grads = self.model.loss(X, y)
        self._check_finite_and_fitting(loss, grads, X, y)
        rule = UPDATE_RULES[self.update_rule]
        for name, w in self.model.params.items():
            self.model.params[name], self.optim_configs[name] = rule(w, grads[name], self.optim_configs[name])
        self.loss_history.append(float(loss))
        self.iteration += 1

    def _after_step(self):
        """Print, decay the learning rate, measure, save and call back, each when its time has come."""
        epoch_ended = self.iteration % self.iterations_per_epoch == 0
        if self.verbose and (self.iteration - 1) % self.print_every == 0:
            print(f"(Iteration {self.iteration} / {self.num_iterations}) loss: {self.loss_history[-1]:f}")
        if epoch_ended:
            for config in self.optim_configs.values():
                config["learning_rate"] *= self.lr_decay
        if epoch_ended or self.iteration == 1:
            self._measure()
            self._save_checkpoint()
        for callback in self.on_iteration:
            callback(self)
        if epoch_ended:
            for callback in self.on_epoch:
                callback(self)

    def _minibatch(self):
        """Return the X and y of the current iteration."""
        epoch, position = divmod(self.iteration, self.iterations_per_epoch)
        known, order = self._order_of_epoch
        if known != epoch:
            # From seed and epoch alone, so that a run can be taken up anywhere without replaying what came before.
            order = np.random.default_rng([self.seed, epoch]).permutation(len(self.X_train))
            self._order_of_epoch = epoch, order
        chosen = order[position * self.batch_size : (position + 1) * self.batch_size]
        return self.X_train[chosen], self.y_train[chosen]

    def _measure(self):
        """Take both accuracies, and the model if it is the best so far."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, num_samples=self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, num_samples=self.num_val_samples)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        if val_acc > self.best_val_acc:
            self.best_val_acc = val_acc
            self.best_params = _copies(self.model.params)
            self.best_state = _copies(getattr(self.model, "state", {}))
        if self.verbose:
            num_epochs = self.num_iterations // self.iterations_per_epoch
            print(f"(Epoch {self.epoch} / {num_epochs}) train acc: {train_acc:f}; val_acc: {val_acc:f}")

    def check_accuracy(self, X, y, num_samples=None, batch_size=100):
        """Measure the share of examples whose highest score, a finite number, is that of their label.

        Parameters
        ----------
        X : ndarray of shape (N, ...)
        y : ndarray of shape (N,)
        num_samples : int, optional
            If smaller than N, that many examples are drawn, without repetition: in an epoch always the same ones.
        batch_size : int
            How many examples the model is given at a time.

        Returns
        -------
        accuracy : float

        Raises
        ------
        ValueError
            If the shapes of X, y and the scores do not fit, or a count is not a positive integer.
        """
        batch_size = check_integer("check_accuracy", "batch_size", batch_size, 1)
        X, y = check_examples("check_accuracy", {"X": X, "y": y}, "X", "y")
        num_samples = check_count("check_accuracy", "num_samples", num_samples)
        if num_samples is not None and num_samples < len(X):
            rng = np.random.default_rng([self.seed, self.epoch, _SUBSET])
            chosen = rng.choice(len(X), num_samples, replace=False)
            X, y = X[chosen], y[chosen]
        right = 0
        for start in range(0, len(X), batch_size):
            scores = self.model.loss(X[start : start + batch_size])
            labels = y[start : start + batch_size]
            if scores.ndim != 2 or len(scores) != len(labels):
                raise ValueError(f"check_accuracy: scores have shape {scores.shape}; expected ({len(labels)}, C)")
            finite = np.isfinite(np.max(scores, axis=1))  # of NaN and infinity the argmax is no answer
            right += int(np.sum(finite & (np.argmax(scores, axis=1) == labels)))
        return right / len(X)

    def _check_finite_and_fitting(self, loss, grads, X, y):
        """Refuse a loss or gradients that must not be used for an update."""
        params = self.model.params
        check_known("Solver: model.loss", "gradient", grads, tuple(params))
        for name, w in params.items():
            if name not in grads:
                raise ValueError(f"Solver: model.loss gave no gradient for parameter {name!r}")
            if np.shape(grads[name]) != w.shape:
                raise ValueError(f"Solver: gradient {name!r} has shape {np.shape(grads[name])}; needs {w.shape}")
        culprits = [f"loss is {loss}"] if not np.isfinite(loss) else []
        culprits += [f"gradient of {name!r} is not finite" for name in params if not np.isfinite(grads[name]).all()]
        if culprits:
            find = getattr(self.model, "first_nonfinite", None)
            found = find(X, y) if find else None
            where = f"; the first value that is not finite is in {found}" if found else ""
            raise FloatingPointError(
                f"Solver: the {culprits[0]} at iteration {self.iteration + 1} / {self.num_iterations} with learning "
                f"rate {self.learning_rate:g}{where}. Try a lower learning rate, and look for NaN in the data"
            )

    def _save_checkpoint(self):
        """Write the run to ``<checkpoint_name>_epoch_<epoch>.npz``, if there is such a name."""
        if self.checkpoint_name is not None:
            save_checkpoint(f"{self.checkpoint_name}_epoch_{self.epoch}.npz", self)


def _copies(arrays):
    return {name: np.array(array) for name, array in arrays.items()}
