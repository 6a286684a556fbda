"""How numbers are written in drawings: steps.js has the same rules."""

import math


def number(value):
    """Write a number as the notes do, with two decimals, or as many digits as its size asks for.

    Examples
    --------
    >>> [number(value) for value in (-12.0, 0.19661, 1.3679, 0.0123, 123.456, 1e-5, 123456.0, 0.0)]
    ['−12', '0.2', '1.37', '0.012', '123.5', '1e-5', '1.2e5', '0']
    """
    if not math.isfinite(value):
        return str(float(value))
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-3 or size >= 1e5:
        mantissa, exponent = f"{value:.1e}".split("e")
        text = f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    elif size < 0.1:
        text = f"{value:.2g}"
    else:
        decimals = 2 if size < 100 else 1 if size < 1000 else 0
        text = f"{value:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "\u2212", 1) if value < 0 else text
