"""The program from end to end: what it writes, what it says, what it refuses."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets import load_digits
from layerwise import catalogue
from layerwise.__main__ import main
from layerwise.report import predict

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {"config.json", "history.csv", "epochs.csv", "best.npz"}
UNDRAWN = NUMBERS | {"report.html"}
FOR_ALL = UNDRAWN | {"curve.png", "confusion.png", "mistakes.png"}
SMALL = ["--data", "spirals", "--epochs", "2"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Runs go to a folder of the test's own, and no sets are found but what the system has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERWISE_DATA", str(tmp_path / "sets"))


@pytest.fixture
def undrawn(monkeypatch):
    """For runs whose pictures are not looked at: drawing is most of a small run's time."""
    monkeypatch.setitem(sys.modules, "layerwise.pictures", None)


@pytest.fixture
def few_digits(monkeypatch):
    few = {name: array[:64] if name[:2] in ("X_", "y_") else array for name, array in load_digits().items()}
    monkeypatch.setitem(catalogue.DATA, "digits", lambda: few)


def files(folder):
    return {path.name for path in Path(folder).iterdir()}


def history(folder):
    with open(Path(folder) / "history.csv", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A run of one epoch on the digits, as a user starts it: in a process of its own."""
    folder = tmp_path_factory.mktemp("runs") / "one"
    command = [sys.executable, "-m", "layerwise", "train", "--epochs", "1", "--quiet", "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_a_real_run_writes_all_files(digits):
    folder, _ = digits
    assert files(folder) == FOR_ALL | {"filters.png"}
    for path in folder.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 2000


def test_quiet_leaves_the_result_and_the_files(digits):
    folder, out = digits
    result, names_line, last = out.splitlines()
    assert re.fullmatch(r"Test accuracy \d+\.\d\d% \(\d+ of 360\)", result)
    pictures = "curve.png, confusion.png, mistakes.png, filters.png"
    names = f"config.json, history.csv, epochs.csv, best.npz, {pictures}, report.html"
    assert names_line == f"Files in {folder}: {names}"
    assert last == f"To see how it went, open {folder / 'report.html'}"


def test_the_config_holds_all_options_and_versions(digits):
    config = json.loads((digits[0] / "config.json").read_text())
    model = catalogue.make_model("convnet", load_digits(), reg=0.0, seed=0)
    assert config["num_parameters"] == sum(array.size for array in model.params.values())
    assert (config["data"], config["model"], config["epochs"], config["seed"]) == ("digits", "convnet", 1, 0)
    assert (config["num_train"], config["num_val"], config["num_test"]) == (1257, 180, 360)
    assert config["input_dim"] == [1, 8, 8] and config["num_classes"] == 10
    assert {"batch_size", "lr", "schedule", "update_rule", "reg", "out", "quiet"} <= config.keys()
    assert config["versions"].keys() == {"layerwise", "python", "numpy", "scipy", "machine"}
    assert config["versions"]["numpy"] == np.__version__


def test_the_history_has_a_row_an_iteration_and_accuracies_where_measured(digits):
    rows, config = history(digits[0]), json.loads((digits[0] / "config.json").read_text())
    per_epoch = -(-1257 // config["batch_size"])
    assert list(rows[0]) == ["iteration", "epoch", "loss", "train_acc", "val_acc"]
    assert [int(row["iteration"]) for row in rows] == list(range(1, per_epoch + 1))
    assert [row["epoch"] for row in rows] == ["0"] * (per_epoch - 1) + ["1"]
    assert [number for number, row in enumerate(rows, 1) if row["val_acc"]] == [1, per_epoch]
    assert all(float(row["loss"]) > 0 for row in rows)


def test_the_saved_model_has_the_accuracy_that_was_said(digits):
    folder, out = digits
    data = load_digits()
    model = catalogue.make_model("convnet", data, reg=0.0, seed=1)
    assert model.load(folder / "best.npz")
    right = np.sum(predict(model, data["X_test"]) == data["y_test"])
    assert f"({right} of 360)" in out


def test_what_is_printed_without_a_terminal(capsys):
    assert main(["train", *SMALL]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == (
        "spirals: 1050 training, 150 validation and 300 test examples of shape (2,) in 3 classes; fc: 10,703 parameters"
    )
    assert re.fullmatch(r"epoch   1 of 2   loss \d\.\d{4}   train acc \d+\.\d%   val acc \d+\.\d%", lines[1])
    assert lines[2].startswith("epoch   2 of 2 ")
    assert "class    n  correct  accuracy" in lines
    assert re.fullmatch(r"  all  300  +\d+ +\d+\.\d%", lines[-5])
    assert lines[-3].startswith("Test accuracy ")
    names = "config.json, history.csv, epochs.csv, best.npz, curve.png, confusion.png, mistakes.png, report.html"
    assert lines[-2] == f"Files in {Path('runs/spirals-fc')}: {names}"
    assert lines[-1] == f"To see how it went, open {Path('runs/spirals-fc/report.html')}"
    assert err == ""


def test_the_table_agrees_with_the_result(undrawn, capsys):
    main(["train", *SMALL])
    out = capsys.readouterr().out
    rows = re.findall(r"^ +(\d) +(\d+) +(\d+) ", out, re.M)
    assert [name for name, _, _ in rows] == ["0", "1", "2"]
    assert f"({sum(int(right) for _, _, right in rows)} of {sum(int(n) for _, n, _ in rows)})" in out


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(undrawn):
    for out, seed in (("first", "3"), ("again", "3"), ("other", "4")):
        assert main(["train", *SMALL, "--seed", seed, "--out", out, "--quiet"]) == 0
    read = {name: Path(name, "history.csv").read_bytes() for name in ("first", "again", "other")}
    assert read["first"] == read["again"] != read["other"]
    with np.load("first/best.npz") as first, np.load("again/best.npz") as again:
        assert first.files == again.files
        for name in first.files:
            np.testing.assert_array_equal(first[name], again[name])


@pytest.mark.parametrize("model", catalogue.MODELS)
def test_every_model_trains_on_images(model, undrawn, few_digits):
    assert main(["train", "--model", model, "--epochs", "1"]) == 0
    with np.load(f"runs/digits-{model}/best.npz") as saved:
        assert saved["W1"].dtype == np.float32


@pytest.mark.parametrize("data, model", [("spirals", "two_layer"), ("blobs", "fc")])
def test_points_are_learned_by_what_takes_points(data, model):
    assert main(["train", "--data", data, "--model", model, "--epochs", "1", "--quiet"]) == 0
    assert files(f"runs/{data}-{model}") == FOR_ALL


def test_options_reach_the_solver_and_the_model(undrawn):
    options = "--batch-size 500 --lr 0.25 --update-rule sgd --reg 0.125 --seed 9 --out here --quiet"
    assert main(["train", *SMALL, *options.split()]) == 0
    config = json.loads(Path("here/config.json").read_text())
    assert {name: config[name] for name in ("batch_size", "lr", "update_rule", "reg", "seed", "out", "quiet")} == {
        "batch_size": 500, "lr": 0.25, "update_rule": "sgd", "reg": 0.125, "seed": 9, "out": "here", "quiet": True
    }  # fmt: skip
    assert len(history("here")) == 2 * 3
    main(["train", *SMALL, *options.replace("0.125", "0").replace("here", "there").split()])
    assert float(history("here")[0]["loss"]) > float(history("there")[0]["loss"])
    main(["train", *SMALL, *options.replace("sgd", "adam").replace("here", "adam").split()])
    assert history("adam")[1]["loss"] != history("here")[1]["loss"]
    main(["train", *SMALL, *options.replace("0.25", "0.5").replace("here", "fast").split()])
    assert history("fast")[1]["loss"] != history("here")[1]["loss"]


def test_the_solver_is_given_the_options_and_measures_on_all_examples(undrawn, monkeypatch):
    from layerwise import problem

    given, real = {}, problem.Solver

    def solver(model, data, **settings):
        given.update(settings, W1=model.params["W1"].copy(), loss=model.loss_function)
        return real(model, data, **settings)

    monkeypatch.setattr(problem, "Solver", solver)
    options = (
        "--seed 7 --batch-size 300 --lr 0.02 --update-rule sgd --quiet --accumulate 2 --clip-norm 3 --ema 0.5 "
        "--patience 4 --schedule warmup:1,cosine --label-smoothing 0.25"
    )
    assert main(["train", *SMALL, *options.split()]) == 0
    assert (given["seed"], given["batch_size"], given["num_epochs"], given["update_rule"]) == (7, 300, 2, "sgd")
    assert given["optim_config"] == {"learning_rate": 0.02} and given["num_train_samples"] == 5000
    names = "accumulate", "clip_norm", "ema_decay", "patience"
    assert [given[name] for name in names] == [2, 3.0, 0.5, 4]
    assert [given["schedule"](epoch, 3) for epoch in (0.5, 1, 2)] == [0.5, 1.0, 0.5]
    assert given["loss"].keywords == {"label_smoothing": 0.25}
    model = catalogue.make_model("fc", catalogue.DATA["spirals"](), reg=0.0, seed=7)
    np.testing.assert_array_equal(given["W1"], model.params["W1"])


@pytest.mark.parametrize(
    "options, words",
    [
        (["--data", "mnist"], "mnist is not on this machine: `layerwise data fetch mnist` downloads it (12 MB)"),
        (["--data", "moons"], "argument --data: 'moons' is unknown; known are digits, spirals, blobs, mnist, "),
        (["--augment", "flop"], "argument --augment: unknown augmentation 'flop'; known are flip, crop:PAD, "),
        (["--data", "blobs", "--augment", "flip"], "argument --augment: changes images; blobs are points"),
        (["--model", "vgg"], "argument --model: invalid choice: 'vgg' (choose from"),
        (["--update-rule", "lion"], "argument --update-rule: invalid choice: 'lion' (choose from"),
        (["--epochs", "0"], "argument --epochs: must be an integer >= 1, got '0'"),
        (["--epochs", "1.5"], "argument --epochs: must be an integer >= 1, got '1.5'"),
        (["--batch-size", "-4"], "argument --batch-size: must be an integer >= 1, got '-4'"),
        (["--lr", "0"], "argument --lr: must be a finite number > 0, got '0'"),
        (["--lr", "nan"], "argument --lr: must be a finite number > 0, got 'nan'"),
        (["--lr", "inf"], "argument --lr: must be a finite number > 0, got 'inf'"),
        (["--lr", "fast"], "argument --lr: must be a finite number > 0, got 'fast'"),
        (["--reg", "-1"], "argument --reg: must be a finite number >= 0, got '-1'"),
        (["--seed", "-1"], "argument --seed: must be an integer >= 0, got '-1'"),
        (["--seed", "x"], "argument --seed: must be an integer >= 0, got 'x'"),
        (["--clip-norm", "0"], "argument --clip-norm: must be a finite number > 0, got '0'"),
        (["--ema", "1"], "argument --ema: must be a finite number >= 0 and < 1, got '1'"),
        (["--label-smoothing", "1"], "argument --label-smoothing: must be a finite number >= 0 and < 1, got '1'"),
        (["--patience", "0"], "argument --patience: must be an integer >= 1, got '0'"),
        (["--schedule", "cosinus"], "argument --schedule: unknown schedule 'cosinus'; known are constant, step:EPOCHS"),
        (["--quick"], "unrecognized arguments: --quick"),
        (
            ["--data", "blobs", "--model", "resnet"],
            "argument --model: resnet needs images; blobs are points, for two_layer, fc",
        ),
    ],
)
def test_options_refused(options, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["train", *options])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert words in err and out == ""
    assert not Path("runs").exists()


def test_a_default_run_gets_a_folder_of_its_own(undrawn):
    for _ in range(3):
        assert main(["train", *SMALL, "--quiet"]) == 0
    assert files("runs") == {"spirals-fc", "spirals-fc-2", "spirals-fc-3"}


def test_a_folder_with_something_in_it_is_refused_and_left_alone(capsys):
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("precious")
    with pytest.raises(SystemExit) as stopped:
        main(["train", *SMALL, "--out", "mine"])
    assert stopped.value.code == 2
    assert "argument --out: mine exists and is not empty" in capsys.readouterr().err
    assert files("mine") == {"notes.txt"} and Path("mine/notes.txt").read_text() == "precious"


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_refused_before_training(out, capsys):
    Path("file").write_text("")
    with pytest.raises(SystemExit) as stopped:
        main(["train", *SMALL, "--out", out])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert "argument --out: " in err and "file" in err and out == ""


def test_the_pictures_are_of_the_original_images_and_the_first_filters(few_digits, monkeypatch):
    from layerwise import pictures

    given = {}

    def instead_of(draw):
        def drawn(first, *rest):
            given[draw.__name__] = first
            return draw(first, *rest)

        return drawn

    for draw in (pictures.draw_mistakes, pictures.draw_filters):
        monkeypatch.setattr(pictures, draw.__name__, instead_of(draw))
    assert main(["train", "--epochs", "1", "--quiet"]) == 0
    images = given["draw_mistakes"]
    assert images.shape == (64, 1, 8, 8) and images.min() > -1e-6 and abs(images.max() - 1) < 1e-6
    with np.load("runs/digits-convnet/best.npz") as saved:
        np.testing.assert_array_equal(given["draw_filters"], saved["W1"])


def test_an_empty_folder_is_taken(undrawn):
    Path("empty").mkdir()
    assert main(["train", *SMALL, "--out", "empty", "--quiet"]) == 0
    assert files("empty") == UNDRAWN


def test_without_matplotlib_it_trains_and_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in [name for name in sys.modules if name.startswith(("matplotlib.", "layerwise.pictures"))]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["train", *SMALL]) == 0
    out, err = capsys.readouterr()
    assert files("runs/spirals-fc") == UNDRAWN
    assert "matplotlib is not installed" in Path("runs/spirals-fc/report.html").read_text()
    assert err == "layerwise train: pictures need matplotlib; in the checkout: pip install -e '.[run]'\n"
    names = "config.json, history.csv, epochs.csv, best.npz, report.html"
    assert f"Files in {Path('runs/spirals-fc')}: {names}\n" in out


def test_a_picture_that_fails_costs_neither_the_others_nor_the_page(monkeypatch, capsys):
    from layerwise import pictures

    def fail(*arguments):
        raise MemoryError("too large")

    monkeypatch.setattr(pictures, "draw_confusion", fail)
    assert main(["train", *SMALL, "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert err == "layerwise train: confusion.png could not be made: MemoryError('too large')\n"
    assert out.startswith("Test accuracy ") and out.endswith("report.html\n")
    assert files("runs/spirals-fc") == FOR_ALL - {"confusion.png"}
    page = Path("runs/spirals-fc/report.html").read_text()
    assert page.count("<img ") == 2 and "Table: class, n, correct, accuracy" in page


def test_a_terminal_gets_a_bar(undrawn, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["train", *SMALL]) == 0
    out, err = capsys.readouterr()
    assert "epoch   1" not in out
    assert re.search(r"100%.* 66/66 .*epoch=2, loss=\d\.\d{4}, train=\d+\.\d%, val=\d+\.\d%", err)


def test_a_terminal_without_tqdm_gets_lines(undrawn, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(["train", *SMALL]) == 0
    assert "epoch   2 of 2" in capsys.readouterr().out


def test_a_terminal_gets_no_bar_when_quiet(undrawn, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["train", *SMALL, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert "epoch" not in err and len(out.splitlines()) == 3


def test_only_the_last_quarter_of_the_epochs_decides_what_is_kept(undrawn, monkeypatch, capsys):
    from solvers import Solver

    accuracies = iter([0.5, 0.9, 0.9, 0.9, 0.7, 0.8, 0.8])  # on the validation set, whose every second call this is
    real = Solver.check_accuracy

    def scripted(self, X, y, **settings):
        return next(accuracies) if X is self.X_val else real(self, X, y, **settings)

    monkeypatch.setattr(Solver, "check_accuracy", scripted)
    assert main(["train", "--data", "spirals", "--epochs", "6"]) == 0
    assert "by the parameters of epoch 5 (validation accuracy 80.0%)" in capsys.readouterr().out


def test_what_is_kept_is_what_is_saved(undrawn, monkeypatch):
    from layerwise.history import History

    seen, histories, real = [], [], History.__call__

    def remember(self, solver):
        real(self, solver)
        seen.append({name: array.copy() for name, array in solver.model.params.items()})
        histories.append(self)

    monkeypatch.setattr(History, "__call__", remember)
    assert main(["train", *SMALL, "--quiet"]) == 0
    kept = seen[histories[-1].kept["iteration"] - 1]
    with np.load("runs/spirals-fc/best.npz") as saved:
        for name, array in kept.items():
            np.testing.assert_array_equal(saved[name], array)


@pytest.mark.parametrize("model, reg", [("two_layer", 1e-3), ("convnet", 0.03)])
def test_reg_is_the_models_own_unless_given(model, reg, undrawn, few_digits):
    assert main(["train", "--model", model, "--epochs", "1", "--quiet"]) == 0
    assert json.loads(Path(f"runs/digits-{model}/config.json").read_text())["reg"] == reg


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the overflow is what is asked for
def test_a_loss_that_is_not_finite_fails_in_words_and_keeps_the_best(undrawn, capsys):
    assert main(["train", *SMALL, "--lr", "1e30", "--update-rule", "sgd"]) == 1
    out, err = capsys.readouterr()
    assert re.match(r"layerwise train: Solver: .* at iteration \d+ / 66 with learning rate 1e\+30", err)
    assert files("runs/spirals-fc") == UNDRAWN
    assert "Test accuracy" in out
    assert "with learning rate 1e+30" in Path("runs/spirals-fc/report.html").read_text()


@pytest.mark.parametrize("argv", [[], ["fly"]])
def test_without_a_known_verb_it_says_the_known_ones(argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2
    assert "verb" in capsys.readouterr().err


def test_help_and_version(capsys):
    from layerwise import __version__

    for argv, words in ((["--help"], "train"), (["train", "--help"], "--update-rule"), (["--version"], __version__)):
        with pytest.raises(SystemExit) as stopped:
            main(argv)
        assert stopped.value.code == 0
        assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    "verb, words",
    [
        ("train", ["Ctrl-C, SIGTERM and a closed terminal end it", "batchnorm 0.03; with 10,000"]),
        ("search", ["range of the learning rate (0.0001:0.1)", "range of the regularisation (1e-06:0.1)"]),
        ("lr", ["learning rate of the last step (10.0)"]),
    ],
)
def test_help_says_the_defaults_and_once_where_they_stand(verb, words, capsys):
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert out.count("Defaults stand in parentheses.") == 1
    assert "(no)" not in out and "[0.0001" not in out
    assert all(word in out for word in words)


def test_the_version_is_that_of_the_distribution():
    from layerwise import __version__

    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert re.search(rf"^version = ({re.escape(__version__)}|attr: layerwise.__version__)$", setup, re.M)
