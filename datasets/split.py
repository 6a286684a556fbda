"""Splits that give every part its share of every class."""

import math

import numpy as np

from .checks import check_labels, check_seed


def stratified_split(y, fractions, seed=None):
    """Divide examples among parts so that every part has its share of every class.

    The examples, sorted by class and shuffled within each, are dealt out in turn and in proportion, like cards.
    The sizes of the parts therefore come out exactly, and the number of each class in each part nearly so.

    Parameters
    ----------
    y : ndarray of shape (N,)
        Integer class labels.
    fractions : sequence of K floats
        What each part gets; their sum is 1. Part sizes are rounded up, and the first part takes what is left.
    seed : int, optional
        The same seed gives the same split.

    Returns
    -------
    list of K ndarrays of int64
        The indices of each part, shuffled. Every index from 0 to N - 1 is in exactly one part.

    Raises
    ------
    TypeError
        If y is not an ndarray of integers.
    ValueError
        If the fractions are not positive with the sum 1, or a part would get no example of some class.

    Examples
    --------
    >>> y = np.repeat([0, 1], [60, 40])
    >>> train, test = stratified_split(y, (0.75, 0.25), seed=0)
    >>> np.bincount(y[train]), np.bincount(y[test])
    (array([45, 30]), array([15, 10]))
    """
    check_labels("stratified_split", y)
    sizes = _sizes(len(y), fractions)
    check_seed("stratified_split", seed)
    rng = np.random.default_rng(seed)

    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    turns = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes])
    part = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(turns, kind="stable")]
    parts = [rng.permutation(order[part == k]) for k in range(len(sizes))]

    for k, indices in enumerate(parts):
        absent = np.setdiff1d(y, y[indices])
        if absent.size:
            raise ValueError(
                f"stratified_split: class {absent[0]} has {np.sum(y == absent[0])} of N = {len(y)} examples, too few "
                f"for part {k} of the fractions {tuple(fractions)} to get one"
            )
    return parts


def split_data(X, y, fractions=(0.7, 0.1, 0.2), seed=None):
    """Make the Solver's dict from examples and labels: a stratified training, validation and test set.

    Parameters
    ----------
    X : ndarray of shape (N, d_1, ..., d_k)
    y : ndarray of shape (N,)
        Integer class labels.
    fractions : (float, float, float)
        What the training, the validation and the test set get.
    seed : int, optional
        As in `stratified_split`.

    Returns
    -------
    dict
        ``X_train y_train X_val y_val X_test y_test``, as copies.

    Raises
    ------
    TypeError, ValueError
        As `stratified_split`; also if X and y differ in N, or there are not three fractions.

    Examples
    --------
    >>> from datasets import make_spirals
    >>> data = split_data(*make_spirals(seed=0), seed=0)
    >>> data["X_train"].shape, data["y_test"].shape
    ((210, 2), (60,))
    """
    check_labels("split_data", y)
    if not isinstance(X, np.ndarray) or X.shape[:1] != y.shape:
        came = f"shape {X.shape}" if isinstance(X, np.ndarray) else type(X).__name__
        raise ValueError(f"split_data: X must be an ndarray with a row for each of the N = {len(y)} labels, got {came}")
    if len(tuple(fractions)) != 3:
        raise ValueError(f"split_data: fractions must be three, for train, val and test, got {fractions!r}")
    data = {}
    for name, indices in zip(("train", "val", "test"), stratified_split(y, fractions, seed)):
        data[f"X_{name}"], data[f"y_{name}"] = X[indices], y[indices]
    return data


def _sizes(N, fractions):
    fractions = tuple(fractions)
    if not all(0 < f < 1 for f in fractions) or not math.isclose(sum(fractions), 1):
        raise ValueError(f"stratified_split: fractions must be two or more from 0 to 1 with the sum 1, got {fractions}")
    # The inner rounding keeps 0.55 * 100 = 55.00000000000001 at 55.
    later = [math.ceil(round(f * N, 6)) for f in fractions[1:]]
    if sum(later) >= N:
        raise ValueError(f"stratified_split: N = {N} examples are too few for the fractions {fractions}")
    return [N - sum(later), *later]
