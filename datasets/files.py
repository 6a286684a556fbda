"""Reading files that nobody has looked at yet: lengths, checksums and expansion, before anything is believed."""

import hashlib
import zlib

MOST_BYTES = 2**30  # that one file may hold; the largest of the known sets has 0.2e9
MOST_EXPANSION = 1032  # deflate cannot do better: a file that claims more is no gzip or zip of it

_GZIP = b"\x1f\x8b"


def read_bytes(path, most=MOST_BYTES):
    """Read a file whole, unless it is longer than that.

    Raises
    ------
    ValueError
        If it has more than `most` bytes.
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{path}: has more than {most:,} bytes")
    return content


def is_gzip(content):
    """Tell by the first two bytes; a name may be wrong."""
    return content[:2] == _GZIP


def first_bytes(where, content, number):
    """Give the first bytes of a file's content, decompressed if need be; fewer if there are no more."""
    if not is_gzip(content):
        return content[:number]
    try:
        return zlib.decompressobj(wbits=31).decompress(content, number)
    except zlib.error as error:
        raise ValueError(f"{where}: damaged gzip: {error}") from None


def inflate(where, content, length):
    """Decompress a gzip file of that many bytes, as known beforehand; it never takes more memory than that."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        inflated = inflater.decompress(content, length + 1)
    except zlib.error as error:
        raise ValueError(f"{where}: damaged gzip: {error}") from None
    if len(inflated) == length and inflater.eof and not inflater.unused_data:
        return inflated
    if len(inflated) > length:
        came = "has more"
    elif inflater.unused_data:
        came = f"has {len(inflated):,}, and something after its end"
    else:
        came = f"has {len(inflated):,}" if inflater.eof else f"is cut off after {len(inflated):,}"
    raise ValueError(f"{where}: should hold {length:,} bytes, decompressed, and {came}")


def verify(where, content, checksum):
    """Refuse content that is not the official one.

    Parameters
    ----------
    where : str or path
        What the content was read from, for the message.
    content : bytes
    checksum : str
        A sha256 of 64 digits; or an md5 of 32, which tells damage, but is no proof against intent.

    Raises
    ------
    ValueError
    """
    _compare(where, _hasher(checksum, content), checksum)


def verify_file(path, checksum):
    """Refuse a file that is not the official one, like `verify`; it is never whole in memory."""
    hasher = _hasher(checksum)
    with open(path, "rb") as file:
        while part := file.read(2**20):
            hasher.update(part)
    _compare(path, hasher, checksum)


def _hasher(checksum, content=b""):
    return hashlib.new("sha256" if len(checksum) == 64 else "md5", content, usedforsecurity=False)


def _compare(where, hasher, checksum):
    if hasher.hexdigest() != checksum:
        raise ValueError(
            f"{where}: is not the official file: its {hasher.name} is {hasher.hexdigest()}, the official one "
            f"{checksum}. It is damaged, or another set in the same format, which verify=False loads"
        )
