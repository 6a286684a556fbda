"""What a run leaves when it is done: its test, its pictures, its page."""

import sys
from functools import partial

import numpy as np

from . import catalogue
from .extras import NO_PICTURES, extra
from .page import CONFUSION, write_page
from .problem import prepare
from .report import accuracy_table, confusion_matrix, predict


def finish(config, data, folder, model, history, watch, findings, say):
    """Test the model, print how it did, and add pictures and the page to the folder.

    Parameters
    ----------
    config, data : dict
    folder : RunFolder
    model : Classifier
        With its best parameters.
    history : History
    watch : Watch
    findings : list of str
        What looked wrong.
    say : function
        Prints, or does not.

    Returns
    -------
    failed : list of str
        The pictures that could not be made; the page does without them.
    """
    kept, names, y = history.kept, catalogue.class_names(data), data["y_test"]
    said = predict(model, data["X_test"], prepare(data))
    counts = confusion_matrix(y, said, len(names))
    say(f"\nThe test set, by the parameters of epoch {kept['epoch']} (validation accuracy {kept['val_acc']:.1%}):\n")
    say(accuracy_table(counts, names), end="\n\n")
    accuracy = f"{counts.trace() / len(y):.2%}"
    print(f"Test accuracy {accuracy} ({counts.trace()} of {len(y)})", flush=True)
    pictures, shown, failed = extra("layerwise.pictures"), {}, []
    if pictures:
        title = "{data}, {model}, {update_rule}, lr {lr:g}, seed {seed}".format(**config)
        title = f"{title}: test accuracy {accuracy}"
        for name, alt, draw in _pictures(pictures, title, data, model, history, counts, names, said):
            try:
                folder.add(name, draw().savefig)
                shown[alt] = folder.path / name
            except Exception as error:  # whatever it is, the others and the page can still be had
                print(f"layerwise train: {name} could not be made: {error!r}", file=sys.stderr, flush=True)
                failed.append(name)
    else:
        print(f"layerwise train: {NO_PICTURES}", file=sys.stderr)
    page = partial(write_page, config, shown, counts, names, history, watch, model, findings)
    folder.add("report.html", page)
    print(f"Files in {folder.path}: {', '.join(folder.files)}")
    print(f"To see how it went, open {folder.path / 'report.html'}")
    return failed


def _pictures(pictures, title, data, model, history, counts, names, said):
    """List the pictures of a run: file name, what it shows, and the function that draws it."""
    X, y = data["X_test"], data["y_test"]
    yield "curve.png", "Loss and accuracy, by epoch", partial(pictures.draw_curve, history, title)
    yield "confusion.png", CONFUSION, partial(pictures.draw_confusion, counts, names, title)
    if catalogue.is_images(data):
        images = X if X.dtype == np.uint8 else X * data["std"] + data["mean_image"]
        draw = partial(pictures.draw_mistakes, images, y, said, names, title)
    else:
        draw = partial(pictures.draw_mistakes_in_plane, partial(predict, model), X, y, said, names, title)
    yield "mistakes.png", "Mistakes on the test set", draw
    filters = [w for w in model.params.values() if w.ndim == 4]
    if filters:
        yield "filters.png", "Filters of the first layer", partial(pictures.draw_filters, filters[0], title)
