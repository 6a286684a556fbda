import csv

from benchmarks.tables import as_text, write_csv
from benchmarks.timing import Spread

ROWS = [
    {"name": "one", "ms": Spread(1.0, 2.0, 3.25), "share": 0.123456, "target": None},
    {"name": "two, three", "ms": Spread(10.0, 20.0, 30.0), "share": 1200.0, "target": 2.0},
]


def test_the_text_has_columns_in_line():
    assert as_text("Title", ["a note"], ROWS).splitlines() == [
        "## Title",
        "",
        "| name       | ms          | share | target |",
        "| ---------- | ----------- | ----- | ------ |",
        "| one        | 2 [1, 3.25] | 0.123 | -      |",
        "| two, three | 20 [10, 30] | 1,200 | 2      |",
        "",
        "- a note",
    ]


def test_the_csv_has_the_quartiles_in_columns_and_all_digits(tmp_path):
    write_csv(tmp_path / "table.csv", ROWS)
    with open(tmp_path / "table.csv", newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [
            {"name": "one", "ms": "2.0", "ms q1": "1.0", "ms q3": "3.25", "share": "0.123456", "target": ""},
            {"name": "two, three", "ms": "20.0", "ms q1": "10.0", "ms q3": "30.0", "share": "1200.0", "target": "2.0"},
        ]


def test_a_first_row_without_quartiles_does_not_lose_them(tmp_path):
    write_csv(tmp_path / "table.csv", [{"ratio": None}, {"ratio": Spread(1.0, 2.0, 3.0)}])
    lines = (tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["ratio,ratio q1,ratio q3", ",,", "2.0,1.0,3.0"]
