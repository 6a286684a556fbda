"""The verb ``learnt``: one page of pictures of what the net of a run has learnt."""

import sys
from functools import partial
from html import escape
from pathlib import Path

from . import catalogue
from .extras import NO_PICTURES, extra
from .learnt_figures import draw_learnt
from .page import PAGE, picture_tag
from .run_folder import RunFolder


def add_learnt(verbs):
    """Add the verb and its options to the program's parser."""
    about = "Make a page of pictures, learnt.html, of what the net of a run on images has learnt."
    parser = verbs.add_parser("learnt", help=about, description=about)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="of a run: what `layerwise train` left")
    parser.set_defaults(run=lambda options: show_learnt(options.folder, parser.error))


def show_learnt(path, refuse):
    """Make the pictures and the page of a run's folder and return the exit status.

    Parameters
    ----------
    path : path
    refuse : function
        Is told what is wrong with the folder; does not return.
    """
    try:
        folder, config = RunFolder.reopen(path, ("data", "model", "reg", "seed"))
        if config["model"] not in list(catalogue.MODELS):
            refuse(f"{path}: its model is {config['model']!r}; known are {', '.join(catalogue.MODELS)}")
        data = catalogue.load(config["data"])
        if not catalogue.is_images(data):
            refuse(f"{path}: {config['data']} are points; the pictures need images")
        model = catalogue.make_model(config["model"], data, config["reg"], config["seed"])
        model.load(folder.path / "best.npz")
    except (OSError, ValueError) as error:
        refuse(str(error))
    pictures = extra("layerwise.learnt_pictures")
    if pictures is None:
        print(f"layerwise learnt: {NO_PICTURES}", file=sys.stderr)
        return 1
    title = f"{config['model']} on {config['data']}"
    body = []
    for heading, figure, words in draw_learnt(pictures, model, data, title):
        name = f"learnt_{heading.lower().replace(' ', '_')}.png"
        folder.add(name, partial(figure.savefig, dpi=100))
        print(folder.path / name)
        body.append(f"<h2>{escape(heading)}</h2>\n<p>{escape(words)}</p>")
        body.append(picture_tag(folder.path / name, f"{heading}: {words}"))
    about = "Everything is asked of the net in test mode."
    page = PAGE.substitute(title=escape(f"What {title} has learnt"), about=about, body="\n".join(body))
    folder.add("learnt.html", lambda path: path.write_text(page, encoding="utf-8"))
    print(f"{folder.path / 'learnt.html'}: all of them on one page")
    return 0
