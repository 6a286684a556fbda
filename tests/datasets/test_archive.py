"""Members of a .tar.gz are read by name as a stream, up to a size; nothing is written, and no bomb expands."""

import gzip
import io
import re
import tarfile
import tracemalloc

import pytest

from datasets.archive import read_members

from . import made

NAMES = ["set/a.bin", "set/b.bin"]


def packed(*entries, format=tarfile.PAX_FORMAT):
    """An archive of (name, content, changes of its TarInfo)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as archive:
        for name, content, changes in entries:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for attribute, value in changes.items():
                setattr(member, attribute, value)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(file.getvalue(), compresslevel=1, mtime=0)  # the same bytes at any time: they name tests


A_TAR = gzip.decompress(packed(("other", bytes(50_000_000), {}), format=tarfile.USTAR_FORMAT))[:512]
A, B = ("set/a.bin", b"first", {}), ("set/b.bin", b"second", {})


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_come_in_the_order_of_the_names_whatever_else_is_there(format, tmp_path):
    others = ("../../outside", b"x", {}), ("set", b"", {"type": tarfile.DIRTYPE}), ("/etc/passwd", b"x", {})
    (tmp_path / "a.tar.gz").write_bytes(packed(B, *others, A, format=format))
    assert read_members(tmp_path / "a.tar.gz", NAMES, 6) == [b"first", b"second"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"] and not (tmp_path.parent / "outside").exists()


def test_extended_headers_as_python_writes_them_are_fine(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(packed((*A[:2], {"mtime": 1.5}), (*B[:2], {"mtime": 1.5})))
    assert read_members(tmp_path / "a.tar.gz", NAMES, 6) == [b"first", b"second"]


@pytest.mark.parametrize(
    "content, words",
    [
        (packed(A), "has no set/b.bin in it"),
        (packed(A, ("set/b.bin", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})), "has no set/b.bin in it"),
        (packed(A, ("set/b.bin", b"1234567", {})), "set/b.bin claims 7 bytes; at most 6 are expected"),
        (packed(*[("set", b"", {"type": tarfile.DIRTYPE})] * 101), "it has more than 100 members"),
        (packed(("x" * 600, b"", {}), A, B), "an entry of type b'x' and 610 bytes is in it"),
        (packed(("x" * 600, b"", {}), A, B, format=tarfile.GNU_FORMAT), "an entry of type b'L' and 601 bytes is in it"),
        (packed(A, ("other", bytes(4_000_000), {}), B), "it expands to more than is expected"),
        (packed(A, B)[:-30], "is no .tar.gz, or is damaged"),
        (packed(A, B)[:40], "is no .tar.gz, or is damaged"),
        (gzip.compress(b"not a tar", mtime=0), "is no .tar.gz, or is damaged"),
        (b"<html>", "is no .tar.gz, or is damaged"),
        (b"", "is no .tar.gz, or is damaged"),
    ],
)
def test_archives_refused(content, words, tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(words)) as raised:
        read_members(path, NAMES, 6)
    assert str(raised.value).startswith(f"{path}: ")


def test_a_bomb_is_left_unexploded(tmp_path):
    """A member that says it has 50 MB, packed in 50 kB, where at most 3 MB are expected in all."""
    zeros = io.BytesIO()
    with gzip.open(zeros, "wb") as file:
        file.write(A_TAR[:512])
        for _ in range(50):
            file.write(bytes(1_000_000))
    (tmp_path / "a.tar.gz").write_bytes(zeros.getvalue())
    tracemalloc.start()
    with pytest.raises(ValueError, match="a.tar.gz: is no .tar.gz, or is damaged: it expands to more than"):
        read_members(tmp_path / "a.tar.gz", NAMES, 1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6
