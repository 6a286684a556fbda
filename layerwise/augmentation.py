"""Augmentation as it is written on the command line: ``flip,crop``, ``flip,crop:2,mixup``."""

from functools import partial

from datasets import AUGMENTATIONS, compose_augment

# What the number after the colon is, and how it is read.
NUMBERS = {
    "crop": ("pad", int),
    "shift": ("pixels", int),
    "rotate": ("degrees", float),
    "cutout": ("size", int),
    "brightness": ("most", float),
    "contrast": ("most", float),
    "mixup": ("alpha", float),
}
SPELLINGS = ", ".join(f"{name}:{NUMBERS[name][0].upper()}" if name in NUMBERS else name for name in AUGMENTATIONS)


def make_augment(text, num_classes):
    """Make the augmentation that a text names: steps with commas between them, in this order.

    Raises
    ------
    ValueError
        If a name is not known, or takes no such number.

    Examples
    --------
    >>> make_augment("flip,crop:2,mixup", num_classes=10).__qualname__
    'random_flip, random_crop(pad=2), mixup(num_classes=10)'
    """
    return compose_augment(*(_step(step, num_classes) for step in text.split(",")))


def _step(text, num_classes):
    name, colon, written = text.partition(":")
    if name not in AUGMENTATIONS:
        raise ValueError(f"unknown augmentation {name!r}; known are {SPELLINGS}")
    settings = {"num_classes": num_classes} if name == "mixup" else {}
    if colon:
        if name not in NUMBERS:
            raise ValueError(f"{name} takes no number, got {text!r}")
        setting, read = NUMBERS[name]
        try:
            settings[setting] = read(written)
        except ValueError:
            kind = "an integer" if read is int else "a number"
            raise ValueError(f"expected {kind} after the colon, got {text!r}") from None
    return partial(AUGMENTATIONS[name], **settings) if settings else AUGMENTATIONS[name]
