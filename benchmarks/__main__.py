"""The command line: ``python -m benchmarks [--quick] [--out FOLDER] [table ...]``."""

import argparse
import os
import sys
from pathlib import Path

from . import growth, layer_table, machine, naive_table, steps
from .agreement import Disagreement
from .tables import as_text, write_csv
from .timing import FULL, QUICK

TABLES = {"steps": steps, "layers": layer_table, "growth": growth, "naive": naive_table}


def main(argv=None, tables=TABLES):
    """Run the benchmarks and return the exit status: 0 done, 1 if two sides disagree or a library is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure layerwise against PyTorch and others, side by side."
    )
    parser.add_argument("tables", nargs="*", metavar="table", help=f"{', '.join(tables)}; all unless given")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, float32 alone: about two minutes in all")
    parser.add_argument("--out", type=Path, default="runs/benchmarks", metavar="FOLDER", help="default: %(default)s")
    options = parser.parse_args(argv)
    unknown = [name for name in options.tables if name not in tables]
    if unknown:
        parser.error(f"unknown table {', '.join(unknown)}; known are {', '.join(tables)}")
    warning = machine.warning(os.environ)
    if warning:
        print(warning)
    try:
        _run(options.tables or list(tables), tables, QUICK if options.quick else FULL, options.out)
    except (Disagreement, ModuleNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(names, tables, effort, out):
    out.mkdir(parents=True, exist_ok=True)
    about = f"{machine.describe()}; {effort.rounds} rounds"
    print(about, flush=True)
    others, results = machine.Others(), {}
    for name in names:
        results[name] = rows = []
        for row in tables[name].rows(effort):
            rows.append(row)
            if sys.stderr.isatty():
                print(f"{name}: {len(rows)} rows", end="\r", file=sys.stderr, flush=True)
        print(f"\n{as_text(tables[name].TITLE, tables[name].NOTES, rows)}", flush=True)
        write_csv(out / f"{name}.csv", rows)
    meanwhile = str(others)
    print(f"\n{meanwhile}")
    (out / "machine.txt").write_text(f"{about}\n{meanwhile}\n", encoding="utf-8")
    groups = _groups(results)
    if groups:
        from .picture import draw_ratios

        draw_ratios(groups, f"{about}; {meanwhile}").savefig(out / "ratios.png")
    print(f"written to {out}")


def _groups(results):
    """The bars of the picture, from the tables that have ratios."""
    groups = {}
    for row in results.get("steps", ()):
        label = f"{row['step']}, against {row['against']}"
        groups.setdefault(steps.TITLE, []).append((label, row["ratio"], row["target"]))
    for row in results.get("layers", ()):
        label = f"{row['layer']}, {row['pass']}"
        groups.setdefault(f"Layers, {row['dtype']}", []).append((label, row["ratio"], row["target"]))
    return groups


if __name__ == "__main__":
    sys.exit(main())
