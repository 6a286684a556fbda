"""Drawings of backpropagation: scalar circuits as in the notes, and whole nets on a minibatch."""

from .circuit import Circuit, circuit
from .circuit_svg import circuit_svg
from .net import NetFlow, net_flow
from .net_svg import net_svg
from .page import circuit_page, net_page
