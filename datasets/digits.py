"""The UCI digits: 1,797 handwritten digits of 8 x 8 pixels, embedded in this package.

E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
doi 10.24432/C50P49, CC BY 4.0 (see LICENSE-digits.txt). `build_digits.py` makes the file from scikit-learn's copy.
"""

from pathlib import Path

import numpy as np

from .registry import DIGIT_NAMES
from .solver_data import solver_data


def load_digits(**options):
    """Load the handwritten digits as the Solver's dict, from a file in this package.

    Pixels are scaled from 0..16 to 0..1, then the mean image of the training set is subtracted from every image. The
    split is stratified, fixed, and part of the file, so that results compare across seeds and NumPy versions.

    Parameters
    ----------
    **options
        ``num_training num_validation num_test subtract_mean normalize flatten dtype keep_uint8 seed``, as `solver_data`
        has them; the 180 examples of the validation set come after the 1,257 of the training set.

    Returns
    -------
    dict
        ``X_train`` (1257, 1, 8, 8), ``X_val`` (180, 1, 8, 8), ``X_test`` (360, 1, 8, 8) : ndarrays of float32.
        ``y_train``, ``y_val``, ``y_test`` : ndarrays of int64, labels 0 to 9.
        ``mean_image`` : ndarray of float32, shape (1, 8, 8); add it to see the digits again.
        ``class_names`` : list of str.
        ``scale``, 16, and ``std``, ones, as `solver_data` has them.

        The arrays are new ones on each call.

    References
    ----------
    E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, doi 10.24432/C50P49, CC BY 4.0.

    Examples
    --------
    >>> data = load_digits()
    >>> data["X_train"].shape, data["X_train"].dtype, data["y_train"][:4]
    ((1257, 1, 8, 8), dtype('float32'), array([7, 3, 5, 1]))
    """
    with np.load(Path(__file__).with_name("digits.npz"), allow_pickle=False) as file:
        X, y = file["images"][:, None], file["labels"]
        rest, test = np.concatenate([file["train"], file["val"]]), file["test"]
        options = {"num_validation": len(file["val"]), "scale": 16} | options
    return solver_data(X[rest], y[rest], X[test], y[test], DIGIT_NAMES, **options)
