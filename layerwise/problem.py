"""What is to be learned, and how: the settings of a verb made into data, a model and a Solver."""

from functools import partial

import numpy as np

from datasets import to_float
from layers import softmax_loss
from solvers import Solver

from . import catalogue
from .augmentation import make_augment
from .options import BY_SIZE
from .schedule import make_schedule

MEASURED_ON = 5000  # training examples, of more: the training accuracy is for looking at, and ought to cost little


def open_problem(settings, refuse):
    """Load the data, and settle what the settings leave open.

    Parameters
    ----------
    settings : dict
    refuse : function
        Is told what is wrong with an option; does not return.

    Returns
    -------
    settings : dict
        With the name of the model, the regularisation, and all that follows from the size of the training set.
    data : dict
    """
    try:
        data = catalogue.load(settings["data"], keep_uint8=True)
    except ValueError as error:
        refuse(f"argument --data: {error}")
    model = settings["model"] or catalogue.default_model(data)
    if model in catalogue.FOR_IMAGES and not catalogue.is_images(data):
        others = ", ".join(name for name in catalogue.MODELS if name not in catalogue.FOR_IMAGES)
        refuse(f"argument --model: {model} needs images; {settings['data']} are points, for {others}")
    if settings.get("augment") and not catalogue.is_images(data):
        refuse(f"argument --augment: changes images; {settings['data']} are points")
    num_train = len(data["y_train"])
    decided = {name: choice[num_train >= catalogue.LARGE] for name, choice in BY_SIZE.items()}
    decided |= {"model": model, "reg": catalogue.default_reg(model, num_train)}
    return {name: decided.get(name) if value is None else value for name, value in settings.items()}, data


def prepare(data):
    """Say how a dataset's examples become what a model is given: None if they are that."""
    if data["X_train"].dtype != np.uint8:
        return None
    return partial(to_float, **{name: data[name] for name in ("scale", "mean_image", "std")})


def make_model(settings, data):
    """Make the model, with the loss that it is to be trained by."""
    model = catalogue.make_model(settings["model"], data, settings["reg"], settings["seed"])
    if settings["label_smoothing"]:
        model.loss_function = partial(softmax_loss, label_smoothing=settings["label_smoothing"])
    return model


def step_arguments(settings, data):
    """The Solver's arguments that bear on a single step."""
    augment = settings["augment"]
    return {
        "augment": augment and make_augment(augment, len(catalogue.class_names(data))),
        "prepare": prepare(data),
        "update_rule": settings["update_rule"],
        "optim_config": {"learning_rate": settings["lr"]},
        "batch_size": settings["batch_size"],
        "accumulate": settings["accumulate"],
        "clip_norm": settings["clip_norm"],
        "seed": settings["seed"],
    }


def make_solver(settings, data, **others):
    """Make a new model and the Solver that trains it; others are further arguments of the Solver."""
    return Solver(
        make_model(settings, data),
        data,
        **step_arguments(settings, data),
        schedule=make_schedule(settings["schedule"]),
        num_epochs=settings["epochs"],
        ema_decay=settings["ema"],
        patience=settings["patience"],
        num_train_samples=MEASURED_ON,
        verbose=False,
        **others,
    )
