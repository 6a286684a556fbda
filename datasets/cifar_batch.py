"""The python version of CIFAR: batches that were written by Python's pickle, read without it.

A pickle is a program for a small stack machine, and the machine of Python's library imports and calls what the program
names. This one has only the instructions that arrays, lists, dicts and strings are made of. The four names that such
files contain stand for what is done here, and nothing is imported or called by name: a file can give numbers, or be
refused. (The library's machine, restricted to these names, still hands out memory for any entry of its memo that a file
of ten bytes mentions, calls NumPy with any arguments, and follows tuples however deep.)

The instructions: https://docs.python.org/3/library/pickletools.html
"""

import io
import math
import pickletools

import numpy as np

_NAMES = {
    "numpy.core.multiarray _reconstruct": "reconstruct",
    "numpy._core.multiarray _reconstruct": "reconstruct",  # as NumPy 2 calls it
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "_codecs encode": "encode",  # bytes, where Python 3 wrote for Python 2
}
MOST_INSTRUCTIONS = 2_000_000  # CIFAR-100's 50,000 training images take about a tenth; each may make an object
_UINT8 = ("u1", "|u1")
_LITERALS = {
    "BININT", "BININT1", "BININT2", "BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_ALLOWED = (
    _LITERALS | set(_CONSTANTS) | set(_TUPLES)
    | {"PROTO", "FRAME", "STOP", "MARK", "BINPUT", "LONG_BINPUT", "MEMOIZE", "BINGET", "LONG_BINGET", "EMPTY_LIST"}
    | {"EMPTY_DICT", "APPEND", "APPENDS", "SETITEM", "SETITEMS", "TUPLE", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD"}
)  # fmt: skip
_INSTRUCTIONS = {code.code.encode("latin-1"): code for code in pickletools.opcodes if code.name in _ALLOWED}


class _Name(str):
    """A name that the file mentions, as what it stands for: a key of what `_call` knows."""


class _UInt8:
    """Stands for the dtype in the file."""


class _Array:
    """Stands for an array in the file, until it is told its shape and its bytes."""

    array = None


_MARK = object()
_INCOMPLETE = "it is incomplete"


def read_batch(where, content):
    """Read a batch of the python version.

    Parameters
    ----------
    where : str or path
        What the content was read from, for messages.
    content : bytes

    Returns
    -------
    dict
        By str, whichever kind of string it was written with: ``data``, an ndarray of uint8, shape (N, 3072),
        ``labels``, a list of int, and what else there is. Arrays are read-only.

    Raises
    ------
    ValueError
        If the content is not a dict of such things, or contains any instruction or name that they do not need.
    """
    try:
        batch = _run(content)
        if not isinstance(batch, dict):
            raise ValueError(f"holds {type(batch).__name__}, not a dict")
    except (IndexError, KeyError):
        raise ValueError(f"{where}: is no batch of CIFAR's python version: {_INCOMPLETE}") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where}: is no batch of CIFAR's python version: {error}") from None
    return {key: value.array if isinstance(value, _Array) else value for key, value in batch.items()}


def _run(content):
    """Run the program in the content, and give what is on top of the stack at its end."""
    stack, memo, encoded = [], {}, 0
    for name, argument in _instructions(content):
        if name in _LITERALS:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name == "EMPTY_DICT":
            stack.append({})
        elif name == "TUPLE":
            stack.append(tuple(_since_mark(stack)))
        elif name in _TUPLES:
            stack.append(tuple(_last(stack, _TUPLES[name])))
        elif name in ("APPEND", "APPENDS"):
            items = _last(stack, 1) if name == "APPEND" else _since_mark(stack)
            _top(stack, list).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = _last(stack, 2) if name == "SETITEM" else _since_mark(stack)
            _top(stack, dict).update(zip(map(_key, items[::2]), items[1::2], strict=True))
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            stack.append(_allowed(argument if name == "GLOBAL" else " ".join(map(_text, _last(stack, 2)))))
        elif name == "REDUCE":
            function, arguments = _last(stack, 2)
            stack.append(_call(function, arguments))
            if isinstance(stack[-1], bytes):
                encoded += len(stack[-1])
                if encoded > len(content):  # one string, encoded again and again
                    raise ValueError("it encodes more than it holds")
        elif name == "BUILD":
            _build(*_last(stack, 2), stack)
    (result,) = _last(stack, 1)
    return result


