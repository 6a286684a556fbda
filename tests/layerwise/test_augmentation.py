"""Augmentation as it is written on the command line."""

import numpy as np
import pytest

from datasets import AUGMENTATIONS
from layerwise.augmentation import NUMBERS, SPELLINGS, make_augment


@pytest.mark.parametrize(
    "text, told",
    [
        ("flip", "random_flip"),
        ("crop:2,flip", "random_crop(pad=2), random_flip"),
        ("rotate:7.5,brightness:0.1", "random_rotate(degrees=7.5), random_brightness(most=0.1)"),
        ("cutout,mixup:1", "cutout, mixup(num_classes=3, alpha=1.0)"),
    ],
)
def test_names_and_numbers_become_steps_in_their_order(text, told):
    assert make_augment(text, num_classes=3).__qualname__ == told


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_augmentation_can_be_had(name):
    X, y = np.random.default_rng(0).integers(0, 256, (6, 3, 9, 9), dtype=np.uint8), np.arange(6) % 3
    for text in (name, f"{name}:1") if name in NUMBERS else (name,):
        out, labels = make_augment(text, num_classes=3)(X, y, np.random.default_rng(0))
        assert out.shape == X.shape and labels.shape == ((6, 3) if name == "mixup" else (6,))
    assert name in SPELLINGS


@pytest.mark.parametrize(
    "text, words",
    [
        ("flop", "unknown augmentation 'flop'; known are flip, crop:PAD, shift:PIXELS, rotate:DEGREES, cutout:SIZE, "),
        ("flip,", "unknown augmentation ''; known are "),
        ("flip:2", "flip takes no number, got 'flip:2'"),
        ("crop:", "expected an integer after the colon, got 'crop:'"),
        ("crop:1.5", "expected an integer after the colon, got 'crop:1.5'"),
        ("rotate:x", "expected a number after the colon, got 'rotate:x'"),
    ],
)
def test_what_is_refused(text, words):
    with pytest.raises(ValueError) as error:
        make_augment(text, num_classes=3)
    assert str(error.value).startswith(words)
