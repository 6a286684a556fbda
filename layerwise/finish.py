"""What a run leaves when it is done: its test, its pictures, its page."""

import sys
from functools import partial

from . import catalogue
from .extras import extra
from .page import write_page
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
    """
    kept, names, y = history.kept, catalogue.class_names(data), data["y_test"]
    said = predict(model, data["X_test"])
    counts = confusion_matrix(y, said, len(names))
    say(f"\nThe test set, by the parameters of epoch {kept['epoch']} (validation accuracy {kept['val_acc']:.1%}):\n")
    say(accuracy_table(counts, names), end="\n\n")
    accuracy = f"{counts.trace() / len(y):.2%}"
    pictures, shown = extra("layerwise.pictures"), {}
    if pictures:
        title = "{data}, {model}, {update_rule}, lr {lr:g}, seed {seed}".format(**config)
        figures = _draw(pictures, f"{title}: test accuracy {accuracy}", data, model, history, counts, names, said)
        for name, (alt, figure) in figures.items():
            folder.add(name, figure.savefig)
            shown[alt] = folder.path / name
    else:
        print("layerwise train: pictures need matplotlib; in the checkout: pip install -e '.[run]'", file=sys.stderr)
    page = partial(write_page, config, shown, counts, names, history, watch, model, findings)
    folder.add("report.html", page)
    print(f"Test accuracy {accuracy} ({counts.trace()} of {len(y)})")
    print(f"Files in {folder.path}: {', '.join(folder.files)}")


def _draw(pictures, title, data, model, history, counts, names, said):
    """Draw all pictures of a run, as a dict of file name to (what it shows, figure)."""
    X, y = data["X_test"], data["y_test"]
    figures = {
        "curve.png": ("Loss and accuracy, by epoch", pictures.draw_curve(history, title)),
        "confusion.png": ("Confusion matrix of the test set", pictures.draw_confusion(counts, names, title)),
    }
    if catalogue.is_images(data):
        figure = pictures.draw_mistakes(X + data["mean_image"], y, said, names, title)
    else:
        figure = pictures.draw_mistakes_in_plane(partial(predict, model), X, y, said, names, title)
    figures["mistakes.png"] = "Mistakes on the test set", figure
    filters = [w for w in model.params.values() if w.ndim == 4]
    if filters:
        figures["filters.png"] = "Filters of the first layer", pictures.draw_filters(filters[0], title)
    return figures
