"""Fetching the official files: mirrors, length and sha256, and what was fetched is not lost when the line breaks."""

import os
import re

from .home import set_folder, set_folders
from .registry import OFFICIAL_SETS

TIMEOUT = (10, 30)  # seconds: to connect, and without a byte
ATTEMPTS = 3  # at a mirror, as long as each brings something
CHUNK = 2**14  # bytes; what has come of one is lost when the line breaks


def fetch(name, folder=None):
    """Download the official files of a set, as far as they are not there.

    A file is complete and has its official sha256, or it is not there under its name. What a broken connection left is
    kept as ``<file>.part`` and completed the next time.

    Parameters
    ----------
    name : str
        A set of `OFFICIAL_SETS`.
    folder : str or path, optional
        Where to; ``data_home() / name``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If there is no such set, or a file of that name is there, but is another; it is left alone.
    OSError
        If no mirror gave the file; the message says what each did, and what helps.
    ModuleNotFoundError
        If pooch or tqdm is not installed.
    """
    if name not in OFFICIAL_SETS:
        raise ValueError(f"fetch: unknown set {name!r}; known are {', '.join(OFFICIAL_SETS)}")
    folder = set_folder(name, folder)
    for official in OFFICIAL_SETS[name].files:
        _fetch_file(official, folder)
    return folder


def find_or_fetch(name, file_names, folder, may_fetch):
    """Find the first of several file names in the folders of a set; else fetch the official one among them.

    Returns
    -------
    Path
        A file, or a folder, that is there.
    """
    folders = set_folders(name, folder)
    for place in folders:
        for file_name in file_names:
            if (place / file_name).exists():
                return place / file_name
    official = [file for file in OFFICIAL_SETS[name].files if file.name in file_names]
    if not may_fetch or not official:
        places = " or ".join(map(str, folders))
        raise FileNotFoundError(f"{name}: there is no {' or '.join(file_names)} in {places}")
    return _fetch_file(official[0], folders[0])


def _fetch_file(official, folder):
    """Bring one file, trying each mirror in turn."""
    try:
        import pooch
        import tqdm  # noqa: F401, for the bar
        from requests import RequestException
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"fetch: {official.name} is not in {folder}, and fetching needs pooch and tqdm; in the checkout: "
            "pip install -e '.[data]'. Or put the file there yourself"
        ) from None
    known_hash = f"sha256:{official.sha256}"
    path, part = folder / official.name, folder / f"{official.name}.part"
    if path.exists() and not pooch.hashes.hash_matches(str(path), known_hash):
        raise ValueError(f"fetch: {path} is there, but is not the official file; move it away to have that fetched")
    troubles = []
    for url in official.urls:
        for _ in range(ATTEMPTS):
            before = _length(part)
            try:
                pooch.retrieve(url, known_hash, official.name, folder, downloader=_Download(official, part))
                return path
            except ValueError as error:  # what came is not the file
                troubles.append(f"{url}: {error}")
                if not before or part.exists():  # else an earlier part may have spoilt it: once more, without
                    break
            except RequestException as error:  # it did not come, or not all of it
                troubles.append(f"{url}: {_in_words(error)}")
                if _length(part) <= before:
                    break
        if not _length(part):
            part.unlink(missing_ok=True)
    raise OSError(
        f"fetch: {official.name} could not be fetched:\n  " + "\n  ".join(troubles) + f"\nWithout a network, copy it "
        f"({official.size:,} bytes, sha256 {official.sha256}) into {folder} by other means; or set LAYERWISE_DATA to a "
        "folder that has it"
    )


class _Download:
    """What pooch calls to bring a file: it goes on where an earlier attempt ended, and stops at the official length."""

    def __init__(self, official, part):
        self.official, self.part = official, part

    def __call__(self, url, output_file, _):
        import requests

        size, start = self.official.size, _length(self.part)
        if start < size:
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
            with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
                response.raise_for_status()
                if not _continues(response, start):
                    start = 0
                announced = response.headers.get("Content-Length", "")
                if announced.isdecimal() and start + int(announced) != size:
                    raise ValueError(f"offers {start + int(announced):,} bytes; the official file has {size:,}")
                self._receive(response, start)
        came = _length(self.part)
        if came != size:
            self.part.unlink()
            raise ValueError(f"sent {f'{came:,}' if came < size else 'more'} bytes; the official file has {size:,}")
        os.replace(self.part, output_file)

    def _receive(self, response, start):
        with open(self.part, "ab") as file, _bar(self.official, start) as bar:
            file.truncate(start)
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
                start += len(chunk)
                if start > self.official.size:
                    break


def _continues(response, start):
    """Tell whether the server sends what follows the first bytes, and not all from the beginning."""
    given = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return response.status_code == 206 and given is not None and int(given[1]) == start


def _length(path):
    return path.stat().st_size if path.exists() else 0


def _bar(official, start):
    """A progress bar, where a terminal shows it."""
    from tqdm import tqdm

    return tqdm(desc=official.name, total=official.size, initial=start, unit="B", unit_scale=True, disable=None)


def _in_words(error):
    """Say what requests found; its own words name objects and repeat the address."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"{response.status_code} {response.reason}"
    if "Read timed out" in str(error):  # requests has several classes for that
        return "nothing came for too long"
    return {
        "ConnectTimeout": "no connection in time",
        "ChunkedEncodingError": "the connection broke off",
        "ConnectionError": "no connection",
    }.get(type(error).__name__, f"{type(error).__name__}: {error}")
