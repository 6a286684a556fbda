"""The verb ``flow``: what flows through a net while it learns; by default the course's lesson on initialisation."""

import math
import sys
from pathlib import Path

import numpy as np

from models import FullyConnectedNet
from solvers import Solver

from . import catalogue
from .extras import NO_PICTURES, extra
from .flow import Flow, describe_moment, flow_table
from .model_file import load_model
from .options import integer, number

DEPTH, WIDTH = 8, 100  # of the lesson's net
LESSON = {
    "too small: 0.01": {"weight_scale": 0.01},
    "too large: 0.5": {"weight_scale": 0.5},
    "He: sqrt(2 / fan-in)": {"weight_scale": "he"},
    "0.01 with batchnorm": {"weight_scale": 0.01, "normalization": "batchnorm"},
}
MEASURED_ON = 200  # training examples
MOMENTS = 50  # measurements in a run


def add_flow(verbs):
    """Add the verb and its options to the program's parser."""
    about = (
        "Draw activations and gradients layer by layer over training. Without --model: the course's lesson on "
        "initialisation, the same deep net with weights too small, too large, He's, and with batchnorm."
    )
    parser = verbs.add_parser("flow", help="Draw what flows through a net while it learns.", description=about)
    add = parser.add_argument
    add("--model", metavar="MODEL", help=f"{', '.join(catalogue.MODELS)}; or your own: my_model.py:MyNet")
    add("--data", metavar="NAME", default="digits", help=f"what to learn: {catalogue.SPELLINGS} (%(default)s)")
    add("--epochs", type=integer(1), default=10, metavar="N", help="how often each example is shown (%(default)s)")
    about_lr = "learning rate (0.02 of sgd_momentum in the lesson, 0.001 of adam else)"
    add("--lr", type=number(above=True), metavar="RATE", help=about_lr)
    add("--seed", type=integer(0), default=0, metavar="N", help="the same seed gives the same numbers (%(default)s)")
    add("--out", type=Path, default=Path("flow.png"), metavar="FILE", help="the picture (%(default)s)")
    parser.set_defaults(run=lambda options: show_flow(options, parser.error))


def show_flow(options, refuse):
    """Train, measure, print and draw; return the exit status.

    Parameters
    ----------
    options : argparse.Namespace
        What `add_flow` asks for.
    refuse : function
        Is told what is wrong with an option; does not return.
    """
    if options.out.suffix not in (".png", ".svg", ".pdf") or not options.out.parent.is_dir():
        refuse(f"argument --out: expected a file .png, .svg or .pdf in a folder that exists, got {options.out}")
    try:
        data = catalogue.load(options.data)
        if options.model is None:
            flows, title = _show_lesson(options, data)
        else:
            flows, title = _show_model(options, data)
    except (ValueError, TypeError) as error:
        refuse(str(error))
    except KeyboardInterrupt:
        print("layerwise flow: stopped by hand; there is no picture", file=sys.stderr)
        return 130
    pictures = extra("layerwise.flow_pictures")
    if pictures is None:
        print(f"layerwise flow: {NO_PICTURES}", file=sys.stderr)
        return 1
    try:
        pictures.draw_flow(flows, title).savefig(options.out, dpi=100)
    except OSError as error:
        refuse(f"argument --out: {error}")
    print(f"\nPicture in {options.out}")
    return 0


