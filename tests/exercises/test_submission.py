"""Taking in what was handed in: only the files of exercises are read, and nothing outside is touched."""

import os
import zipfile

import pytest

from exercises import submission as module
from exercises.student import files_to_hand_in
from exercises.submission import Unreadable, read_submission

AFFINE, RELU = "layers/affine.py", "layers/relu.py"


@pytest.fixture
def make_zip(tmp_path):
    def make(members, name="work.zip", **options):
        with zipfile.ZipFile(tmp_path / name, "w", **options) as packed:
            for member, text in members:
                packed.writestr(member, text)
        return tmp_path / name

    return make


@pytest.fixture
def make_folder(tmp_path):
    def make(files):
        for path, text in files.items():
            (tmp_path / "work" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "work" / path).write_text(text)
        return tmp_path / "work"

    return make


def everything(prefix=""):
    return {f"{prefix}{path}": f"# {path}\n" for path in files_to_hand_in()}


@pytest.mark.parametrize("prefix", ["", "mine/"])
def test_a_zip_and_a_folder_are_read_alike(prefix, make_zip, make_folder):
    files = everything(prefix) | {"exercises/judge.py": "bad", "tests/conftest.py": "bad", "numpy.py": "bad"}
    expected = {path: f"# {path}\n".encode() for path in files_to_hand_in()}
    for path in (make_zip(files.items()), make_folder(files)):
        submission = read_submission(path)
        assert submission.files == expected and submission.notes == []


def test_the_stamp_of_the_hand_out_is_read_and_is_no_file_of_an_exercise(make_zip, make_folder):
    files = everything("mine/") | {"mine/hand-out.txt": "0123\n"}
    for path in (make_zip(files.items()), make_folder(files)):
        submission = read_submission(path)
        assert submission.stamp == "0123" and set(submission.files) == set(files_to_hand_in())
    assert read_submission(make_zip(everything().items())).stamp == ""


def test_a_copy_holds_the_files_of_exercises_and_no_others(make_folder, tmp_path):
    submission = read_submission(make_folder(everything() | {"exercises/judge.py": "bad"}))
    submission.write(tmp_path / "copy")
    copied = {path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*.py")}
    assert copied == set(files_to_hand_in())


def test_names_that_lead_out_are_passed_over(make_zip, tmp_path):
    names = ["../slip.py", "/tmp/slip-of-a-test.py", "layers/../../slip.py", f"../{AFFINE}", f"/{AFFINE}"]
    submission = read_submission(make_zip([(RELU, "ok"), *((name, "bad") for name in names)]))
    assert submission.files == {RELU: b"ok"}
    assert submission.notes[0].startswith("names that lead out of the folder, passed over: '../slip.py'")
    assert [path.name for path in tmp_path.rglob("*")] == ["work.zip"] and not os.path.exists("/tmp/slip-of-a-test.py")


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_member_is_read_up_to_a_bound(compression, make_zip):
    path = make_zip([(RELU, "ok"), (AFFINE, bytes(module.MOST_BYTES + 1))], compression=compression)
    submission = read_submission(path)
    assert submission.files == {RELU: b"ok"}
    assert submission.notes[0] == f"{AFFINE} is left out: it is larger than a megabyte"


def test_a_file_as_large_as_may_be_is_read(make_zip):
    assert read_submission(make_zip([(AFFINE, bytes(module.MOST_BYTES))])).files[AFFINE] == bytes(module.MOST_BYTES)


def test_a_member_that_is_damaged_costs_that_member(make_zip):
    path = make_zip([(RELU, "ok"), (AFFINE, "x" * 1000)])
    path.write_bytes(path.read_bytes().replace(b"xxxx", b"yxxx", 1))
    submission = read_submission(path)
    assert submission.files == {RELU: b"ok"}
    assert f"{AFFINE} is left out: Bad CRC-32" in submission.notes[0]


def test_a_way_of_compression_that_could_ask_for_memory_is_refused(make_zip):
    submission = read_submission(_mixed(make_zip))
    assert submission.files == {RELU: b"ok"}
    assert "compressed in another way" in submission.notes[0]


def _mixed(make_zip):
    path = make_zip([(RELU, "ok")])
    with zipfile.ZipFile(path, "a", compression=zipfile.ZIP_BZIP2) as packed:
        packed.writestr(AFFINE, "x")
    return path


def test_links_are_not_followed(make_zip, make_folder, tmp_path):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers/affine.py").write_text("the answer")
    link = zipfile.ZipInfo(AFFINE)
    link.external_attr = 0o120777 << 16
    folder = make_folder({RELU: "ok", "solvers/optim.py": "ok"})
    (folder / AFFINE).symlink_to(tmp_path / "answers/affine.py")
    for path in (make_zip([(RELU, "ok"), ("solvers/optim.py", "ok"), (link, "/etc/passwd")]), folder):
        submission = read_submission(path)
        assert set(submission.files) == {RELU, "solvers/optim.py"}
        assert submission.notes[0] == f"{AFFINE} is left out: it is a link"


def test_no_folder_that_is_a_link_is_entered(make_folder, tmp_path):
    folder = make_folder({"solvers/optim.py": "ok"})
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers/affine.py").write_text("the answer")
    (folder / "layers").symlink_to(tmp_path / "answers")
    submission = read_submission(folder)
    assert set(submission.files) == {"solvers/optim.py"} and "layers is a link" in submission.notes[0]


def test_a_pipe_is_not_waited_for(make_folder):
    folder = make_folder({RELU: "ok"})
    os.mkfifo(folder / AFFINE)
    assert f"{AFFINE} is left out: it is no plain file" in read_submission(folder).notes


def test_what_is_missing_is_said(make_folder):
    notes = read_submission(make_folder({RELU: "ok"})).notes
    assert notes[-1].startswith("missing: ") and AFFINE in notes[-1] and RELU not in notes[-1]


def test_what_is_no_submission_is_refused_in_words(make_zip, make_folder, tmp_path, monkeypatch):
    (tmp_path / "report.pdf").write_text("x")
    (tmp_path / "broken.zip").write_text("x")
    (tmp_path / "link.zip").symlink_to(make_zip(everything().items()))
    cases = {
        tmp_path / "report.pdf": "neither a zip nor a folder",
        tmp_path / "broken.zip": "the zip cannot be read: File is not a zip file",
        tmp_path / "link.zip": "this is a link",
        make_zip([("notes.txt", "x")], "other.zip"): "there is no file of an exercise in it",
        make_folder({"notes.txt": "x"}): "there is no file of an exercise in it",
    }
    for path, words in cases.items():
        with pytest.raises(Unreadable, match=words):
            read_submission(path)
    monkeypatch.setattr(module, "_MOST_MEMBERS", 3)
    with pytest.raises(Unreadable, match="members; more than 3 are not read"):
        read_submission(make_zip(everything().items()))
    monkeypatch.setattr(module, "_MOST_ZIPPED", 10)
    with pytest.raises(Unreadable, match="more than 0 are not read"):
        read_submission(make_zip(everything().items()))
