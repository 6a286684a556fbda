"""What is to be learned, and how: the settings of a verb made into data, a model and a Solver."""

from functools import partial

from layers import softmax_loss
from solvers import Solver

from . import catalogue
from .schedule import make_schedule


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
        With the name of the model and the regularisation.
    data : dict
    """
    data = catalogue.DATA[settings["data"]]()
    model = settings["model"] or catalogue.default_model(data)
    if model in catalogue.FOR_IMAGES and not catalogue.is_images(data):
        others = ", ".join(name for name in catalogue.MODELS if name not in catalogue.FOR_IMAGES)
        refuse(f"argument --model: {model} needs images; {settings['data']} are points, for {others}")
    reg = catalogue.default_reg(model) if settings["reg"] is None else settings["reg"]
    return {**settings, "model": model, "reg": reg}, data


def make_model(settings, data):
    """Make the model, with the loss that it is to be trained by."""
    model = catalogue.make_model(settings["model"], data, settings["reg"], settings["seed"])
    if settings["label_smoothing"]:
        model.loss_function = partial(softmax_loss, label_smoothing=settings["label_smoothing"])
    return model


def step_arguments(settings):
    """The Solver's arguments that bear on a single step."""
    return {
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
        **step_arguments(settings),
        schedule=make_schedule(settings["schedule"]),
        num_epochs=settings["epochs"],
        ema_decay=settings["ema"],
        patience=settings["patience"],
        num_train_samples=None,
        verbose=False,
        **others,
    )
