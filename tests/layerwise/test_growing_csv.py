"""A CSV file that grows, is read back, and does not end a run when the disk is full."""

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.growing_csv import GrowingCsv, read_csv, write_csv

COLUMNS = "epoch", "loss", "acc"
open_ = open
ROWS = [{"epoch": 1, "loss": 1e-7, "acc": None}, {"epoch": 2, "loss": float("inf"), "acc": 1.0}]


@settings(derandomize=True, max_examples=50)
@given(st.lists(st.tuples(st.integers(), st.floats(allow_nan=False), st.none() | st.floats(allow_nan=False))))
def test_rows_come_back_bit_by_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    rows = [dict(zip(COLUMNS, row)) for row in rows]
    write_csv(path, COLUMNS, rows)
    back = read_csv(path, COLUMNS)
    assert repr(back) == repr(rows)


@pytest.mark.parametrize("missing", range(1, 12))
def test_a_file_that_was_cut_is_read_up_to_there(missing, tmp_path):
    path = tmp_path / "x.csv"
    write_csv(path, COLUMNS, ROWS)
    path.write_bytes(path.read_bytes()[: -2 - missing])
    assert read_csv(path, COLUMNS)[:1] == ROWS[:1]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"other,columns\r\n1,2\r\n", b"epoch,loss,acc\r\none,two,x\r\n"])
def test_what_is_no_such_file_has_no_rows(content, tmp_path):
    (tmp_path / "x.csv").write_bytes(content)
    assert read_csv(tmp_path / "x.csv", COLUMNS) == read_csv(tmp_path / "none.csv", COLUMNS) == []


class Full:
    """A file on a full disk: what is written waits, and cannot be flushed."""

    def write(self, text):
        return len(text)

    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")

    close = flush


def test_a_full_disk_is_warned_of_once(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", lambda path, mode, **_: Full() if mode == "a" else open_(path, mode, **_))
        growing = GrowingCsv(path, COLUMNS, ROWS)
    with growing:
        with pytest.warns(UserWarning, match="x.csv does not grow any more .*No space left.*; training goes on"):
            growing.add(ROWS[1])
        growing.add(ROWS[1])
    assert read_csv(path, COLUMNS) == ROWS


def test_what_cannot_be_written_leaves_nothing_and_the_file_as_it_was(tmp_path):
    path = tmp_path / "x.csv"
    write_csv(path, COLUMNS, ROWS)

    def rows():
        yield ROWS[1]
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError):
        write_csv(path, COLUMNS, rows())
    assert list(tmp_path.iterdir()) == [path] and read_csv(path, COLUMNS) == ROWS


def test_a_file_that_is_written_anew_is_whole_at_every_moment(tmp_path):
    path = tmp_path / "x.csv"
    write_csv(path, COLUMNS, ROWS)

    def rows():
        yield ROWS[0]
        assert read_csv(path, COLUMNS) == ROWS

    write_csv(path, COLUMNS, rows())
    assert read_csv(path, COLUMNS) == ROWS[:1]
