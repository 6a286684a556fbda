"""Data: loaders, toy cases made on the spot, splits. A loader returns the dict that the Solver takes.

Hugging Face's ``datasets`` bears this package's name; a virtual environment of its own keeps the two apart. The
program and the tests say so when another ``datasets`` is found in place of this one (`layerwise.shadow`).
"""

from .digits import load_digits
from .split import split_data, stratified_split
from .toy import make_blobs, make_spirals
