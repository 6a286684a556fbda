"""Minibatches by number, and what changes them at random."""

import numpy as np

from solvers import Solver
from solvers.minibatches import Minibatches

from .tiny import SETTINGS, SoftmaxRegression, numbered


def make(augment=None, seed=0, N=10):
    return Minibatches(np.arange(N), np.arange(N) % 3, 4, seed, augment)


def test_any_minibatch_can_be_had_in_any_order():
    forth, back = make(), make()
    expected = [forth[i] for i in range(12)]
    for i in reversed(range(12)):
        for array, same in zip(back[i], expected[i], strict=True):
            np.testing.assert_array_equal(array, same)


def test_the_order_depends_on_seed_and_epoch():
    orders = {tuple(np.concatenate([make(seed=seed)[3 * epoch + i][0] for i in range(3)]))
              for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9 and all(sorted(order) == list(range(10)) for order in orders)


def test_augmentation_depends_on_the_number_of_the_minibatch_alone():
    def draw(X, y, rng):
        return rng.random(), y

    first, second = make(draw), make(draw)
    drawn = [first[i][0] for i in range(9)]
    assert [second[i][0] for i in reversed(range(9))] == drawn[::-1]
    assert len(set(drawn)) == 9
    assert make(draw, seed=1)[0][0] != drawn[0]


def test_augmentation_does_not_draw_what_the_order_or_the_subsets_draw(monkeypatch):
    seeds, default_rng = [], np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: seeds.append(seed) or default_rng(seed))
    settings = {**SETTINGS, "num_epochs": 2, "num_train_samples": 5, "augment": lambda X, y, rng: (X, y)}
    Solver(SoftmaxRegression(), numbered(20), **settings).train()
    streams = {tuple(np.random.SeedSequence(seed).generate_state(4)) for seed in seeds}
    assert len(streams) == len(seeds) == 2 + 3 + 6  # two orders, three subsets, six minibatches


def test_the_solver_trains_on_what_augmentation_gives_and_measures_without():
    model = SoftmaxRegression()
    settings = {**SETTINGS, "augment": lambda X, y, rng: (X + 100, (y + 1) % 3)}
    data = numbered(20)
    Solver(model, data, **settings).train()
    assert all((X[:, 0] >= 100).all() and (y == 1).all() for X, y in model.trained_on)
    assert all((X[:, 0] < 100).all() for X in model.scored_on)
    assert (data["X_train"][:, 0] == np.arange(20)).all() and (data["y_train"] == 0).all()
