"""Each wrong part is found and named, wherever in the net it sits; and nothing else is."""

import pytest

from layerwise import catalogue
from layerwise.check_model import OF_LOSS, check_model

from .faults import FAULTS, after, images_net, make, num_layers, planted, points_net, residual_net


@pytest.mark.parametrize("net", [points_net, images_net, residual_net])
def test_nothing_is_found_in_the_nets_themselves(net):
    results = check_model(*make(net))
    assert {result.verdict for result in results} == {"ok"}
    assert max(result.error / result.bound for result in results) < 0.2


@pytest.mark.parametrize(
    "kind, net, place, name, mistake", FAULTS, ids=[f"{fault[0]}: {fault[3]}" for fault in FAULTS]
)
def test_a_wrong_part_is_named(kind, net, place, name, mistake, figures):
    if place is None:
        model, X, y = make(net, loss_function=mistake)
    else:
        model, X, y = make(net, place, mistake)
    wrong = [result.where for result in check_model(model, X, y) if result.verdict == "WRONG"]
    expected = f"{name} (part {place} of {num_layers(model.net)})" if isinstance(place, int) else name
    assert wrong[0].startswith(expected)
    assert set(wrong) <= {wrong[0], "the loss"}
    figures["faults planted in a part, found and named by layerwise check"] += 1


def test_the_faults_are_of_every_kind():
    kinds = [fault[0] for fault in FAULTS]
    assert len(FAULTS) >= 30
    for kind in ("sign", "missing sum", "factor N", "swapped gamma and beta", "stale cache", "= for +="):
        assert sum(text.startswith(kind) for text in kinds) >= 3, kind


@pytest.mark.parametrize("name", catalogue.MODELS)
def test_a_wrong_part_in_the_middle_of_a_built_in_model_is_named(name, monkeypatch):
    monkeypatch.setattr("layerwise.check_model.OF_LOSS", OF_LOSS._replace(steps=(1e-5,), most_entries=1))  # to be quick
    data = catalogue.DATA["digits"]()
    model = catalogue.make_model(name, data, reg=0.01, seed=0)
    middle = num_layers(model.net) // 2 + 1
    model.net = planted(model.net, middle, after(lambda dout, cache, dx, *grads: (1.01 * dx, *grads)))
    first = check_model(model, data["X_train"][:4], data["y_train"][:4])[0]
    assert first.verdict == "WRONG" and first.name == "dx"
    assert f"(part {middle} of {num_layers(model.net)})" in first.where
