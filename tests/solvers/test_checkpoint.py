"""The checkpoint file: what is written is read back, and nothing else is."""

import builtins
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tracemalloc
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from solvers import CheckpointError, read_checkpoint
from solvers.checkpoint import FORMAT_VERSION, MOST_ARRAYS, atomic_write, write_checkpoint

ARRAYS = {
    "params/W": np.random.default_rng(0).normal(size=(3, 4, 5)),
    "params/b": np.arange(6, dtype=np.float32),
    "history/loss": np.array([]),
    "history/best_val_acc": np.array(-np.inf),
    "state/steps": np.array([7, -1]),
    "state/on": np.array([[True], [False]]),
}
FACTS = {"numbers": {"iteration": 3, "big": 2**127}, "name": "é", "nothing": None, "rate": 0.1}


@pytest.fixture
def path(tmp_path):
    write_checkpoint(tmp_path / "run.npz", ARRAYS, FACTS)
    return tmp_path / "run.npz"


# What is written is read back


def test_arrays_and_facts_come_back(path):
    arrays, facts = read_checkpoint(path)
    assert facts == FACTS
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert (arrays[name].dtype, arrays[name].shape) == (array.dtype, array.shape)
        assert arrays[name].tobytes() == array.tobytes() and arrays[name].flags.writeable


@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (3, 2, 1, 0), (0, 2, 3, 1), (2, 0, 3, 1)])
def test_the_order_of_axes_in_memory_comes_back(tmp_path, axes):
    array = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).transpose(axes)
    write_checkpoint(tmp_path / "run.npz", {"w": array}, {})
    arrays, _ = read_checkpoint(tmp_path / "run.npz")
    assert arrays["w"].strides == array.strides
    np.testing.assert_array_equal(arrays["w"], array)


def test_views_that_are_strided_or_negative_come_back_as_numbers(tmp_path):
    array = np.arange(24.0).reshape(4, 6)[::-2, 1::2]
    write_checkpoint(tmp_path / "run.npz", {"w": array}, {})
    np.testing.assert_array_equal(read_checkpoint(tmp_path / "run.npz")[0]["w"], array)


def test_numpy_reads_it_too_without_pickles(path):
    with np.load(path, allow_pickle=False) as file:
        assert set(file) == {"manifest", *ARRAYS}
        np.testing.assert_array_equal(file["params/W"], ARRAYS["params/W"])
        manifest = json.loads(file["manifest"].tobytes())
    assert manifest["format_version"] == FORMAT_VERSION
    assert set(manifest["arrays"]) == set(ARRAYS)


def test_the_same_run_writes_the_same_bytes(path, tmp_path):
    write_checkpoint(tmp_path / "again.npz", ARRAYS, FACTS)
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "arrays, facts, error, message",
    [
        ({"state/x": np.array([print])}, {}, TypeError, "state/x has dtype object; a checkpoint holds numbers only"),
        ({"state/x": np.array(["a"])}, {}, TypeError, "state/x has dtype <U1"),
        ({}, {"f": print}, AttributeError, "item"),
        ({str(i): np.zeros(0) for i in range(MOST_ARRAYS)}, {}, ValueError, "10000 arrays; expected fewer than 10000"),
        ({}, {"text": "x" * 2**22}, ValueError, "the manifest has"),
    ],
    ids=["object", "text", "function", "too many", "too long"],
)
def test_what_could_not_be_read_back_is_not_written(path, arrays, facts, error, message):
    before = path.read_bytes()
    with pytest.raises(error, match=message):
        write_checkpoint(path, arrays, facts)
    assert path.read_bytes() == before and os.listdir(path.parent) == ["run.npz"]


# K1: whole or not at all


class FailingFile(io.FileIO):
    """Fails at the write that would be one too many."""

    writes_left, error = 0, OSError

    def write(self, data):
        if FailingFile.writes_left == 0:
            raise FailingFile.error
        FailingFile.writes_left -= 1
        return super().write(data)


