"""The same questions to every augmentation; and steps put together, for the Solver and for uint8."""

import re
from functools import partial

import numpy as np
import pytest

from datasets import (
    AUGMENTATIONS,
    compose_augment,
    cutout,
    mixup,
    random_brightness,
    random_contrast,
    random_crop,
    random_flip,
    random_rotate,
    random_shift,
    to_float,
)
from models import ThreeLayerConvNet
from solvers import Solver

from .augmenting import DTYPES, STEPS, images, labels

every_step = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def run(step, X, y, seed=0):
    return step(X, y, np.random.default_rng(seed))


@every_step
@every_dtype
def test_shape_and_dtype_stay_and_nothing_given_is_changed(step, dtype):
    X, y = images(dtype=dtype), labels()
    X.flags.writeable = y.flags.writeable = False
    before = X.tobytes(), y.tobytes()
    out, soft = run(step, X, y)
    assert out.shape == X.shape and out.dtype == X.dtype
    assert (X.tobytes(), y.tobytes()) == before
    assert not np.shares_memory(out, X) and not np.array_equal(out, X)
    assert soft is y or step is STEPS["mixup"]


@every_step
def test_same_seed_same_bits_and_another_seed_others(step):
    X, y = images(), labels()
    (first, _), (again, _), (other, _) = run(step, X, y, 1), run(step, X, y, 1), run(step, X, y, 2)
    assert first.tobytes() == again.tobytes() != other.tobytes()


@every_step
def test_every_example_gets_draws_of_its_own(step):
    X, y = np.repeat(images(N=1), 20, axis=0), np.zeros(20, int)
    if step is STEPS["mixup"]:
        X = np.concatenate([X, images(N=20, seed=1)])
        y = labels(40)
    out, _ = run(step, X, y)
    assert len({image.tobytes() for image in out[:20]}) > 1


@every_step
@every_dtype
def test_no_example_and_one(step, dtype):
    for N in (0, 1):
        out, y = run(step, images(N=N, dtype=dtype), labels(N))
        assert out.shape == (N, 3, 6, 7) and out.dtype == dtype and len(y) == N


@every_step
def test_any_memory_layout(step):
    X, y = images(), labels()
    expected, _ = run(step, X, y)
    for layout in (np.asfortranarray(X), X[..., ::-1].copy()[..., ::-1], np.repeat(X, 2, axis=3)[..., ::2]):
        np.testing.assert_array_equal(run(step, layout, y)[0], expected)


UNCHANGED = {
    random_crop: {"pad": 0}, random_shift: {"pixels": 0}, random_rotate: {"degrees": 0}, cutout: {"size": 0},
    random_brightness: {"most": 0}, random_contrast: {"most": 0},
}  # fmt: skip


@every_dtype
@pytest.mark.parametrize("step", UNCHANGED, ids=lambda step: step.__name__)
def test_a_setting_of_0_changes_nothing(step, dtype):
    X = images(dtype=dtype)
    out, _ = run(partial(step, **UNCHANGED[step]), X, labels())
    np.testing.assert_allclose(out, X, rtol=1e-6)
    assert dtype != np.uint8 or out.tobytes() == X.tobytes()


@pytest.mark.parametrize("step", [random_flip, partial(random_crop, pad=1), partial(random_shift, pixels=1)])
def test_an_image_may_stay_as_it_is(step):
    X = images(N=200)
    out, _ = run(step, X, labels(200))
    same = (out == X).all(axis=(1, 2, 3))
    assert 5 < same.sum() < 195


@every_step
@pytest.mark.parametrize("X, error, words", [
    (np.zeros((2, 3, 4, 5), np.int64), TypeError, "X must be an ndarray of uint8, float32 or float64, got dtype int64"),
    (np.zeros((2, 3, 4, 5), np.float16), TypeError, "X must be an ndarray of uint8, float32 or float64, got dtype"),
    ([[[[1]]]], TypeError, "X must be an ndarray of uint8, float32 or float64, got list"),
    (np.zeros((4, 5)), ValueError, "X has shape (4, 5); expected images (N, C, H, W)"),
])  # fmt: skip
def test_what_are_not_images_is_refused(step, X, error, words):
    name = (step.func if isinstance(step, partial) else step).__name__
    with pytest.raises(error, match=re.escape(f"{name}: {words}")):
        run(step, X, labels(len(X)))


