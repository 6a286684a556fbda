"""Named members of a .tar.gz, read as a stream: nothing is unpacked to disk, and no name in it is used as a path."""

import gzip
import tarfile
import zlib

MOST_MEMBERS = 100
MOST_HEADER_BYTES = 512  # of a long name or the like; tarfile's own reading of long ones takes time by the square


def read_members(path, names, most_each):
    """Read some members of an archive.

    Parameters
    ----------
    path : path
    names : list of str
        The members' names, as they stand in the archive.
    most_each : int
        Bytes that a member may have; the whole archive may expand to as many for each name.

    Returns
    -------
    list of bytes
        In the order of the names.

    Raises
    ------
    ValueError
        If it is no such archive, is damaged, lacks a member, or expands to more.
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        return read_members_of(path, file, names, most_each)


def read_members_of(where, file, names, most_each):
    """Read some members of an archive that is an open binary file; `where` is what messages call it."""
    found = {}
    try:
        stream = _Capped(gzip.open(file), most_each * len(names) + 2**20)
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as archive:  # r|: never backwards
            for number, member in enumerate(archive):
                if number == MOST_MEMBERS:
                    raise ValueError(f"it has more than {MOST_MEMBERS} members")
                if member.name not in names or member.name in found or not member.isfile():
                    continue
                if not 0 <= member.size <= most_each:
                    raise ValueError(f"{member.name} claims {member.size:,} bytes; at most {most_each:,} are expected")
                found[member.name] = archive.extractfile(member).read()
                if len(found) == len(names):
                    break
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError, RecursionError) as error:
        raise ValueError(f"{where}: is no .tar.gz, or is damaged: {error}") from None
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"{where}: has no {', '.join(missing)} in it")
    return [found[name] for name in names]


class _Member(tarfile.TarInfo):
    """An entry; `_proc_member` is where tarfile lets one step in before it is read."""

    def _proc_member(self, archive):
        is_header = self.type not in tarfile.SUPPORTED_TYPES or self.type in tarfile.GNU_TYPES
        if is_header and not 0 <= self.size <= MOST_HEADER_BYTES:
            raise tarfile.ReadError(f"an entry of type {self.type!r} and {self.size:,} bytes is in it")
        return super()._proc_member(archive)


class _Capped:
    """A file of which no more than so many bytes can be read."""

    def __init__(self, file, most):
        self.file, self.left = file, most

    def read(self, size):
        content = self.file.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise ValueError("it expands to more than is expected")
        return content
