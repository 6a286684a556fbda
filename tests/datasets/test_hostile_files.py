"""F1: 10,000 damaged files a format give a result or a ValueError with the file's name and the reason, nothing else."""

import io

import numpy as np
import pytest

from datasets.archive import read_members_of
from datasets.cifar import VERSIONS, _parse
from datasets.csv_table import parse_csv
from datasets.idx import parse_idx
from datasets.image_folder import parse_image
from datasets.npz import parse_npz
from datasets.svhn import parse_svhn

from . import made

FILES_EACH = 10_000
X, Y = made.images(3, (3, 32, 32)), made.labels(3)
TINY = made.images(2, (3, 2, 3))
LENGTHS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f")
CSV = b"height,width,kind\n" + b"1,2.5,rose\n-3,1e2,tulip\n" * 3
BINARY, PYTHON = VERSIONS["cifar10"]



def read_batch(where, content):
    return _parse(where, content, PYTHON, "labels")


# A format: a small valid file, and what reads it.
FORMATS = {
    "IDX": (made.idx(TINY[:, 0]), parse_idx),
    "IDX, gzipped": (made.gz(made.idx(TINY[:, 0])), parse_idx),
    "CIFAR, binary": (made.cifar_bin(X[:1], Y[:1]), lambda where, content: _parse(where, content, BINARY, "labels")),
    "CIFAR, python 2": (made.cifar_python2(X[:1], labels=Y[:1]), read_batch),
    "CIFAR, python 3": (made.cifar_python(X[:1], labels=Y[:1], protocol=4), read_batch),
    ".tar.gz": (
        made.tar_gz({"batch/a.bin": b"abc" * 99, "batch/b.bin": b"d"}),
        lambda where, content: read_members_of(where, io.BytesIO(content), ["batch/b.bin"], 1000),
    ),
    "MATLAB": (made.mat(TINY, Y[:2], compress=False), parse_svhn),
    "MATLAB, compressed": (made.mat(TINY, Y[:2]), parse_svhn),
    "npz": (made.npz(X=TINY, y=Y[:2]), parse_npz),
    "CSV": (CSV, parse_csv),
    "PNG": (made.png(TINY[0].transpose(1, 2, 0)), parse_image),
}  # fmt: skip


def damaged(content, rng):
    """Change a few bytes, most often among the first, where the lengths are; or cut, double or fill a stretch."""
    spoilt = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        reach = min(len(spoilt), int(rng.choice([8, 64, 512, len(content)])))
        at = int(rng.integers(0, max(reach, 1)))
        kind = rng.integers(0, 8)
        if kind < 3:
            spoilt[at : at + 1] = bytes([rng.integers(0, 256)])
        elif kind == 3:
            spoilt[at : at + 4] = LENGTHS[rng.integers(0, len(LENGTHS))]
        elif kind == 4:
            spoilt[at : at + 1] = bytes([(spoilt[at] if at < len(spoilt) else 0) ^ (1 << int(rng.integers(0, 8)))])
        elif kind == 5:
            del spoilt[at:]
        elif kind == 6:
            del spoilt[at : at + int(rng.integers(1, 9))]
        else:
            spoilt[at:at] = spoilt[at : at + int(rng.integers(1, 99))]
    return bytes(spoilt)


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_refused_by_name_or_read(name, figures):
    content, read = FORMATS[name]
    where = "folder/damaged"
    read(where, content)
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(FILES_EACH):
        try:
            read(where, damaged(content, rng))
        except ValueError as error:
            assert str(error).startswith(where) and len(str(error)) > len(where) + 10
            refused += 1
    assert refused > FILES_EACH / 10
    figures["data files damaged at random, each read or refused by name with the reason"] += FILES_EACH
    figures["data files damaged at random, of these refused"] += refused
