"""The command line: ``layerwise <verb> [options]``."""

import argparse
import os
import sys

from . import __version__
from .shadow import shadow_of_datasets


def main(argv=None):
    """Run the program and return its exit status: 0 done, 1 failed, 2 refused (by SystemExit), 130 stopped by hand."""
    shadow = shadow_of_datasets()
    if shadow:
        print(f"layerwise: {shadow}", file=sys.stderr)
        return 1
    from exercises import lab  # not before the check above: it imports from datasets

    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="layerwise", description="Neural networks in plain NumPy, every layer a forward/backward pair."
    )
    parser.add_argument("--version", action="version", version=f"layerwise {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="verb", required=True)
    if arguments[:1] != ["lab"]:
        from .check import add_check
        from .cost import add_cost
        from .data import add_data
        from .draw import add_draw
        from .flow_verb import add_flow
        from .learnt_verb import add_learnt
        from .lr import add_lr
        from .search import add_search
        from .train import add_train  # it imports the layers, in which a student may have left a mistake

        add_train(verbs)
        add_lr(verbs)
        add_search(verbs)
        add_check(verbs)
        add_cost(verbs)
        add_draw(verbs)
        add_flow(verbs)
        add_learnt(verbs)
        add_data(verbs)
    lab.add_lab(verbs)
    options = parser.parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # of ``layerwise check ... | head``, which reads no further
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may the interpreter write at its end
        return 1


if __name__ == "__main__":
    sys.exit(main())
