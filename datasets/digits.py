"""The UCI digits: 1,797 handwritten digits of 8 x 8 pixels, embedded in this package.

E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
doi 10.24432/C50P49, CC BY 4.0 (see LICENSE-digits.txt). `build_digits.py` makes the file from scikit-learn's copy.
"""

from pathlib import Path

import numpy as np


def load_digits():
    """Load the handwritten digits as the Solver's dict, from a file in this package.

    Pixels are scaled from 0..16 to 0..1, then the mean image of the training set is subtracted from every image. The
    split is stratified, fixed, and part of the file, so that results compare across seeds and NumPy versions.

    Returns
    -------
    dict
        ``X_train`` (1257, 1, 8, 8), ``X_val`` (180, 1, 8, 8), ``X_test`` (360, 1, 8, 8) : ndarrays of float32.
        ``y_train``, ``y_val``, ``y_test`` : ndarrays of int64, labels 0 to 9.
        ``mean_image`` : ndarray of float32, shape (1, 8, 8); add it to see the digits again.
        ``class_names`` : list of str.

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
        X = file["images"][:, None].astype(np.float32) / 16
        y = file["labels"].astype(np.int64)
        parts = {name: file[name] for name in ("train", "val", "test")}

    mean_image = X[parts["train"]].mean(axis=0, dtype=np.float64).astype(np.float32)
    data = {"mean_image": mean_image, "class_names": [str(digit) for digit in range(10)]}
    for name, indices in parts.items():
        data[f"X_{name}"], data[f"y_{name}"] = X[indices] - mean_image, y[indices]
    return data
