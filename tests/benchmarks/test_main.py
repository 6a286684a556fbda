from types import SimpleNamespace

import pytest

from benchmarks.__main__ import TABLES, main
from benchmarks.agreement import Disagreement
from benchmarks.extras import import_extra
from benchmarks.timing import FULL, QUICK, Spread

STEP = {"step": "a step", "against": "PyTorch, NCHW", "ratio": Spread(0.9, 1.5, 2.0), "target": 1.2}
LAYER = {"layer": "a layer", "pass": "forward", "dtype": "float32", "ratio": Spread(0.9, 1.5, 2.0), "target": None}


def fake(rows, seen):
    return SimpleNamespace(TITLE="Title", NOTES=("note",), rows=lambda effort: seen.append(effort) or iter(rows))


@pytest.fixture
def seen():
    return []


@pytest.fixture
def tables(seen):
    return {"steps": fake([STEP], seen), "layers": fake([LAYER], seen), "growth": fake([{"axis": "N"}], seen)}


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    monkeypatch.delenv("OPENBLAS_L2_SIZE", raising=False)
    monkeypatch.chdir(tmp_path)


def test_all_tables_are_printed_and_written_with_one_picture(tables, seen, tmp_path, capsys):
    assert main(["--out", "there"], tables) == 0
    assert {path.name for path in (tmp_path / "there").iterdir()} == {
        "steps.csv", "layers.csv", "growth.csv", "machine.txt", "ratios.png"
    }  # fmt: skip
    out = capsys.readouterr().out
    assert out.count("## Title") == 3
    assert out.splitlines()[0] == (tmp_path / "there/machine.txt").read_text(encoding="utf-8").splitlines()[0]
    assert seen == [FULL] * 3


def test_one_table_alone_and_quickly(tables, seen, tmp_path):
    assert main(["growth", "--quick"], tables) == 0
    assert {path.name for path in (tmp_path / "runs/benchmarks").iterdir()} == {"growth.csv", "machine.txt"}
    assert seen == [QUICK]


def test_an_unknown_table_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["grwth"])
    assert exit.value.code == 2
    assert "unknown table grwth; known are steps, layers, growth, naive" in capsys.readouterr().err


def test_the_first_line_warns_of_what_hampers_blas(tables, monkeypatch, capsys):
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "512")
    main(["growth"], tables)
    assert capsys.readouterr().out.splitlines()[0].startswith("WARNING: OPENBLAS_L2_SIZE=512")


@pytest.mark.parametrize("error", [Disagreement("the losses differ"), ModuleNotFoundError("PyTorch is not installed")])
def test_what_cannot_be_compared_ends_the_run(tables, capsys, error):
    def rows(effort):
        raise error
        yield

    tables["layers"] = SimpleNamespace(TITLE="", NOTES=(), rows=rows)
    assert main([], tables) == 1
    assert str(error) in capsys.readouterr().err


def test_every_table_has_what_the_program_needs():
    for table in TABLES.values():
        assert table.TITLE and all(isinstance(note, str) for note in table.NOTES) and callable(table.rows)


def test_a_missing_library_is_named():
    with pytest.raises(ModuleNotFoundError, match="Some Library is not installed: pip install"):
        import_extra("no_such_module_as_this", "Some Library")