@pytest.mark.parametrize("error", [OSError(28, "No space left"), OSError(5, "I/O error"), KeyboardInterrupt()])
def test_an_error_at_any_write_leaves_the_old_file_whole(path, monkeypatch, figures, error):
    before = path.read_bytes()
    failures = 0
    FailingFile.error = error
    monkeypatch.setattr(builtins, "open", lambda path, mode: FailingFile(path, mode))
    for writes in range(10_000):
        FailingFile.writes_left = writes
        try:
            write_checkpoint(path, {**ARRAYS, "more": np.ones(3)}, FACTS)
            break
        except type(error):
            failures += 1
        assert path.read_bytes() == before
        assert os.listdir(path.parent) == ["run.npz"]
    assert failures > 20 and path.read_bytes() != before
    figures["faults in writing a checkpoint that left the old one whole (K1)"] += failures


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_at_the_last_moment_leaves_the_old_file_whole(path, monkeypatch, figures, call, error):
    before = path.read_bytes()

    def fail(*args):
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(error):
        write_checkpoint(path, {}, {})
    assert path.read_bytes() == before and os.listdir(path.parent) == ["run.npz"]
    figures["faults in writing a checkpoint that left the old one whole (K1)"] += 1


@pytest.mark.skipif(os.name != "posix", reason="a folder cannot be opened for fsync here")
def test_an_error_after_the_rename_leaves_the_new_file_whole(path, monkeypatch):
    fsync = os.fsync

    def fail_at_folders(descriptor):
        if os.path.isdir(f"/dev/fd/{descriptor}"):
            raise OSError(5, "I/O error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_at_folders)
    with pytest.raises(OSError):
        write_checkpoint(path, {"new": np.ones(1)}, {})
    assert list(read_checkpoint(path)[0]) == ["new"]


@pytest.mark.skipif(os.name != "posix", reason="a folder cannot be opened for fsync here")
def test_file_and_folder_are_synced_around_the_rename(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor):
        calls.append("folder" if os.path.isdir(f"/dev/fd/{descriptor}") else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", lambda *paths: calls.append("replace") or replace(*paths))
    write_checkpoint(tmp_path / "run.npz", ARRAYS, FACTS)
    assert calls == ["file", "replace", "folder"]


def test_all_is_handed_to_the_disk_before_the_rename(tmp_path, monkeypatch):
    sizes = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: sizes.append(os.fstat(descriptor).st_size))
    with atomic_write(tmp_path / "file") as file:
        file.write(b"123")
    assert sizes[0] == 3
    assert (tmp_path / "file").read_bytes() == b"123"


# K4: what is damaged is refused in words


def refuse(path):
    """The message with which the file is refused."""
    with pytest.raises(CheckpointError) as error:
        read_checkpoint(path)
    assert str(error.value).startswith(str(path))
    return str(error.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "run.npz")


def test_every_truncation_is_refused(tmp_path, figures):
    path = tmp_path / "run.npz"
    write_checkpoint(path, {**ARRAYS, "large": np.random.default_rng(0).normal(size=20_000)}, FACTS)
    whole = path.read_bytes()
    lengths = sorted({*range(0, len(whole), 4096), *range(len(whole) - 300, len(whole)), *range(200)})
    for length in lengths:
        path.write_bytes(whole[:length])
        assert "is no checkpoint" in refuse(path)
    figures["truncated checkpoints refused (K4)"] += len(lengths)


def test_every_flipped_bit_is_found(path, figures):
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    bits = rng.choice(8 * len(whole), 1000, replace=False)
    for bit in bits:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        assert "is no" in (message := refuse(path)) or "is damaged" in message
    figures["single flipped bits found in checkpoints (K4)"] += len(bits)


def test_appended_bytes_are_refused(path):
    path.write_bytes(path.read_bytes() + b"\0")
    assert "is no checkpoint" in refuse(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"hello" * 100, b"PK\x05\x06" + b"\0" * 18, bytes(10_000)])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    (tmp_path / "run.npz").write_bytes(content)
    assert "is no checkpoint" in refuse(tmp_path / "run.npz")


def test_a_folder_is_refused(tmp_path):
    assert "is no whole checkpoint" in refuse(tmp_path)


# K5: what is made with ill intent, checksums and all


