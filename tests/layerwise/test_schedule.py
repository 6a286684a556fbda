"""Schedules as they are written on the command line."""

import pytest

from layerwise.schedule import make_schedule
from solvers import cosine, one_cycle, schedules


@pytest.mark.parametrize(
    "text, expected",
    [
        ("constant", schedules.constant),
        ("step:3", lambda e, n: schedules.step(e, n, every=3)),
        ("exponential:0.8", lambda e, n: schedules.exponential(e, n, decay=0.8)),
        ("cosine", cosine),
        ("cosine:0.1", lambda e, n: cosine(e, n, final=0.1)),
        ("one-cycle", one_cycle),
        ("one_cycle", one_cycle),
        ("warmup:2", lambda e, n: schedules.warmup(e, n, epochs=2)),
        ("warmup:2,cosine", lambda e, n: schedules.warmup(e, n, epochs=2, then=cosine)),
    ],
)
def test_a_text_names_a_schedule(text, expected):
    schedule = make_schedule(text)
    assert [schedule(epoch / 4, 10) for epoch in range(40)] == [expected(epoch / 4, 10) for epoch in range(40)]


@pytest.mark.parametrize(
    "text, words",
    [
        ("sine", "unknown schedule 'sine'; known are constant, step:EPOCHS"),
        ("", "unknown schedule ''"),
        ("warmup:2,sine", "unknown schedule 'sine'"),
        ("constant:2", "constant takes no number, got 'constant:2'"),
        ("step:", "expected a finite number > 0 after the colon, got 'step:'"),
        ("step:-1", "expected a finite number > 0 after the colon, got 'step:-1'"),
        ("step:nan", "expected a finite number > 0"),
        ("step:inf", "expected a finite number > 0"),
        ("cosine,step", "only warmup is followed by another schedule, got 'cosine,step'"),
        ("warmup:1,", "unknown schedule ''"),
    ],
)
def test_what_is_no_schedule_is_refused(text, words):
    with pytest.raises(ValueError) as refused:
        make_schedule(text)
    assert str(refused.value).startswith(words)
