"""Make digits.npz from the copy of the UCI digits in scikit-learn's distribution: ``python -m datasets.build_digits``.

E. Alpaydin, C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
doi 10.24432/C50P49, CC BY 4.0 (see LICENSE-digits.txt).
"""

from pathlib import Path

import numpy as np

from .split import stratified_split


def build_digits(path):
    """Write the images, the labels and the split to an ``.npz`` file.

    Parameters
    ----------
    path : str or path
        It holds ``images`` (1797, 8, 8) and ``labels`` (1797,), both of uint8, and the indices of the three parts,
        ``train``, ``val`` and ``test``, of uint16.
    """
    from sklearn.datasets import load_digits  # for this script only: the package itself does not need scikit-learn

    digits = load_digits()
    train, val, test = stratified_split(digits.target, (0.7, 0.1, 0.2), seed=0)
    np.savez_compressed(
        path,
        images=digits.images.astype(np.uint8),
        labels=digits.target.astype(np.uint8),
        train=train.astype(np.uint16),
        val=val.astype(np.uint16),
        test=test.astype(np.uint16),
    )


if __name__ == "__main__":
    build_digits(Path(__file__).with_name("digits.npz"))
