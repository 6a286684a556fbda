"""The verb ``check``: what it prints, what it returns, what it refuses."""

import dataclasses
import re
import time

import numpy as np
import pytest

from layerwise import catalogue
from layerwise.__main__ import main
from layerwise.check import check_table, check_verdict
from layerwise.check_gradient import Result

from .user_models import BY_HAND, OF_PARTS, WRONG


@pytest.fixture
def users(tmp_path):
    def place(text):
        (tmp_path / "my_model.py").write_text(text, encoding="utf-8")
        return f"{tmp_path / 'my_model.py'}:MyNet"

    return place


@pytest.mark.parametrize("name", catalogue.MODELS)
def test_every_built_in_model_is_right_and_known_to_be_in_ten_seconds(name, capsys):
    start = time.process_time()
    assert main(["check", name, "--all"]) == 0
    assert time.process_time() - start < 10
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == "verdict error bound gradient of worst at analytic numerical".split()
    rows = [line for line in lines if line.startswith("ok ")]
    assert lines[-1] == f"Gradients that agree with the numerical ones: {len(rows)} of {len(rows)}."
    assert max(map(len, lines)) <= 110
    errors = [float(row.split()[1]) for row in rows]
    assert errors == sorted(errors, reverse=True)


def test_the_worst_are_shown_and_the_others_counted(capsys):
    assert main(["check", "fc"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("ok ")]) == 12
    assert re.search(r"\.\.\. and \d+ more, all ok \(--all shows them\)", "\n".join(lines))


@pytest.mark.parametrize("text", [BY_HAND, OF_PARTS])
def test_a_users_model_is_checked(users, text, capsys):
    assert main(["check", users(text)]) == 0
    out = capsys.readouterr().out
    assert "Gradients that agree with the numerical ones" in out
    assert ("its parts could not be checked one by one" in out) == (text is BY_HAND)


def test_a_wrong_part_of_a_users_model_is_named(users, capsys):
    assert main(["check", users(WRONG)]) == 1
    table, verdict = capsys.readouterr().out.split("\n\n")
    first = table.splitlines()[1]
    assert first.startswith("WRONG") and "scale (5)" in first and "dgamma1" in first
    lines = verdict.splitlines()
    assert re.fullmatch(r"WRONG: scale \(part 5 of 5\): dgamma1, by \d+% of the largest entry", lines[0])
    assert re.fullmatch(r"WRONG: the loss: dgamma1, by \d+% of the largest entry", lines[1])
    assert lines[2] == "What is wrong with the loss may follow from that part."


@pytest.mark.parametrize("arguments", [["nothing"], ["resnet", "--data", "spirals"], ["nowhere.py:MyNet"]])
def test_a_model_that_is_not_there_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as refused:
        main(["check", *arguments])
    assert refused.value.code == 2
    assert "layerwise check: error: " in capsys.readouterr().err


def test_a_model_that_fails_in_training_is_reported(users, capsys):
    broken = OF_PARTS + """
    def loss(self, X, y=None):
        if y is not None:
            self.settings[0]["stride"] = 0
        return super().loss(X, y)

    def __deepcopy__(self, memo):
        raise ValueError("not today")
"""
    assert main(["check", users(broken)]) == 1
    assert "MyNet cannot be copied: not today" in capsys.readouterr().err


RIGHT = Result("relu (part 2 of 3)", "dx", 1e-9, 1e-6, "ok", "(0, 1)", 0.5, 0.5)
KINK = Result("relu (part 2 of 3)", "dx", 0.5, 1e-6, "kink", "(0, 1)", 0.0, 0.5)
BROKEN = Result("affine (part 1 of 3)", "", np.inf, 1e-6, "WRONG", trouble="backward returned 2 gradients")
LOSS = [Result("the loss", name, 0.25, 1e-5, "WRONG", "(0,)", 1.0, 1.25) for name in ("dW1", "db1")]


def test_a_kink_is_shown_and_not_judged():
    assert check_verdict([KINK, RIGHT]) == "Not judged, since a kink was near at every try: dx of relu (part 2 of 3)."
    assert "kink" in check_table([RIGHT, KINK], most=1)


def test_trouble_is_shown_without_numbers():
    table = check_table([BROKEN, RIGHT], most=5)
    assert "nan" not in table and "inf" not in table
    assert "WRONG: affine (part 1 of 3): backward returned 2 gradients" in check_verdict([BROKEN])


def test_a_loss_that_is_wrong_by_itself_is_told_from_one_that_has_a_wrong_part():
    assert check_verdict([*LOSS, RIGHT]).splitlines() == [
        "WRONG: the loss: dW1, db1 are wrong",
        "Every part is right by itself: look at what the model's loss does with them.",
    ]
    assert check_verdict([BROKEN, *LOSS]).splitlines()[-1] == "What is wrong with the loss may follow from that part."
    two = [BROKEN, dataclasses.replace(RIGHT, verdict="WRONG"), *LOSS]
    assert check_verdict(two).splitlines()[-1] == "What is wrong with the loss may follow from those parts."
    assert check_verdict(LOSS) == "WRONG: the loss: dW1, db1 are wrong"  # of a model without parts, no more can be said
