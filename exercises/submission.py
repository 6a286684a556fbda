"""Taking in what was handed in: a zip or a folder, of which nothing can be trusted, neither names nor sizes nor links.

Nothing is unpacked. The files that belong to exercises are asked for by their own names, one by one, and read up to a
bound; whatever else is there (tests, a judge of one's own, names that lead out of the folder) is never touched.
"""

import os
import stat
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from .student import STAMP, files_to_hand_in

MOST_BYTES = 1 << 20
_MOST_ZIPPED = 32 << 20
_MOST_MEMBERS = 20_000


class Unreadable(Exception):
    """What was handed in is no submission at all; the message says why."""


@dataclass
class Submission:
    """The files of exercises by their paths in the project, and what there is to say about the others.

    `stamp` is that of the version of the project from which the hand-out was made; empty if it is not there.
    """

    files: dict
    notes: list = field(default_factory=list)
    stamp: str = ""

    def write(self, folder):
        """Write the files into a folder, in which there is nothing yet."""
        for path, data in self.files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(data)


def read_submission(path):
    """Read a zip, or a folder; the tree may stand in one more folder inside.

    Parameters
    ----------
    path : path

    Returns
    -------
    submission : Submission

    Raises
    ------
    Unreadable
        If it is neither, cannot be read, or has not a single file of an exercise.
    """
    path = Path(path)
    status = os.lstat(path)
    if stat.S_ISDIR(status.st_mode):
        submission = _read_folder(path)
    elif stat.S_ISREG(status.st_mode) and path.suffix.lower() == ".zip":
        submission = _read_zip(path, status.st_size)
    else:
        kind = "a link" if stat.S_ISLNK(status.st_mode) else "neither a zip nor a folder"
        raise Unreadable(f"this is {kind}")
    submission.stamp = submission.files.pop(STAMP, b"").decode(errors="replace").strip()
    missing = [file for file in files_to_hand_in() if file not in submission.files]
    if len(missing) == len(files_to_hand_in()):
        raise Unreadable("; ".join(["there is no file of an exercise in it", *submission.notes]))
    if missing:
        submission.notes.append(f"missing: {', '.join(missing)}")
    return submission


def _read_zip(path, size):
    if size > _MOST_ZIPPED:
        raise Unreadable(f"the zip has {size >> 20} MB; more than {_MOST_ZIPPED >> 20} are not read")
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
            if len(members) > _MOST_MEMBERS:
                raise Unreadable(f"the zip has {len(members)} members; more than {_MOST_MEMBERS} are not read")
            submission = Submission({})
            leading_out = [name for name in members if name.startswith("/") or ".." in name.split("/")]
            if leading_out:
                submission.notes.append(f"names that lead out of the folder, passed over: {leading_out[0]!r:.100}")
            root = _root([name for name in members if name not in leading_out])
            for file in (*files_to_hand_in(), STAMP):
                if root + file in members:
                    _take(submission, file, lambda: _read_member(archive, members[root + file]))
            return submission
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable(f"the zip cannot be read: {error}") from None


def _read_member(archive, member):
    if stat.S_ISLNK(member.external_attr >> 16):
        raise OSError("it is a link")
    if member.flag_bits & 1:
        raise OSError("it is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise OSError("it is compressed in another way than zips are")
    with archive.open(member) as file:
        return file.read(MOST_BYTES + 1)


def _read_folder(path):
    submission = Submission({})
    folders = [entry.name for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False)]
    names = [prefix + file for prefix in ("", *(f"{name}/" for name in folders)) for file in files_to_hand_in()]
    root = _root([name for name in names if os.path.lexists(path / name)])
    for file in (*files_to_hand_in(), STAMP):
        if os.path.lexists(path / (root + file)):
            _take(submission, file, lambda: _read_file(path, root + file))
    return submission


def _read_file(folder, name):
    """Read a plain file under a folder, to which no link leads."""
    for parent in Path(name).parents:
        if stat.S_ISLNK(os.lstat(folder / parent).st_mode):
            raise OSError(f"{parent} is a link")
    status = os.lstat(folder / name)
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is a link" if stat.S_ISLNK(status.st_mode) else "it is no plain file")
    with open(folder / name, "rb") as file:
        return file.read(MOST_BYTES + 1)


def _take(submission, file, read):
    try:
        data = read()
        if len(data) > MOST_BYTES:
            raise OSError("it is larger than a megabyte")
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        submission.notes.append(f"{file} is left out: {error}")
    else:
        submission.files[file] = data


def _root(names):
    """Find the folder, "" or one that ends in a slash, under which the most files of exercises stand."""
    files, counts = files_to_hand_in(), {"": 0}
    for name in names:
        for file in files:
            if name == file or name.endswith(f"/{file}"):
                root = name.removesuffix(file)
                counts[root] = counts.get(root, 0) + 1
    return min(counts, key=lambda root: (-counts[root], root.count("/"), root))
