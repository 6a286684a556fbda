"""Files in the official formats, made on the spot: as small as the format allows, or as large as the official ones."""

import gzip
import io
import pickle
import struct
import tarfile

import numpy as np
import scipy.io

PIXELS = 3 * 32 * 32


def idx(array):
    """The bytes of an IDX file."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def gz(content):
    return gzip.compress(content, mtime=0)


def images(N, shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (N, *shape), dtype=np.uint8)


def labels(N, num_classes=10):
    return (np.arange(N) % num_classes).astype(np.uint8)


def cifar_bin(X, *columns):
    """The bytes of a file of CIFAR's binary version: the labels of a record come first."""
    return np.concatenate([*(column[:, None] for column in columns), X.reshape(len(X), -1)], axis=1).tobytes()


def cifar_python(X, protocol=2, **lists):
    """The bytes of a batch of CIFAR's python version, as Python 3 writes it."""
    batch = {"data": X.reshape(len(X), -1), **{key: values.tolist() for key, values in lists.items()}}
    return pickle.dumps({"batch_label": "made", **batch, "filenames": ["a.png"] * len(X)}, protocol=protocol)


def cifar_python2(X, **lists):
    """The same as Python 2 and its NumPy wrote the official files: strings of bytes, the module's old name."""

    def string(text):
        return b"U" + bytes([len(text)]) + text.encode()

    raw = X.reshape(len(X), -1)
    shape = b"".join(b"M" + struct.pack("<H", length) for length in raw.shape)
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85" + string("b")
        + b"\x87Rq\x07(K\x01" + shape + b"\x86cnumpy\ndtype\nq\x04" + string("u1") + b"K\x00K\x01\x87Rq\x0c(K\x03"
        + string("|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T" + struct.pack("<I", raw.size)
        + raw.tobytes() + b"tb"
    )  # fmt: skip
    columns = b"".join(
        string(key) + b"](" + b"".join(b"K" + bytes([value]) for value in values.tolist()) + b"e"
        for key, values in lists.items()
    )
    return b"\x80\x02}q\x01(" + string("data") + array + columns + b"u."


def tar_gz(members):
    """The bytes of a .tar.gz with these members, by name, as GNU tar packs them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), compresslevel=1, mtime=0)


def mat(X, y, compress=True):
    """The bytes of a MATLAB file of SVHN: X is (N, 3, H, W), y from 0 to 9."""
    file = io.BytesIO()
    digits = np.where(y == 0, 10, y).astype(np.uint8)[:, None]
    scipy.io.savemat(file, {"X": X.transpose(2, 3, 1, 0), "y": digits}, do_compression=compress)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def png(pixels):
    """The bytes of a PNG of (H, W, 3) or (H, W) of uint8."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
