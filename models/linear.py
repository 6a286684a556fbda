"""Linear classifiers, trained by stochastic gradient descent. Their losses are in `linear_losses`."""

import numpy as np

from .checks import FLOATS, as_floats, check_generator, check_integer, check_labels, check_number
from .files import check_fit, load_arrays, save_arrays
from .linear_losses import softmax_loss_vectorized, svm_loss_vectorized


class LinearClassifier:
    """What `LinearSVM` and `Softmax` share: training by stochastic gradient descent, and prediction.

    Parameters
    ----------
    seed : None, int or numpy.random.Generator
        For the first weights and the choice of minibatches.

    Attributes
    ----------
    W : ndarray of shape (D, C), or None before the first training
    """

    def __init__(self, seed=None):
        self.W = None
        self._rng = check_generator(type(self).__name__, seed)

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        """Take num_iters steps down the gradient; called again, go on from the weights found so far.

        Parameters
        ----------
        X : ndarray of shape (N, D)
        y : ndarray of shape (N,)
            Integer labels from 0; the first training takes max(y) + 1 for the number of classes C.
        learning_rate, reg : float
        num_iters, batch_size : int
            Minibatches are drawn with replacement.
        verbose : bool
            Print every hundredth loss.

        Returns
        -------
        loss_history : list of num_iters float
        """
        where = f"{type(self).__name__}.train"
        X = as_floats(where, X)
        if X.ndim != 2 or len(X) == 0:
            raise ValueError(f"{where}: X has shape {X.shape}; expected (N, D) with N >= 1")
        check_labels(where, X, y)
        check_number(where, "learning_rate", learning_rate)
        check_number(where, "reg", reg)
        check_integer(where, "num_iters", num_iters, at_least=0)
        check_integer(where, "batch_size", batch_size, at_least=1)
        if self.W is None:
            self.W = (0.001 * self._rng.standard_normal((X.shape[1], int(y.max()) + 1))).astype(X.dtype)
        loss_history = []
        for iteration in range(num_iters):
            chosen = self._rng.integers(len(X), size=batch_size)
            loss, dW = self.loss(X[chosen], y[chosen], reg)
            self.W = self.W - float(learning_rate) * dW
            loss_history.append(loss)
            if verbose and iteration % 100 == 0:
                print(f"iteration {iteration} / {num_iters}: loss {loss:f}")
        return loss_history

    def predict(self, X):
        """Return the label with the highest score, of shape (N,), for each row of X, of shape (N, D)."""
        where = f"{type(self).__name__}.predict"
        self._check_trained("predict")
        X = as_floats(where, X)
        if X.ndim != 2 or X.shape[1] != len(self.W):
            raise ValueError(f"{where}: X has shape {X.shape}; W of shape {self.W.shape} needs (N, {len(self.W)})")
        return np.argmax(X @ self.W, axis=1)

    def save(self, path):
        """Write W to an ``.npz`` file, whole or not at all; the ending is added where it is missing."""
        self._check_trained("save")
        save_arrays(path, {"W": self.W})

    def load(self, path):
        """Read W back and return True; once there is a W, only one of the same shape and dtype is taken."""
        where = f"{type(self).__name__}.load: {path}"
        found = load_arrays(path)
        check_fit(where, found, {"W": found.get("W") if self.W is None else self.W})
        W = found["W"]
        if W.ndim != 2 or W.dtype not in FLOATS:
            raise ValueError(f"{where}: W has shape {W.shape} and dtype {W.dtype}; expected (D, C), float32 or float64")
        self.W = W
        return True

    def _check_trained(self, method):
        if self.W is None:
            raise RuntimeError(f"{type(self).__name__}.{method}: there are no weights yet; call train(X, y) first")


class LinearSVM(LinearClassifier):
    """A linear classifier with the multiclass SVM loss.

    Examples
    --------
    >>> X, y = np.array([[2.0, 1.0], [-2.0, 1.0]]), np.array([0, 1])
    >>> svm = LinearSVM(seed=0)
    >>> losses = svm.train(X, y, learning_rate=0.1, num_iters=50)
    >>> svm.predict(X)
    array([0, 1])
    """

    def loss(self, X_batch, y_batch, reg):
        """Return ``(loss, dW)`` of `svm_loss_vectorized` for this classifier's W."""
        self._check_trained("loss")
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    """A linear classifier with the softmax loss."""

    def loss(self, X_batch, y_batch, reg):
        """Return ``(loss, dW)`` of `softmax_loss_vectorized` for this classifier's W."""
        self._check_trained("loss")
        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)