@pytest.mark.parametrize("step, name, wrong, words", [
    *((random_crop, "pad", wrong, "an integer >= 0") for wrong in (-1, 1.0, True, None)),
    *((random_shift, "pixels", wrong, "an integer >= 0") for wrong in (-1, 1.0, "2")),
    *((cutout, "size", wrong, "an integer >= 0") for wrong in (-1, 2.5)),
    *((random_rotate, "degrees", wrong, "a finite number from 0 to 180") for wrong in (-1, 181, np.nan, "9", True)),
    *((random_brightness, "most", wrong, "a finite number >= 0") for wrong in (-0.1, np.inf, np.nan, None)),
    *((random_contrast, "most", wrong, "a finite number from 0 to 1") for wrong in (-0.1, 1.1, np.nan)),
    *((STEPS["mixup"], "alpha", wrong, "a finite number > 0") for wrong in (-0.1, 0, np.inf, np.nan, "1")),
])  # fmt: skip
def test_settings_are_checked(step, name, wrong, words):
    with pytest.raises(ValueError, match=re.escape(f"{name} must be {words}, got {wrong!r}")):
        run(partial(step, **{name: wrong}), images(), labels())


def test_steps_are_done_in_the_order_given_with_one_generator():
    X, y = images(), labels()
    rng = np.random.default_rng(3)
    expected, _ = random_crop(random_flip(X, y, rng)[0], y, rng, pad=2)
    out, same = run(compose_augment("flip", partial(random_crop, pad=2)), X, y, 3)
    np.testing.assert_array_equal(out, expected)
    assert same is y
    assert run(compose_augment(), X, y)[0] is X


def test_every_name_in_the_table_is_a_step():
    names = [name for name in AUGMENTATIONS if name != "mixup"]
    out, _ = run(compose_augment(*names), images(), labels())
    assert out.shape == (20, 3, 6, 7) and out.dtype == np.uint8
    assert list(AUGMENTATIONS) == ["flip", "crop", "shift", "rotate", "cutout", "brightness", "contrast", "mixup"]


def test_a_composed_augmentation_tells_what_it_does():
    """The Solver compares the names when a run is taken up: other settings are another run."""
    describe = [
        compose_augment("flip", partial(random_crop, pad=2)).__qualname__,
        compose_augment("flip", partial(random_crop, pad=3)).__qualname__,
        *(compose_augment(partial(cutout, size=np.full(3, value))).__qualname__ for value in (1.0, 2.0, 1.0)),
    ]
    assert describe[0] == "random_flip, random_crop(pad=2)"
    assert len(set(describe)) == 4 and describe[2] == describe[4]
    assert re.fullmatch(r"cutout\(size=\(3,\) [0-9a-f]{8}\)", describe[2])


@pytest.mark.parametrize("step, words", [
    ("flop", "unknown step 'flop'; known are flip, crop, shift, rotate, cutout, brightness, contrast, mixup"),
    (None, "a step must be a function or a name, got None"),
])  # fmt: skip
def test_steps_are_checked_before_any_training(step, words):
    with pytest.raises(ValueError, match=re.escape(f"compose_augment: {words}")):
        compose_augment("flip", step)


def solver(**changed):
    X, y = images(N=30, H=4, W=4), labels(30)
    data = {"X_train": X, "y_train": y, "X_val": X[:10], "y_val": y[:10]}
    augment = compose_augment("flip", partial(random_crop, pad=1), partial(mixup, num_classes=5))
    model = ThreeLayerConvNet((3, 4, 4), num_filters=2, filter_size=3, hidden_dim=6, num_classes=5, seed=0)
    settings = {"augment": augment, "prepare": to_float, "batch_size": 8, "num_epochs": 2, "seed": 0, "verbose": False,
                "num_train_samples": 1, **changed}  # fmt: skip
    return Solver(model, data, **settings)


def test_the_solver_trains_on_uint8_and_soft_labels_alike_each_time_and_in_pieces():
    first = solver()
    first.train()
    assert len(first.loss_history) == 8 and np.isfinite(first.loss_history).all()
    again = solver()
    again.train()
    assert again.loss_history == first.loss_history
    pieces = solver(batch_size=4, accumulate=2)
    pieces.train()
    np.testing.assert_allclose(pieces.loss_history, first.loss_history, rtol=1e-5)


def test_a_run_taken_up_augments_as_if_it_had_not_been_stopped(tmp_path):
    def stop(solver):
        if solver.iteration == 3:
            raise KeyboardInterrupt

    through = solver()
    through.train()
    settings = {"checkpoint_name": tmp_path / "run", "checkpoint_every": 1}
    with pytest.raises(KeyboardInterrupt):
        solver(**settings, on_iteration=[stop]).train()
    resumed = solver(**settings)
    resumed.resume()
    assert resumed.iteration == 3
    resumed.train()
    assert resumed.loss_history == through.loss_history