def forge(path, members, seal=True, **options):
    """Write a zip of the given members, and give it the right checksum; a member may be a pair of ZipInfo and bytes."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
        archive.comment = b"sha256:" + b"0" * 64
    if seal:
        reseal(path)


def reseal(path):
    content = path.read_bytes()[:-64]
    path.write_bytes(content + hashlib.sha256(content).hexdigest().encode())


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def header(text, version=b"\x01\x00"):
    return b"\x93NUMPY" + version + struct.pack("<H" if version == b"\x01\x00" else "<I", len(text)) + text


def manifest(names=(), version=FORMAT_VERSION, **changes):
    entry = {"sha256": "0" * 64, "axes": [0]}
    content = {"format_version": version, "arrays": {name: entry for name in names}, "facts": {}, **changes}
    return "manifest.npy", npy(np.frombuffer(json.dumps(content).encode(), np.uint8))


def with_array(content):
    return [manifest(["w"]), ("w.npy", content)]


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path("exploded"),)


def forge_directory(path, members, large):
    """Write a zip whose directory repeats one entry, by the end record of small or of large files."""
    forge(path, [("w.npy", npy(np.ones(3)))], seal=False)
    content = path.read_bytes()
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    directory = content[start:end] * members
    record = content[end:]
    if large:
        where = start + len(directory)
        counts = members, members, len(directory), start
        directory += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *counts)
        directory += struct.pack("<4sLQL", b"PK\x06\x07", 0, where, 1)
        record = record[:8] + b"\xff" * 12 + record[20:]
    else:
        record = record[:8] + struct.pack("<2H2L", members, members, len(directory), start) + record[20:]
    path.write_bytes(content[:start] + directory + record)
    reseal(path)


HUGE = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n"
OVERFLOW = b"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n"
NEGATIVE = b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }\n"
CALL = b"{'descr': __import__('os').system('touch exploded'), 'fortran_order': False, 'shape': (1,), }\n"
NESTED = b"[" * 100_000
HOSTILE = {
    "pickle bomb": (with_array(npy(np.array([Bomb()], dtype=object))), "holds object; expected plain numbers"),
    "object array": (with_array(npy(np.array([None]))), "holds object"),
    "structured array": (with_array(npy(np.zeros(2, "f4,f8"))), "expected plain numbers"),
    "text array": (with_array(npy(np.array(["a"]))), "holds <U1"),
    "manifest of objects": ([("manifest.npy", npy(np.array([Bomb()], dtype=object)))], "holds object"),
    "10^12 numbers": (with_array(header(HUGE)), "claims shape"),
    "2^64 numbers": (with_array(header(OVERFLOW)), "claims shape"),
    "negative shape": (with_array(header(NEGATIVE) + bytes(8)), "expected plain numbers"),
    "header with a call": (with_array(header(CALL)), "ValueError"),
    "header without end": (with_array(header(b"(" * 9000)), "is no whole checkpoint"),
    "header of 70 MB": (with_array(header(b" " * 7 * 10**7, b"\x02\x00")), "of another .npy version"),
    "header cut off": (with_array(header(HUGE)[:30]), "is no whole checkpoint"),
    "empty array file": (with_array(b""), "is no whole checkpoint"),
    "Fortran order": (with_array(npy(np.ones((2, 3), order="F"))), "expected plain numbers"),
    "other array": (with_array(npy(np.ones(3))), "w is not what its sha256 says"),
    "name with ../": ([manifest(), ("../../exploded.npy", npy(np.ones(3)))], "other arrays than its manifest lists"),
    "absolute name": ([manifest(), ("/tmp/exploded.npy", npy(np.ones(3)))], "other arrays than its manifest lists"),
    "array missing": ([manifest(["w"])], "other arrays than its manifest lists: ['w']"),
    "no manifest": ([("w.npy", npy(np.ones(3)))], "has no manifest"),
    "huge manifest": ([("manifest.npy", bytes(5 * 2**20))], "has no manifest, or too large a one"),
    "manifest no JSON": ([("manifest.npy", npy(np.frombuffer(b"{", np.uint8)))], "JSONDecodeError"),
    "manifest too deep": ([("manifest.npy", npy(np.frombuffer(NESTED, np.uint8)))], "RecursionError"),
    "manifest a list": ([("manifest.npy", npy(np.frombuffer(b"[]", np.uint8)))], "is no whole checkpoint"),
    "older version": ([manifest(version=1)], "has format version 1; this program reads version 2"),
    "newer version": ([manifest(version=3)], "has format version 3"),
    "no members": ([], "has no manifest"),
}
TRIAL = """
import sys, time
from solvers import CheckpointError, read_checkpoint
def peak():  # not ru_maxrss, which a process inherits from the one that started it
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
for path in sys.argv[1:]:
    before, start = peak(), time.perf_counter()
    try:
        read_checkpoint(path)
        raise SystemExit(f"{path} was read")
    except CheckpointError as error:
        print(time.perf_counter() - start, peak() - before, error, sep="|")
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """Seconds, megabytes and message for each hostile file, as a process of its own measures them."""
    if not Path("/proc/self/status").exists():
        pytest.skip("there is no /proc/self/status to read the peak of memory from")
    folder = tmp_path_factory.mktemp("hostile")
    paths = []
    for name, (members, _) in HOSTILE.items():
        paths.append(folder / f"{name.replace('/', '')}.npz")
        forge(paths[-1], members)
    paths.append(folder / "compressed 1000 to 1.npz")
    forge(paths[-1], [manifest(["w"]), ("w.npy", npy(np.zeros(10**6)))], compression=zipfile.ZIP_DEFLATED)
    for members, large in ((60_000, False), (100_000, True)):
        paths.append(folder / f"{members} members.npz")
        forge_directory(paths[-1], members, large)
    result = subprocess.run(
        [sys.executable, "-c", TRIAL, *map(str, paths)], cwd=Path(__file__).parents[2], capture_output=True, text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert not list(Path(__file__).parents[2].glob("exploded")) and not (folder.parent / "exploded.npy").exists()
    lines = [line.split("|", 2) for line in result.stdout.splitlines()]
    return {path.stem: (float(s), float(m), text) for path, (s, m, text) in zip(paths, lines, strict=True)}


EXPECTED = {name: message for name, (_, message) in HOSTILE.items()} | {
    "compressed 1000 to 1": "is compressed or encrypted",
    "60000 members": "it has 60000 members; expected up to 10000",
    "100000 members": "it has 100000 members; expected up to 10000",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_hostile_files_are_refused_fast_and_small(verdicts, name, figures):
    seconds, megabytes, message = verdicts[name.replace("/", "")]
    assert EXPECTED[name] in message
    assert seconds < 1 and megabytes < 64
    figures["hostile checkpoints refused in < 1 s and < 64 MB (K5)"] += 1


def test_two_members_of_one_name_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        forge(tmp_path / "run.npz", [manifest(["w"]), ("w.npy", npy(np.ones(3))), ("w.npy", npy(np.ones(2)))])
    assert "has two arrays of one name" in refuse(tmp_path / "run.npz")


def test_members_that_overlap_to_claim_more_than_there_is_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    forge(path, [manifest(["w"]), ("w.npy", npy(np.zeros(1000)))], seal=False)
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    size = struct.pack("<2L", 2**31, 2**31)
    path.write_bytes(content[: directory + 20] + size + content[directory + 28 :])
    reseal(path)
    assert "claims to hold" in refuse(path)


def test_what_says_it_is_compressed_is_refused_even_if_it_does_not_shrink(path):
    content = bytearray(path.read_bytes())
    local, central = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    content[local + 8] = content[central + 10] = zipfile.ZIP_DEFLATED
    path.write_bytes(content)
    reseal(path)
    assert "manifest is compressed or encrypted" in refuse(path)


def test_swapped_arrays_are_told_by_name(path):
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    contents = dict(members)
    members = [(name, contents[{"params/b.npy": "history/loss.npy"}.get(name, name)]) for name, _ in members]
    forge(path, members)
    assert path.read_bytes() != whole
    assert "is damaged: params/b is not what its sha256 says" in refuse(path)


def test_reading_takes_little_more_memory_than_the_arrays(tmp_path):
    write_checkpoint(tmp_path / "run.npz", {"w": np.zeros(10**6), "v": np.zeros(10**6)}, {})
    tracemalloc.start()
    start = time.perf_counter()
    read_checkpoint(tmp_path / "run.npz")
    assert tracemalloc.get_traced_memory()[1] < 2.2 * 16e6 and time.perf_counter() - start < 2
    tracemalloc.stop()
