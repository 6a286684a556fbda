"""The page of a run, report.html: one file that opens from disk in any browser, and needs nothing else."""

import base64
from html import escape
from string import Template

import numpy as np

from layers import trace

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
:root { --ink: #22303c; --quiet: #5b6873; --line: #dde3e8; --ground: #ffffff; --card: #f5f7f9; --accent: #235d8c;
  --alarm: #a83f12; --alarm-ground: #fdf1ea }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ee; --quiet: #a3b0bc; --line: #36424d; --ground: #14191e;
  --card: #1e252c; --accent: #86b9e4; --alarm: #f2a07c; --alarm-ground: #33211a } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem }
p { margin: .25rem 0 .75rem } p, li { overflow-wrap: anywhere }
.quiet, caption, .label { color: var(--quiet) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0 }
.tiles div { padding: .75rem 1rem; background: var(--card); border-radius: .5rem }
.tiles strong { display: block; font-size: 1.5rem; line-height: 1.3; color: var(--accent) }
.alarm { padding: .75rem 1rem .75rem 2rem; margin: 0; background: var(--alarm-ground); border-radius: .5rem }
.alarm ::marker { color: var(--alarm) }
figure { margin: 0 0 1rem }
figure img { display: block; width: auto; max-width: 100%; height: auto; max-height: 46rem; border-radius: .5rem;
  background: #fff; border: 1px solid var(--line) }
@media (max-width: 34rem) { figure img { max-width: none; max-height: none; width: 32rem } }
.pair { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.5rem; align-items: start }
@media (max-width: 46rem) { .pair { grid-template-columns: minmax(0, 1fr) } }
.scroll { overflow-x: auto } .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--accent) }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem }
caption { text-align: left; padding-bottom: .5rem }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th:first-child, .words * { text-align: left } .words td { white-space: normal; overflow-wrap: anywhere }
thead th { color: var(--quiet); font-weight: 600 } tbody th { font-weight: 400 }
summary { cursor: pointer; color: var(--accent) }
</style>
</head>
<body>
<header>
<h1>$title</h1>
<p class="quiet">$about</p>
</header>
<main>
$body
</main>
</body>
</html>
""")

# What these are is told elsewhere on the page, or of no interest for the numbers.
NOT_SHOWN = ("versions", "out", "quiet", "tensorboard")

CONFUSION = "Confusion matrix of the test set"  # the picture that has the table of classes beside it


def write_page(config, pictures, counts, class_names, history, watch, model, findings, path):
    """Write the page of a run.

    Parameters
    ----------
    config : dict
    pictures : dict of str to path
        PNG files by what they show, in the order in which they are to be seen.
    counts : ndarray of int, shape (C, C)
        The confusion matrix of the test set.
    class_names : sequence of C str
    history : History
    watch : Watch
    model : Classifier
    findings : list of str
        What looked wrong.
    path : path
    """
    right, total, kept = int(counts.trace()), int(counts.sum()), history.kept
    body = [
        _tiles({
            "test accuracy": (f"{right / total:.2%}", f"{right} of {total}"),
            "validation accuracy": (f"{kept['val_acc']:.1%}", _which_was_kept(history, config)),
            "loss": (f"{history.rows[-1]['loss']:.4f}", f"of the last of {len(history.rows):,} minibatches"),
            "parameters": (f"{config['num_parameters']:,}", f"in {len(model.params)} arrays"),
        }),
        "<h2>What looked wrong</h2>",
        _alarm(findings) if findings else "<p>Nothing.</p>",
    ]  # fmt: skip
    shown = {alt: picture_tag(path, alt) for alt, path in pictures.items()}
    head = "class", "n", "correct", "accuracy"
    classes = _table("Classes of the test set", head, _class_rows(counts, class_names))
    if not shown:
        body.append("<p>There are no pictures: matplotlib is not installed, or failed.</p>")
    if CONFUSION not in shown:
        body.append(classes)
    for alt, picture in shown.items():
        body.append(f"<h2>{escape(alt)}</h2>")
        beside = f'<div class="pair">{picture}<div>{classes}</div></div>'
        body.append(beside if alt == CONFUSION else picture)
    body += [
        "<h2>Layers</h2>",
        _table(
            "Shapes are of one example. Gradient norm, and the change of the weights relative to their size (usually "
            "about 1e-3), are of the last step; never fire: units that are 0 for all of a sample of training examples; "
            "saturated: values at the flat ends of tanh or sigmoid.",
            ("layer", "output", "parameters", "gradient norm", "change", "never fire", "saturated"),
            _layer_rows(watch, model),
        ),
        "<h2>Epochs</h2>",
        f"<details><summary>Figures of all {len(watch.rows)} epochs</summary>",
        _table(
            "The loss is the mean of the epoch's minibatches; epochs.csv has more.",
            ("epoch", "loss", "train acc", "val acc", "learning rate"),
            [
                (row["epoch"], f"{row['loss']:.4f}", f"{row['train_acc']:.1%}", f"{row['val_acc']:.1%}",
                 f"{row['learning_rate']:.3g}")
                for row in watch.rows
            ],
        ),
        "</details>",
        '<div class="pair"><div><h2>Configuration</h2>',
        _table(None, ("setting", "value"), [i for i in config.items() if i[0] not in NOT_SHOWN], kind="words"),
        "</div><div><h2>Environment</h2>",
        _table(None, ("what", "version"), config["versions"].items(), kind="words"),
        "</div></div>",
    ]  # fmt: skip
    title = f"{config['model']} on {config['data']}"
    about = "{update_rule}, learning rate {lr:g}, {epochs} epochs, minibatches of {batch_size}, seed {seed}"
    page = PAGE.substitute(title=escape(title), about=escape(about.format(**config)), body="\n".join(body))
    path.write_text(page, encoding="utf-8")


def _which_was_kept(history, config):
    """Say which model it is: not always the best of all, which the curve may show somewhere else."""
    epoch = history.kept["epoch"]
    late = config["patience"] is None and epoch > config["epochs"] * 3 // 4
    return f"of the model that was kept, of epoch {epoch}{', the best of the last quarter' if late else ''}"


def _tiles(figures):
    """Show figures large: what it is -> (figure, words on it)."""
    tiles = (
        f'<div><span class="label">{escape(name)}</span><strong>{escape(figure)}</strong>'
        f'<span class="quiet">{escape(words)}</span></div>'
        for name, (figure, words) in figures.items()
    )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _alarm(findings):
    return f'<ul class="alarm">{"".join(f"<li>{escape(finding)}</li>" for finding in findings)}</ul>'


def picture_tag(path, alt):
    """Put a PNG file into the page itself."""
    content = base64.b64encode(path.read_bytes()).decode()
    picture = f'<img src="data:image/png;base64,{content}" alt="{escape(alt)}">'
    return f'<figure class="scroll" tabindex="0">{picture}</figure>'


def _table(caption, head, rows, kind="figures"):
    """Write a table without the columns that tell nothing.

    Where it is wider than the page, it scrolls in a box of its own, which the keyboard reaches.
    """
    rows = [list(row) for row in rows]
    told = [i for i in range(len(head)) if i == 0 or any(row[i] is not None for row in rows)]
    head, rows = [head[i] for i in told], [[row[i] for i in told] for row in rows]
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = []
    for first, *rest in rows:
        cells = "".join(f"<td>{escape('-' if value is None else str(value))}</td>" for value in rest)
        lines.append(f'<tr><th scope="row">{escape(str(first))}</th>{cells}</tr>')
    label = escape(f"Table: {', '.join(head)}")
    about = f'<p class="quiet">{escape(caption)}</p>' if caption else ""
    return (
        f'{about}<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table class="{kind}">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _class_rows(counts, class_names):
    """Rows of n, correct and accuracy, for each class."""
    for name, n, correct in zip(class_names, counts.sum(axis=1).tolist(), counts.diagonal().tolist()):
        yield name, n, correct, f"{correct / n:.1%}" if n else None


def _layer_rows(watch, model):
    """Rows of all layers, with the figures of the last epoch."""
    last = watch.rows[-1] if watch.rows else {}
    outs = trace(model.net, watch.example, *model.params.values(), *model.settings)
    for layer, (_, out) in zip(watch.layers, outs, strict=True):
        if layer.kind == "identity":
            continue
        grads = [last[f"{key}.grad_norm"] for key in layer.keys if last]
        changes = [last[f"{key}.change"] for key in layer.keys if f"{key}.change" in last]
        dead, saturated = last.get(f"{layer.name}.dead"), last.get(f"{layer.name}.saturated")
        yield (
            layer.name,
            " x ".join(map(str, out.shape[1:])),
            f"{sum(model.params[key].size for key in layer.keys):,}" if layer.keys else None,
            f"{np.hypot.reduce(grads):.2g}" if grads else None,
            f"{changes[0]:.1e}" if changes else None,
            None if dead is None else f"{dead:.0%}",
            None if saturated is None else f"{saturated:.0%}",
        )
