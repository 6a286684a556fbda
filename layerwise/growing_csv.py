"""A CSV file that grows by a row at a time."""

import csv
import math
import os
import time
import warnings


class GrowingCsv:
    """Write rows to a file, and then each further row, so that whoever looks sees how far it is.

    On a full disk it warns, once, and writes no more: no run ends for that.

    Parameters
    ----------
    path : path
    columns : sequence of str
    rows : list of dict
        What the file is to begin with, in place of what it may hold.
    seconds : float
        Rows that come in faster are handed to the system together: each such call takes as long as a small net's step.
    """

    def __init__(self, path, columns, rows, seconds=0.0):
        self._path = path
        self._seconds, self._flushed = seconds, -math.inf
        write_csv(path, columns, rows)
        self._file = open(path, "a", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._close()

    def add(self, row):
        """Append a row, a dict with the columns in their order."""
        if self._file is None:
            return
        try:
            self._writer.writerow(row.values())
            if time.monotonic() - self._flushed >= self._seconds:
                self._file.flush()
                self._flushed = time.monotonic()
        except OSError as error:
            warnings.warn(f"{self._path} does not grow any more ({error}); training goes on")
            self._close()

    def _close(self):
        file, self._file = self._file, None
        close(file)


def close(file):
    """Close a file, if it is one; that it cannot write what it still holds has been warned of."""
    if file is not None:
        try:
            file.close()
        except OSError:
            pass


def write_csv(path, columns, rows):
    """Write rows whole or not at all, None as an empty field, floats with all their digits."""
    temporary = path.with_name(f".{path.name}")
    try:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_csv(path, columns):
    """Read rows of numbers back, an empty field as None; a row that is not whole ends it, as does a missing file."""
    rows = []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            for read in csv.DictReader(file):
                if list(read) != list(columns):
                    break
                rows.append({name: None if field == "" else _number(field) for name, field in read.items()})
    except (OSError, ValueError, TypeError, csv.Error):
        pass  # a file that somebody damaged: the rows before
    return rows


def _number(field):
    return float(field) if set(field) & set(".einf") else int(field)
