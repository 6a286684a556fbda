"""The minibatches of a run: each follows from the seed and its number alone, so that none must be remembered."""

import numpy as np

from .ahead import Ahead

# The generators of a run start from (seed, epoch) and what sets one purpose apart from the other.
SUBSET, AUGMENT = 1, 2


class Minibatches:
    """All minibatches of a run, by the number of the iteration.

    While one is worked on, the next is gathered, augmented and prepared on a thread, where that pays (see `Ahead`).

    Parameters
    ----------
    X : ndarray of shape (N, ...)
    y : ndarray of shape (N,)
    batch_size : int
    seed : int
    augment : function ``(X, y, rng) -> (X, y)``, optional
        Changes a minibatch at random, by a generator that follows from the seed and the number of the iteration.
    prepare : function ``X -> X``, optional
        Is applied after that.

    Examples
    --------
    Five examples in minibatches of two: the last one of each epoch is smaller.

    >>> batches = Minibatches(np.arange(5), np.arange(5), batch_size=2, seed=0)
    >>> batches.per_epoch
    3
    >>> [batches[iteration][0].tolist() for iteration in range(4)]
    [[2, 4], [3, 0], [1], [1, 4]]
    """

    def __init__(self, X, y, batch_size, seed, augment=None, prepare=None):
        self.X, self.y = X, y
        self.batch_size, self.seed, self.augment, self.prepare = batch_size, seed, augment, prepare
        self.per_epoch = -(-len(X) // batch_size)
        self._order_of_epoch = None, None
        self._ahead = Ahead(self._make)

    def __getitem__(self, iteration):
        """Return the X and y of an iteration, the first of which is 0."""
        return self._ahead.get(iteration)

    def take(self, iteration, end):
        """Return the X and y of an iteration that is followed by the next, up to `end`."""
        return self._ahead.get(iteration, coming=iteration + 1 if iteration + 1 < end else None)

    def rest(self):
        """Leave no thread behind."""
        self._ahead.drop()

    def _make(self, iteration):
        epoch, position = divmod(iteration, self.per_epoch)
        known, order = self._order_of_epoch
        if known != epoch:
            order = np.random.default_rng([self.seed, epoch]).permutation(len(self.X))
            self._order_of_epoch = epoch, order
        chosen = order[position * self.batch_size : (position + 1) * self.batch_size]
        X, y = self.X[chosen], self.y[chosen]
        if self.augment is not None:
            X, y = self.augment(X, y, np.random.default_rng([self.seed, epoch, AUGMENT, position]))
        return (X, y) if self.prepare is None else (self.prepare(X), y)
