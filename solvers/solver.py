"""The training loop: minibatches, updates, accuracies, the best model kept, and no run ever lost."""

import copy
import inspect
import secrets
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .all_at_once import AllAtOnce
from .checks import (
    ABOVE_ZERO,
    FRACTION,
    check_count,
    check_examples,
    check_function,
    check_functions,
    check_integer,
    check_known,
    check_number,
)
from .minibatches import SUBSET, Minibatches
from .optim import UPDATE_RULES
from .remedies import accumulate_gradients, clip_gradients, move_average
from .run import Run
from .schedules import check_schedule
from .snapshot import copies, place, state_of


class Solver(Run):
    """Train a model on a dataset by minibatches and an update rule, and keep the best of it.

    A model is anything with two names: ``model.params``, a dict of float32 or float64 arrays, and ``model.loss``, where
    ``loss(X)`` gives the scores in test mode and ``loss(X, y)`` gives ``(loss, grads)`` in train mode, grads having the
    keys of params. If it has them, three more are used: ``model.state``, a settable property with a dict of arrays that
    are not trained but belong to the model (running statistics); ``model.generators``, a dict of the generators that it
    draws from (dropout); and ``model.first_nonfinite(X, y)``, which names where a NaN or infinity first
    appears, or gives None.

    An iteration happens whole or not at all: what fails in it leaves no trace. With a `checkpoint_name`, a run that was
    ended by whatever means, and taken up by a Solver made with the same arguments and `resume`, gives the same numbers,
    bit by bit, as one that ran through.

    Parameters
    ----------
    model : object
    data : dict
        ``X_train`` of shape (N_train, ...), ``y_train`` (N_train,), ``X_val`` (N_val, ...), ``y_val`` (N_val,); other
        keys are not looked at. X may be raw pixels, kept as uint8: see prepare.
    update_rule : str
        A name in `UPDATE_RULES`.
    optim_config : dict, optional
        Settings of the update rule, such as ``{"learning_rate": 1e-3}``. Every parameter gets a copy of its own.
    lr_decay : float
        The learning rate is multiplied by it at the end of each epoch.
    schedule : function ``(epoch, num_epochs) -> factor``, optional
        Sets the learning rate of every iteration, in place of lr_decay; see `solvers.schedules`.
    batch_size, num_epochs : int
        An epoch is a shuffle: it shows every training example once; its last minibatch may be smaller.
    accumulate : int
        How many minibatches make one update, as if they were one of ``accumulate * batch_size`` examples; memory holds
        one at a time. It is the same to rounding, but for batch normalisation, which sees one at a time too.
    augment : function ``(X, y, rng) -> (X, y)``, optional
        Changes a minibatch at random, by the generator it is given; y may become soft labels, (N, C). Accuracies are
        measured without it, those on the training set, too.
    prepare : function ``X -> X``, optional
        What the model needs done to all examples, such as `datasets.to_float` to raw pixels: it is applied to
        minibatches after augment, and to what accuracies are measured on.
    clip_norm : float, optional
        The gradients of all parameters together, as one vector, are shortened to this length.
    ema_decay : float, optional
        Accuracies are measured with, and the best model is made of, an exponential average of the parameters (and of
        the state), that forgets at this rate; see `solvers.move_average`.
    patience : int, optional
        Training ends when for so many epochs no validation accuracy was better than the best.
    num_train_samples, num_val_samples : int or None
        How many examples the accuracies are measured on; None means all.
    checkpoint_name : str or path, optional
        If given, each epoch's end writes ``<checkpoint_name>_epoch_<epoch>.npz``; the first iteration writes epoch 0.
        Where epochs are so short that this would take more than a hundredth of the time, some are left out. The last
        two are kept, and that of the best model. A full disk is warned of, and training goes on.
    checkpoint_every, checkpoint_seconds : int, float, optional
        Besides, write ``<checkpoint_name>_iteration_<iteration>.npz`` after so many iterations, or when so much time
        has passed. Whatever ends training writes one, too.
    print_every : int
        How many iterations from one printed loss to the next.
    verbose : bool
        Whether anything is printed.
    seed : int, optional
        Determines all that is random here; unless given, one is drawn, and is found in ``solver.seed``.
    on_iteration, on_epoch : sequence of functions
        Each is called as ``callback(solver)``, after every iteration and after every end of an epoch, when histories
        and the best model are up to date. One that fails ends training when the others have been called, too.

    Attributes
    ----------
    iteration, num_iterations, iterations_per_epoch : int
        Iterations done, to be done in all, and in each epoch.
    epoch : int
        Epochs done.
    learning_rate : float
    last_grads : dict of ndarray
        The gradients of the last iteration, before they were clipped; empty before the first.
    loss_history : list of float
        One loss an iteration.
    train_acc_history, val_acc_history : list of float
        Accuracies after the first iteration and after each epoch: num_epochs + 1 entries, or num_epochs if an epoch is
        a single iteration, whose end is then both.
    best_val_acc : float
        Minus infinity until the first accuracy is measured.
    best_params, best_state : dict
        Copies of the parameters and of the state that had it.
    best_iteration : int
        How many iterations were done then.
    average_params, average_state : dict
        The averages, with ema_decay.
    last_checkpoint : path or None
        The one that was last written or read.
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
        schedule=None,
        batch_size=100,
        num_epochs=10,
        accumulate=1,
        augment=None,
        prepare=None,
        clip_norm=None,
        ema_decay=None,
        patience=None,
        num_train_samples=1000,
        num_val_samples=None,
        checkpoint_name=None,
        checkpoint_every=None,
        checkpoint_seconds=None,
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
        self.lr_decay = check_number("Solver", "lr_decay", lr_decay, *ABOVE_ZERO)
        self.batch_size = check_integer("Solver", "batch_size", batch_size, 1)
        self.num_epochs = check_integer("Solver", "num_epochs", num_epochs, 0)
        self.schedule = check_schedule("Solver", schedule, self.num_epochs)
        if schedule is not None and self.lr_decay != 1:
            raise ValueError(f"Solver: lr_decay {lr_decay!r} and a schedule; expected one of them")
        self.accumulate = check_integer("Solver", "accumulate", accumulate, 1)
        self.augment = check_function("Solver", "augment", augment)
        self.prepare = check_function("Solver", "prepare", prepare)
        self.clip_norm = check_number("Solver", "clip_norm", clip_norm, *ABOVE_ZERO, optional=True)
        self.ema_decay = check_number("Solver", "ema_decay", ema_decay, *FRACTION, optional=True)
        self.patience = check_count("Solver", "patience", patience)
        self.num_train_samples = check_count("Solver", "num_train_samples", num_train_samples)
        self.num_val_samples = check_count("Solver", "num_val_samples", num_val_samples)
        self.checkpoint_name = None if checkpoint_name is None else Path(checkpoint_name)
        if self.checkpoint_name is not None and not self.checkpoint_name.parent.is_dir():
            raise ValueError(f"Solver: checkpoint_name {checkpoint_name!r} is in a folder that does not exist")
        self.checkpoint_every = check_count("Solver", "checkpoint_every", checkpoint_every)
        self.checkpoint_seconds = check_number(
            "Solver", "checkpoint_seconds", checkpoint_seconds, *ABOVE_ZERO, optional=True
        )
        if checkpoint_name is None and (checkpoint_every or checkpoint_seconds):
            raise ValueError("Solver: checkpoint_every and checkpoint_seconds need a checkpoint_name")
        self.print_every = check_integer("Solver", "print_every", print_every, 1)
        self.verbose = verbose
        self.seed_is_given = seed is not None
        self.seed = secrets.randbits(32) if seed is None else check_integer("Solver", "seed", seed, 0)
        self.on_iteration = check_functions("Solver", "on_iteration", on_iteration)
        self.on_epoch = check_functions("Solver", "on_epoch", on_epoch)
        self._reset()

    def _reset(self):
        """Forget all training; the parameters stay as they are."""
        if not self.model.params:
            raise ValueError("Solver: model.params is empty; expected a dict of arrays to train")
        self.iteration = 0
        self._start_minibatches()
        self.num_iterations = self.num_epochs * self.iterations_per_epoch
        self.last_grads = {}
        self.loss_history = []
        self.train_acc_history = []
        self.val_acc_history = []
        self.best_val_acc = -np.inf
        self.best_iteration = 0
        self.best_params, self.best_state = {}, {}
        self.average_params, self.average_state = {}, {}
        self.last_gain = 0  # the epoch from which patience counts
        self.optim_configs = {}
        self._update = AllAtOnce(UPDATE_RULES[self.update_rule])
        for name, w in self.model.params.items():
            # A step along no gradient, whose result is dropped: it refuses a wrong setting now, before any training.
            _, complete = UPDATE_RULES[self.update_rule](w, np.zeros_like(w), self.optim_config)
            config = copy.deepcopy(self.optim_config)
            self.optim_configs[name] = {**config, "learning_rate": complete["learning_rate"]}
        self._first_learning_rate = self.learning_rate
        self._begin_run()

    def _start_minibatches(self):
        size = self.accumulate * self.batch_size
        self._minibatches = Minibatches(self.X_train, self.y_train, size, self.seed, self.augment, self.prepare)
        self.iterations_per_epoch = self._minibatches.per_epoch

    @property
    def epoch(self):
        return self.iteration // self.iterations_per_epoch

    @property
    def learning_rate(self):
        return next(iter(self.optim_configs.values()))["learning_rate"]

    def _follow_schedule(self):
        """Set the learning rate of the coming step."""
        to_do = (self.num_iterations - self.iteration) / self.iterations_per_epoch
        factor = self.schedule(self.num_epochs - to_do, self.num_epochs)
        for config in self.optim_configs.values():
            config["learning_rate"] = self._first_learning_rate * float(factor)

    def _step(self):
        """Make one update of every parameter from one minibatch, and keep the books.

        `_check_finite_and_fitting` refuses what is not finite before anything changes; with a clip_norm the gradients
        are clipped (`clip_gradients`). The update rule gets each parameter with its gradient and its config from
        optim_configs; what it returns replaces both. `_update` does so with all of them at once. Then the loss is added
        to loss_history, and iteration goes up by 1.
        """
        X, y = self._minibatch()
        loss, grads = accumulate_gradients(self.model, X, y, self.batch_size)
        self._check_finite_and_fitting(loss, grads, X, y)
        self.last_grads = grads
        if self.clip_norm is not None:
            grads = clip_gradients(grads, self.clip_norm)
        params, self.optim_configs = self._update(self.model.params, grads, self.optim_configs)
        self.model.params.update(params)
        self.loss_history.append(float(loss))
        self.iteration += 1

    def _after_step(self):
        """Print, average, decay the learning rate, and measure, each when its time has come."""
        if self.verbose and (self.iteration - 1) % self.print_every == 0:
            print(f"(Iteration {self.iteration} / {self.num_iterations}) loss: {self.loss_history[-1]:f}")
        if self.ema_decay is not None:
            how = self.ema_decay, self.iteration
            self.average_params = move_average(self.average_params, self.model.params, *how)
            self.average_state = move_average(self.average_state, state_of(self.model), *how)
        epoch_ended = self.iteration % self.iterations_per_epoch == 0
        if epoch_ended:
            for config in self.optim_configs.values():
                config["learning_rate"] *= self.lr_decay
        if epoch_ended or self.iteration == 1:
            with self._averages_in_place():
                self._measure()

    def _minibatch(self):
        """Return the X and y of the current iteration, augmented and prepared."""
        return self._minibatches.take(self.iteration, self.num_iterations)

    @contextmanager
    def _averages_in_place(self):
        """Let the model hold the averages for a while, if there are any."""
        params, state = dict(self.model.params), copies(state_of(self.model))
        place(self.model, self.average_params, self.average_state)
        try:
            yield
        finally:
            place(self.model, params, state)

    def _measure(self):
        """Take both accuracies, and the model if it is the best so far."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, num_samples=self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, num_samples=self.num_val_samples)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        if val_acc > self.best_val_acc:
            self.best_val_acc = val_acc
            self.best_iteration = self.iteration
            self.last_gain = self.epoch
            self.best_params = copies(self.model.params)
            self.best_state = copies(state_of(self.model))
        if self.verbose:
            num_epochs = self.num_iterations // self.iterations_per_epoch
            print(f"(Epoch {self.epoch} / {num_epochs}) train acc: {train_acc:f}; val_acc: {val_acc:f}")

    def prepared(self, X):
        """Return examples as the model is given them."""
        return X if self.prepare is None else self.prepare(X)

    def _scores(self, X):
        return self.model.loss(self.prepared(X))

    def check_accuracy(self, X, y, num_samples=None, batch_size=100):
        """Measure the share of examples whose highest score, a finite number, is that of their label.

        The scores are those of ``self._scores(X)``: the model's, of X as `prepare` makes it.

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
            rng = np.random.default_rng([self.seed, self.epoch, SUBSET])
            chosen = rng.choice(len(X), num_samples, replace=False)
            X, y = X[chosen], y[chosen]
        right = 0
        for start in range(0, len(X), batch_size):
            scores = self._scores(X[start : start + batch_size])
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