def _instructions(content):
    """Read one instruction after another, as its name and its argument, up to STOP."""
    file = io.BytesIO(content)
    for _ in range(MOST_INSTRUCTIONS):
        code = file.read(1)
        if code not in _INSTRUCTIONS:
            raise ValueError(f"it contains the instruction {code!r}, which no such file needs" if code else _INCOMPLETE)
        instruction = _INSTRUCTIONS[code]
        if instruction.name == "STOP":
            return
        if instruction.name == "GLOBAL":  # two lines; pickletools would look for escapes in them
            yield instruction.name, " ".join(file.readline().decode("latin-1").rstrip("\n") for _ in range(2))
        else:
            yield instruction.name, instruction.arg and instruction.arg.reader(file)
    raise ValueError(f"it has more than {MOST_INSTRUCTIONS:,} instructions")


def _last(stack, number):
    """Take the topmost objects off the stack."""
    if len(stack) < number:
        raise ValueError(_INCOMPLETE)
    items = stack[len(stack) - number :]
    del stack[len(stack) - number :]
    return items


def _since_mark(stack):
    """Take off what lies above the topmost mark, and the mark."""
    above = len(stack) - 1
    while stack[above] is not _MARK:
        above -= 1
        if above < 0:
            raise ValueError(_INCOMPLETE)
    items = stack[above + 1 :]
    del stack[above:]
    return items


def _top(stack, kind):
    if not isinstance(stack[-1], kind):
        raise ValueError(f"it fills {type(stack[-1]).__name__} as if it were {kind.__name__}")
    return stack[-1]


def _text(value):
    """Give any kind of string as str."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise ValueError(f"it has {type(value).__name__} where a string belongs")
    return str(value)


_key = _text  # nothing else is hashed: a tuple's hash follows it however deep it is


def _allowed(name):
    if name not in _NAMES:
        raise ValueError(f"it names {name[:80]!r}, which no such file needs")
    return _Name(_NAMES[name])


def _call(function, arguments):
    """Do what a name stands for."""
    if not isinstance(function, _Name) or not isinstance(arguments, tuple):
        raise ValueError("it calls what is no function")
    if function == "reconstruct" and isinstance(arguments[0], _Name) and arguments[0] == "ndarray":
        return _Array()
    if function == "dtype" and _text(arguments[0]) in _UINT8:
        return _UInt8()
    if function == "encode" and isinstance(arguments[0], str) and arguments[1] == "latin1":
        return arguments[0].encode("latin-1")
    raise ValueError(f"it calls {function} with what no such file needs; its arrays must be of uint8")


def _build(target, state, stack):
    """Give an array its shape and bytes; a dtype has no state that matters to uint8."""
    if isinstance(target, _Array):
        _, shape, kind, is_fortran, numbers = state
        numbers = numbers if isinstance(numbers, bytes) else _text(numbers).encode("latin-1")
        if not isinstance(kind, _UInt8):
            raise ValueError("its array is not of uint8")
        if not isinstance(shape, tuple) or not all(type(length) is int and length >= 0 for length in shape):
            raise ValueError("its array has no shape")
        if math.prod(shape) != len(numbers):
            raise ValueError(f"its array of shape {shape[:4]} has {len(numbers):,} bytes")
        target.array = np.frombuffer(numbers, np.uint8).reshape(shape, order="F" if is_fortran else "C")
    elif not isinstance(target, _UInt8):
        raise ValueError(f"it gives state to {type(target).__name__}")
    stack.append(target)
