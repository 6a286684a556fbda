"""What the tests of augmentation share: images in which every pixel is told apart, and all steps."""

from functools import partial

import numpy as np

from datasets import AUGMENTATIONS, mixup

STEPS = {**AUGMENTATIONS, "mixup": partial(mixup, num_classes=5)}
DTYPES = (np.uint8, np.float32, np.float64)


def images(N=20, C=3, H=6, W=7, dtype=np.uint8, seed=0):
    values = np.random.default_rng(seed).uniform(1, 255, (N, C, H, W))
    return values.astype(dtype) if dtype == np.uint8 else ((values - 128) / 64).astype(dtype)


def labels(N=20):
    return np.arange(N) % 5
