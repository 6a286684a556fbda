"""The instructor's verbs, on twenty submissions of every kind."""

import csv
import hashlib
import html.parser
import json
import os
import tempfile

import pytest

from exercises import mark as module
from exercises.cases import PUBLIC_SEED
from exercises.grade import grade, walls
from exercises.gradebook import write_gradebook
from exercises.mark import Mark, Row, mark_submission, printable
from exercises.runner import Limits
from exercises.specimens import write_specimens
from exercises.syllabus import EXERCISES, exercise
from layerwise.__main__ import main

from ..browser import DESK, PHONE, assert_fits, opened
from .conftest import ROOT

# Of the files affine, relu and dropout, in which the twenty are broken; all exercises are tried by hand.
CHOSEN = [exercise(id) for id in ("4.2", "4.3", "7.1")]


def checksums(*folders):
    """Hash every file under some folders, and note where links lead."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if "__pycache__" in path.parts or ".pytest_cache" in path.parts or ".git" in path.parts:
                continue
            if path.is_symlink():
                found[str(path)] = os.readlink(path)
            elif path.is_file():
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory, reference):
    """Grade the twenty; return the marks, what they deserve, and where everything is."""
    folder = tmp_path_factory.mktemp("course")
    victim = folder / "victim"
    victim.mkdir()
    for name in ("judge.py", "grades.csv"):
        (victim / name).write_text("precious\n")
    deserved = write_specimens(folder / "submissions", victim, reference)
    watched = victim, folder / "submissions", *(ROOT / name for name in ("layers", "exercises", "models", "solvers"))
    before = checksums(*watched)
    temporary = folder / "tmp"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        graded = grade(folder / "submissions", folder / "out", 12345, 2, CHOSEN, Limits(seconds=2))
        marks = {mark.name: mark for mark in graded}
    return {
        "marks": marks,
        "deserved": deserved,
        "folder": folder,
        "before": before,
        "after": checksums(*watched),
        "left": list(temporary.iterdir()),
    }


def test_every_mark_of_twenty_is_right(run, figures):
    assert len(run["marks"]) == 20
    chosen = {known.id for known in CHOSEN}
    got = {name: {row.exercise for row in mark.rows if row.state == "passed"} for name, mark in run["marks"].items()}
    assert got == {name: ids & chosen for name, ids in run["deserved"].items()}
    for mark in run["marks"].values():
        assert len(mark.rows) == len(CHOSEN) and not mark.not_checked
        assert mark.points == sum(exercise(row.exercise).points for row in mark.rows if row.state == "passed")
    figures["submissions marked right, most of them hostile or broken"] += len(got)


def test_nothing_outside_is_touched_and_nothing_is_left_behind(run):
    assert run["after"] == run["before"] and len(run["before"]) > 100
    assert run["left"] == []
    assert {path.name for path in run["folder"].iterdir()} == {"victim", "submissions", "tmp", "out"}


@pytest.mark.parametrize(
    "name, words",
    [
        ("06-syntax-error.zip", "layers/affine.py, line"),
        ("07-exits.zip", "ended before there were results"),
        ("08-segfault", "ended before there were results"),
        ("09-endless.zip", "stopped after 2 seconds: a loop without end?"),
        ("10-memory.zip", "MemoryError"),
        ("11-fork-bomb.zip", "os.fork is not allowed while an exercise is checked"),
        ("15-reads-the-project.zip", "no file is read while an exercise is checked"),
        ("19-links", "there is no file layers/affine.py"),
    ],
)
def test_each_is_told_why(run, name, words):
    texts = [row.text for row in run["marks"][name].rows if row.state == "failed"]
    assert texts and all(words in " ".join(text.split()) for text in texts), texts


def test_a_blank_and_a_broken_zip_are_not_called_wrong(run):
    assert {row.state for row in run["marks"]["03-blank.zip"].rows} == {"not written"}
    assert run["marks"]["20-broken.zip"].problem == "the zip cannot be read: File is not a zip file"


def test_csv_has_a_line_a_submission(run):
    with open(run["folder"] / "out/grades.csv", encoding="utf-8", newline="") as file:
        head, *lines = csv.reader(file)
    assert head == ["submission", "points", "of", "4.2", "4.3", "7.1", "remarks"]
    assert [line[0] for line in lines] == sorted(run["deserved"])
    assert lines[0][1:6] == ["5", "5", "2", "1", "2"]
    assert lines[8][1:6] == ["4", "5", "2", "0", "2"] and lines[8][-1] == ""
    assert lines[17][-1].startswith("layers/affine.py is left out: it is larger than a megabyte")


def test_each_submission_has_results_for_gradescope(run):
    files = sorted((run["folder"] / "out/gradescope").iterdir())
    assert [path.name for path in files] == sorted(f"{name}.json" for name in run["deserved"])
    for path in files:
        results = json.loads(path.read_text())
        assert results["score"] == sum(test["score"] for test in results["tests"])
        assert [test["max_score"] for test in results["tests"]] == [2, 1, 2]
        for test in results["tests"]:
            assert test["status"] == ("passed" if test["score"] else "failed") and test["visibility"] == "visible"


def test_what_students_see_does_not_give_hidden_numbers_away(run):
    (row,) = [row for row in run["marks"]["04-wrong-answers.zip"].rows if row.exercise == "4.2"]
    assert "worst entry" in row.text and "expected" in row.text
    assert "worst entry" not in row.hidden and "relative error" not in row.hidden
    page = (run["folder"] / "out/gradescope/04-wrong-answers.zip.json").read_text()
    assert "worst entry" not in page and "12345" not in page


class Reader(html.parser.HTMLParser):
    """Checks that what is opened is closed, and notes what would be loaded from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.loaded = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loaded += [value for name, value in attrs if name in ("src", "href") and not value.startswith("#")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_summary_is_one_page_that_needs_nothing_else(run):
    text = (run["folder"] / "out/summary.html").read_text(encoding="utf-8")
    page = Reader(text)
    assert page.open == [] and page.loaded == [] and "script" not in page.tags
    assert page.tags.count("details") == 20
    assert "Hidden cases of seed 12345" in text and all(name in text for name in run["deserved"])
    (row,) = [row for row in run["marks"]["04-wrong-answers.zip"].rows if row.exercise == "4.2"]
    assert f"{row.diagnosis} (1)" in text


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_summary_can_be_read_on_a_phone_and_in_the_dark(viewport, run, opened):
    with opened(run["folder"] / "out/summary.html", viewport) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        assert_fits(page)
        light, dark = (_least_contrast(page, scheme) for scheme in ("light", "dark"))
        assert light >= 4.5 and dark >= 4.5
        assert page.troubles == []


# Of every element with words of its own: the contrast (WCAG 2.1) of its colour to the nearest background around it.
_CONTRASTS = """() => {
    const numbers = colour => colour.match(/[0-9.]+/g).map(Number);
    const shine = colour => numbers(colour).slice(0, 3).map(c => c / 255)
        .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        const colour = getComputedStyle(element).backgroundColor;
        return numbers(colour)[3] === 0 ? behind(element.parentElement) : colour;
    };
    return [...document.body.querySelectorAll("*")]
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .map(e => [shine(getComputedStyle(e).color), shine(behind(e))].sort((a, b) => b - a))
        .map(([bright, dim]) => (bright + 0.05) / (dim + 0.05));
}"""


def _least_contrast(page, scheme):
    page.emulate_media(color_scheme=scheme)
    return min(page.evaluate(_CONTRASTS))


def test_a_name_in_the_summary_leads_to_what_was_found_by_keyboard(run, opened):
    with opened(run["folder"] / "out/summary.html") as page:
        found = page.locator("details", has_text="04-wrong-answers.zip")
        assert found.get_attribute("open") is None
        page.get_by_role("link", name="04-wrong-answers.zip").focus()
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelectorAll('details')[3].open")
        assert found.locator("pre").first.is_visible() and "4.2 ✗" in found.inner_text()


def test_what_was_made_for_another_version_is_said_to_be(run):
    words = "it is made for another version of the project: its hand-out.txt says '0123456789ab', not "
    marks = run["marks"]
    assert [name for name, mark in marks.items() if words in " ".join(mark.remarks)] == ["05-half"]
    page = (run["folder"] / "out/gradescope/05-half.json").read_text()
    assert words in json.loads(page)["output"] and words in (run["folder"] / "out/grades.csv").read_text()


def test_what_does_not_say_for_which_version_it_was_made_is_marked_with_a_doubt(tmp_path):
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers/relu.py").write_text("")
    doubt = "it has no hand-out.txt: nothing tells which version of the project it is made for"
    assert module._mark(tmp_path, [], 5, Limits(), 100).notes[-1] == doubt


def test_what_is_handed_in_cannot_write_into_the_summary(tmp_path):
    evil = '<script>alert(1)<script>"&\x1b[2J'
    rows = [Row("4.3", "failed", 0, evil, evil, evil, None)]
    marks = [Mark("=cmd()", rows, None, [evil]), Mark(evil, rows, evil)]
    marks += [Mark("x" * 250, rows), Mark("x" * 251, rows), Mark("?.zip", [Row("4.3", "not checked", 0, "", "", "")])]
    write_gradebook(tmp_path, marks, [exercise("4.3")], 1, ["a wall"])
    text = (tmp_path / "summary.html").read_text(encoding="utf-8")
    assert "<script" not in text and Reader(text).open == []
    assert "could be checked" in text
    with open(tmp_path / "grades.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[1][0] == "'=cmd()" and lines[-1][3] == "?"
    assert len(list((tmp_path / "gradescope").iterdir())) == len(marks)


def test_another_seed_than_the_students(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/x.zip").write_text("x")
    with pytest.raises(ValueError, match="seed 231 is the students' own"):
        list(grade(tmp_path / "in", tmp_path / "out", PUBLIC_SEED))
    with pytest.raises(SystemExit):
        main(["lab", "grade", str(tmp_path / "in"), "--seed", str(PUBLIC_SEED)])


@pytest.mark.parametrize("where", ["in/out", "full", "a file"])
def test_grades_need_a_place_of_their_own(where, tmp_path, capsys):
    for name in ("in", "full"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.zip").write_text("x")
    (tmp_path / "a file").write_text("mine")
    with pytest.raises(SystemExit) as refused:
        main(["lab", "grade", str(tmp_path / "in"), "--out", str(tmp_path / where)])
    assert refused.value.code == 2 and "error: grade: " in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a file", "full", "in", "x.zip", "x.zip"]


def test_an_empty_folder_and_none_are_refused(tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(SystemExit):
            main(["lab", "grade", str(folder), "--out", str(tmp_path / "out")])
        assert "error: grade: there is no" in capsys.readouterr().err


def test_the_verb_prints_a_line_a_submission(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/x\x1b[2J.zip").write_text("x")
    (tmp_path / "in/.DS_Store").write_text("x")
    arguments = ["--out", str(tmp_path / "out"), "--seed", "5", "--jobs", "1", "--lessons", "4", "7"]
    assert main(["lab", "grade", str(tmp_path / "in"), *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("hidden cases of seed 5; students' code is contained by")
    assert len(lines) == 3
    assert lines[1] == "    0  x?[2J.zip  the zip cannot be read: File is not a zip file"
    assert "4.1" in (tmp_path / "out/grades.csv").read_text() and "5.1" not in (tmp_path / "out/grades.csv").read_text()


def test_if_the_grader_breaks_the_mark_says_so_and_is_not_a_zero_in_silence(tmp_path, monkeypatch):
    (tmp_path / "x.zip").write_text("x")
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises/__init__.py").write_text("raise MemoryError('in the grader')")
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    mark = mark_submission(tmp_path / "x.zip", CHOSEN, 5)
    assert mark.problem == "the grader itself broke on it: MemoryError: in the grader"
    assert mark.not_checked == [known.id for known in CHOSEN] and mark.points == 0


def test_a_grader_that_does_not_end_is_stopped(tmp_path, monkeypatch):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises/__init__.py").write_text("import time\ntime.sleep(60)")
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    answer, problem = module._ask({}, str(tmp_path), 0.3)
    assert answer is None and problem == "the grader was stopped after 0.3 seconds"


def test_a_judge_that_breaks_costs_one_exercise(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "check", lambda *args, **kwargs: 1 / 0)
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers/relu.py").write_text("")
    mark = module._mark(tmp_path, CHOSEN, 5, Limits(), 100)
    assert mark.not_checked == [known.id for known in CHOSEN]
    assert "the judge itself broke on it: ZeroDivisionError" in mark.rows[0].text


def test_a_submission_has_a_bound_of_its_own(tmp_path):
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers/relu.py").write_text("")
    mark = module._mark(tmp_path, CHOSEN, 5, Limits(), -1)
    assert mark.not_checked == [known.id for known in CHOSEN]
    assert "the submission has taken -1 seconds already" in mark.rows[0].text


def test_names_are_made_printable():
    assert printable("a\x1b[2J\n\u202eb\udcff.zip") == "a?[2J??b?.zip"


def test_the_walls_are_known():
    assert walls()[-1] == "audit hook"


def test_the_specimens_are_twenty_and_deserve_what_is_said(run):
    assert len(run["deserved"]) == 20 and len(EXERCISES) > 50
    assert run["deserved"]["01-right.zip"] == {known.id for known in EXERCISES}
    assert run["deserved"]["06-syntax-error.zip"] == {known.id for known in EXERCISES} - {"4.1", "4.2"}
