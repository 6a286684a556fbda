"""Libraries that only the benchmarks compare with: imported where they are used."""

import importlib


def import_extra(module, name):
    """Import a module of the extra ``bench``.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed; the message says what to install.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"benchmarks: {name} is not installed: pip install -e '.[bench]'; the tables growth and naive do without it"
        ) from None
