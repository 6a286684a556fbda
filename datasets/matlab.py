"""Arrays of numbers in MATLAB files of version 5 to 7; what else such files may hold is passed over.

SciPy's reader is for files that one trusts: of 10,000 that were damaged at random, 52 killed the process (SciPy 1.17).

The format: a header of 128 bytes, then elements, each with its type and its length in bytes, and perhaps compressed. An
array is an element that has elements in it: flags, dimensions, name and numbers, in the order of Fortran.
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

import math
import struct
import zlib

import numpy as np

HEADER_BYTES = 128
ARRAY, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}  # of elements
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}  # of arrays
IS_COMPLEX = 0x800


def parse_matlab(where, content, names, most):
    """Read arrays of numbers.

    Parameters
    ----------
    where : str or path
        What the content was read from, for messages.
    content : bytes
    names : sequence of str
        The arrays that are wanted.
    most : int
        Bytes that all compressed elements may expand to.

    Returns
    -------
    dict
        Name to ndarray, read-only, in the order of Fortran; without the names that the file lacks.

    Raises
    ------
    ValueError
        If it is no such file, or is damaged; nothing is allocated for numbers that are not there.
    """
    try:
        order = {b"IM": "<", b"MI": ">"}.get(content[126:HEADER_BYTES])
        if order is None:
            raise ValueError("it has no header")
        if struct.unpack_from(f"{order}H", content, 124) != (0x100,):
            raise ValueError("it is of another version; save it by `save -v7`")
        arrays = {}
        for kind, element in _elements(memoryview(content)[HEADER_BYTES:], order):
            if kind == COMPRESSED:
                element = memoryview(_inflated(element, most))
                most -= len(element)
                ((kind, element),) = _elements(element, order)
            if kind == ARRAY:
                arrays |= _array(element, order, names)
        return arrays
    except (ValueError, struct.error, zlib.error) as error:
        raise ValueError(f"{where}: is no MATLAB file of version 5 to 7, or is damaged: {error}") from None


def _elements(content, order):
    """Take the elements out of bytes, one after the other, as (type, bytes)."""
    at = 0
    while at < len(content):
        kind, length = struct.unpack_from(f"{order}II", content, at)
        if kind >> 16:  # a small element: length and type share four bytes, up to four more are its content
            kind, length, start, end = kind & 0xFFFF, kind >> 16, at + 4, at + 8
            if length > 4:
                raise ValueError(f"a small element claims {length} bytes")
        else:
            start = at + 8
            end = start + length + (0 if kind == COMPRESSED else -length % 8)
        if start + length > len(content):
            raise ValueError(f"an element claims {length:,} bytes; there are {len(content) - start:,}")
        yield kind, content[start : start + length]
        at = end


def _inflated(compressed, most):
    inflater = zlib.decompressobj()
    inflated = inflater.decompress(compressed, most + 1)
    if len(inflated) > most:
        raise ValueError(f"it expands to more than {most:,} bytes")
    if not inflater.eof:
        raise ValueError("it is cut off")
    return inflated


def _array(content, order, names):
    """Read an array's parts; a dict of its name and itself, or nothing if it is of no use."""
    parts = _elements(content, order)
    head = [bytes(part) for _, (_, part) in zip(range(3), parts)]
    if len(head) < 3:
        raise ValueError("an array has no name")
    flags, dimensions, name = head
    name = name.decode("latin-1")
    if name not in names:
        return {}
    (flags,) = struct.unpack_from(f"{order}I", flags)
    shape = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions)
    kind, numbers = next(parts, (0, b""))
    if flags & 0xFF not in CLASSES or flags & IS_COMPLEX or kind not in NUMBERS:
        raise ValueError(f"{name} is no array of real numbers")
    stored = np.dtype(NUMBERS[kind]).newbyteorder(order)
    if min(shape, default=-1) < 0 or len(shape) > 8 or math.prod(shape) * stored.itemsize != len(numbers):
        raise ValueError(f"{name} claims shape {shape[:8]} of {stored}; it has {len(numbers):,} bytes")
    array = np.frombuffer(numbers, stored).reshape(shape, order="F")
    return {name: array.astype(CLASSES[flags & 0xFF], copy=False)}  # numbers that fit are stored as a smaller type