def _show_lesson(options, data):
    """Train the lesson's nets and print what becomes of each."""
    lr = 0.02 if options.lr is None else options.lr
    input_dim, num_classes = math.prod(data["X_train"].shape[1:]), len(catalogue.class_names(data))
    print(
        f"One net of {DEPTH} hidden layers of {WIDTH} units with relu, and {len(LESSON)} ways to begin: "
        f"the weights' standard deviation.\n{len(data['y_train']):,} {options.data}, {_epochs(options)} of "
        f"sgd_momentum, learning rate {lr:g}. Measured on {MEASURED_ON} training examples.\n"
    )
    forward, back = f"{'relu 1':>8} -> relu {DEPTH}", f"{f'relu {DEPTH}':>8} -> relu 1"
    print(f"{'':21}{'std of activations':^19}  {'norm of gradients':^19}  {'dead units':^12}  {'at the end':>13}")
    print(f"{'weights':21}{forward:19}  {back:19}  {f'of relu {DEPTH}':^12}  {'loss':>8}  val acc")
    flows, said = {}, []
    for name, settings in LESSON.items():
        model = FullyConnectedNet(
            [WIDTH] * DEPTH, input_dim=input_dim, num_classes=num_classes, seed=options.seed, **settings
        )
        flow, solver, trouble = _train(model, data, options, "sgd_momentum", lr, names=("relu",))
        first, last = flow.moments[0], flow.moments[-1]
        end_loss = math.nan if trouble else last.loss
        std, norm = first.activations["std"], first.gradients["norm"]
        dead = [f"{moment.activations['dead'][-1]:.0%}" for moment in (first, last)]
        print(
            f"{name:21}{std[0]:8.1e} -> {std[-1]:7.1e}  {norm[-1]:8.1e} -> {norm[0]:7.1e}  "
            f"{dead[0]:>4} -> {dead[1]:>4}  {end_loss:8.2g}  {solver.val_acc_history[-1]:7.1%}"
        )
        said += [f"\n{name}", *(f"  {sentence}" for sentence in describe_moment(first, flow.layers))]
        said += [f"  Training {trouble}."] if trouble else []
        flows[f"{name}\n{trouble}" if trouble else name] = flow
    print("\nBefore the first step:", *said, sep="\n")
    how = f"{options.data}, sgd_momentum, lr {lr:g}, seed {options.seed}"
    heading = f"The same net of {DEPTH} hidden layers, four ways to begin; filled: before training, line: at the end"
    return flows, f"{heading}\n{how}"


def _show_model(options, data):
    """Train one model and print what became of each layer."""
    model = _make_model(options, data)
    lr = 1e-3 if options.lr is None else options.lr
    flow, solver, trouble = _train(model, data, options, "adam", lr)
    print(f"{options.model} on {options.data}, {_epochs(options)} of adam, learning rate {lr:g}\n")
    print(flow_table(flow))
    for when, moment in (("Before the first step", flow.moments[0]), ("At the end", flow.moments[-1])):
        print(f"\n{when}:", *(f"  {sentence}" for sentence in describe_moment(moment, flow.layers)), sep="\n")
    accuracy = f"Validation accuracy at the end: {solver.val_acc_history[-1]:.1%}"
    print(f"\nTraining {trouble}." if trouble else f"\n{accuracy}")
    how = f"{options.model} on {options.data}, adam, lr {lr:g}, seed {options.seed}"
    return {options.model: flow}, f"What flows through the net; filled: before training, line: at the end\n{how}"


def _epochs(options):
    return "1 epoch" if options.epochs == 1 else f"{options.epochs} epochs"


def _train(model, data, options, update_rule, lr, names=None):
    """Train a model and measure it on the way; return the flow, the Solver, and in words what went wrong."""
    per_epoch = -(-len(data["y_train"]) // 50)
    every = max(1, options.epochs * per_epoch // MOMENTS)
    flow = Flow(data["X_train"][:MEASURED_ON], data["y_train"][:MEASURED_ON], every, names)
    flow.record(model)
    solver = Solver(
        model,
        data,
        update_rule=update_rule,
        optim_config={"learning_rate": lr},
        batch_size=50,
        num_epochs=options.epochs,
        verbose=False,
        seed=options.seed,
        on_iteration=[flow],
    )
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            solver.train()
    except FloatingPointError:
        return flow, solver, f"stopped at iteration {solver.iteration + 1}: the loss is not finite"
    return flow, solver, None


def _make_model(options, data):
    if options.model not in catalogue.MODELS:
        if ":" not in options.model:
            known = ", ".join(catalogue.MODELS)
            raise ValueError(f"argument --model: {options.model!r} is unknown; known are {known}, or FILE.py:NAME")
        return load_model(options.model)
    if options.model in catalogue.FOR_IMAGES and not catalogue.is_images(data):
        raise ValueError(f"argument --model: {options.model} needs images; {options.data} are points")
    return catalogue.make_model(options.model, data, catalogue.default_reg(options.model), options.seed)
