"""Tell whether another distribution's ``datasets`` stands in the place of ours."""

from importlib.util import find_spec
from pathlib import Path


def shadow_of_datasets():
    """Look where Python finds the package ``datasets``, without importing it.

    Hugging Face's library has the same name; so may a folder of data in the current directory.

    Returns
    -------
    str or None
        What is wrong and what helps; None if ``datasets`` is the folder beside this package.
    """
    ours = Path(__file__).resolve().parent.parent / "datasets"
    spec = find_spec("datasets")
    if spec is None:
        return f"Python finds no package 'datasets'; layerwise's own belongs in {ours}. Install the whole checkout"
    places = [Path(place).resolve() for place in spec.submodule_search_locations or [spec.origin]]
    if places[0] == ours:
        return None
    return (
        f"the package 'datasets' that Python finds is {places[0]}, not layerwise's own in {ours}. Hugging Face's "
        "library has the same name: install layerwise in a virtual environment of its own, or run it from its checkout"
    )
