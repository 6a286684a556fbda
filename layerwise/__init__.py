"""The program ``layerwise train``, or ``python -m layerwise train``. It composes the four packages; none imports it."""

__version__ = "0.1.0"
