"""The translation of our nets into PyTorch's modules, by a stand-in: their results are compared at every run."""

import sys

import numpy as np
import pytest

from benchmarks.steps import STEPS, minibatch
from benchmarks.torch_side import TorchLayer, TorchLoss, TorchStep, to_torch
from layers import add, affine, avg_pool, chain, conv, get_num_threads, max_pool, relu, residual, sigmoid

from .fake_torch import make, weighty


@pytest.fixture
def events(monkeypatch):
    torch, events = make()
    monkeypatch.setitem(sys.modules, "torch", torch)
    return events


def translated(step):
    model = step.make_model()
    return model, to_torch(model.net, (*model.params.values(), *model.settings), len(step.shape) == 4)


def test_a_net_becomes_the_same_modules(events):
    lenet = next(step for step in STEPS if "LeNet" in step.name)
    _, net = translated(lenet)
    assert [repr(module) for module in net.args] == [
        "Conv2d(1, 6, (5, 5), stride=1, padding=2)",
        "ReLU(inplace=True)",
        "MaxPool2d((2, 2), stride=2)",
        "Conv2d(6, 16, (5, 5), stride=1, padding=0)",
        "ReLU(inplace=True)",
        "MaxPool2d((2, 2), stride=2)",
        "Flatten()",
        "Linear(400, 120)",
        "ReLU(inplace=True)",
        "Linear(120, 84)",
        "ReLU(inplace=True)",
        "Linear(84, 10)",
    ]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_is_known_and_has_our_parameters(events, step):
    model, net = translated(step)
    theirs = [(module, tensor.array) for module in weighty(net) for tensor in (module.weight, module.bias)]
    for ours, (module, array) in zip(model.params.values(), theirs, strict=True):
        same = array.T if module.kind == "Linear" and array.ndim == 2 else array
        np.testing.assert_array_equal(ours, same)
        assert array.dtype == ours.dtype == module.dtype
        assert not np.shares_memory(ours, array)


def test_relu_does_not_write_into_what_the_caller_gave(events):
    assert repr(to_torch(relu, (), False).args[0]) == "ReLU(inplace=False)"


def test_pools_have_the_same_window(events):
    pool_param = {"pool_height": 2, "pool_width": 3, "stride": 4}
    assert repr(to_torch(avg_pool, (pool_param,), True).args[0]) == "AvgPool2d((2, 3), stride=4)"
    assert repr(to_torch(max_pool, (pool_param,), True).args[0]) == "MaxPool2d((2, 3), stride=4)"


def test_an_affine_layer_is_flattened_only_after_images(events):
    args = (np.ones((3, 2)), np.ones(2))
    assert [module.kind for module in to_torch(affine, args, False).args] == ["Linear"]
    assert [module.kind for module in to_torch(affine, args, True).args] == ["Flatten", "Linear"]


def test_branches_are_added_up(events):
    args = (np.ones((3, 2)), np.ones(2), np.ones((3, 2)), np.ones(2))
    shortcut, identity = to_torch(chain(add(chain(relu, affine), affine), residual(relu)), args, False).args
    assert [repr(branch) for branch in shortcut.branches] == [
        "Sequential(ReLU(inplace=False), Linear(3, 2))",
        "Sequential(Linear(3, 2))",
    ]
    assert [repr(branch) for branch in identity.branches] == [
        "Sequential(ReLU(inplace=False))",
        "Sequential(Identity())",
    ]
    np.testing.assert_array_equal(identity(np.array([1.0, 2.0])), [2.0, 4.0])  # the stand-in's modules do nothing


def test_what_is_not_known_is_refused(events):
    with pytest.raises(ValueError, match="no module is known for 'sigmoid'; known are .*'relu'"):
        to_torch(chain(relu, sigmoid), (), False)


@pytest.mark.parametrize("layout, memory_format", [("NCHW", None), ("channels last", "channels_last")])
def test_a_step_does_what_a_training_loop_does(events, layout, memory_format):
    step = next(step for step in STEPS if "LeNet" in step.name)
    run = TorchStep(step.make_model(), *minibatch(step), "adam", 0.5, layout)
    assert run.net.memory_format == run.X.memory_format == memory_format
    assert ("Adam", 10, 0.5) in events  # five weights and biases
    assert ("threads", get_num_threads()) in events
    events.clear()
    assert run() == 1.5
    assert events == ["zero_grad", "loss", "backward", "step"]
    run.release()
    assert events[4:] == ["zero_grad"]


def test_a_matrix_has_no_second_layout(events):
    step = STEPS[0]
    run = TorchStep(step.make_model(), *minibatch(step), "sgd", 0.5, "channels last")
    assert run.X.memory_format is None


def test_a_layer_gives_out_and_all_gradients(events):
    x, w, b, dout = np.ones((2, 3)), np.arange(6.0).reshape(3, 2), np.array([7.0, 8.0]), np.full((2, 2), 9.0)
    layer = TorchLayer(affine, x, (w, b), dout, "NCHW")
    assert layer.forward() is layer.out  # the stand-in's net gives back what it is given
    for result, expected in zip(layer.results(), (x, x + 1, w + 1, b + 1), strict=True):
        np.testing.assert_array_equal(result, expected)
    _, out, given, retain_graph = events[-1]
    assert out is layer.out and given is layer.dout
    assert retain_graph  # so that backward can be asked again


def test_a_layer_lies_in_the_layout_that_is_asked_for(events):
    x, w, b, dout = np.ones((1, 2, 3, 3)), np.ones((2, 2, 1, 1)), np.ones(2), np.ones((1, 2, 3, 3))
    for layout, memory_format in (("NCHW", None), ("channels last", "channels_last")):
        layer = TorchLayer(conv, x, (w, b, {"stride": 1, "pad": 0}), dout, layout)
        assert layer.x.memory_format == layer.net.memory_format == layer.dout.memory_format == memory_format
        np.testing.assert_array_equal(layer.results()[2], w + 1)


def test_a_loss_gives_itself_and_its_gradient(events):
    loss, dx = TorchLoss(np.ones((2, 3), np.float32), np.array([1, 2])).results()
    assert loss == 9 and loss.dtype == np.float32
    np.testing.assert_array_equal(dx, np.full((2, 3), 2))


def test_without_pytorch_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModuleNotFoundError, match=r"PyTorch is not installed: pip install -e '\.\[bench\]'"):
        to_torch(relu, (), False)
