"""Modules that an extra brings."""

import importlib

NO_PICTURES = "pictures need matplotlib; in the checkout: pip install -e '.[run]'"


def extra(name):
    """Import a module that needs an extra; None if the extra is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in (name.split(".")[0], "matplotlib"):
            return None
        raise
