"""How a run shows where it is: a bar in a terminal, a line an epoch elsewhere."""

from contextlib import contextmanager


@contextmanager
def bar(tqdm):
    """Show a tqdm bar; what is yielded is the Solver's on_iteration callback that moves it."""
    with tqdm(unit="it", dynamic_ncols=True) as shown:

        def move(solver):
            shown.total = solver.num_iterations
            if shown.n == 0:  # a resumed run was begun by another process: its iterations do not count for the speed
                shown.initial = shown.n = solver.iteration - 1
            shown.set_postfix(
                {
                    "epoch": solver.epoch,
                    "loss": f"{solver.loss_history[-1]:.4f}",
                    "train": f"{solver.train_acc_history[-1]:.1%}",
                    "val": f"{solver.val_acc_history[-1]:.1%}",
                },
                refresh=False,
            )
            shown.update()

        yield move


def print_epoch(solver):
    """Print a line on the epoch that has ended; the loss is the epoch's mean."""
    losses = solver.loss_history[-solver.iterations_per_epoch :]
    print(
        f"epoch {solver.epoch:3d} of {solver.num_epochs}   loss {sum(losses) / len(losses):.4f}   "
        f"train acc {solver.train_acc_history[-1]:.1%}   val acc {solver.val_acc_history[-1]:.1%}",
        flush=True,
    )
