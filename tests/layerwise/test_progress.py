"""A line an epoch, and a bar."""

from types import SimpleNamespace

from layerwise.progress import bar, print_epoch

SOLVER = SimpleNamespace(
    iteration=4,
    epoch=2,
    num_epochs=5,
    num_iterations=10,
    iterations_per_epoch=2,
    loss_history=[9.0, 9.0, 2.0, 1.0],
    train_acc_history=[0.1, 0.5, 0.75],
    val_acc_history=[0.1, 0.4, 0.625],
)


def test_the_line_has_the_mean_loss_of_the_epoch(capsys):
    print_epoch(SOLVER)
    assert capsys.readouterr().out == "epoch   2 of 5   loss 1.5000   train acc 75.0%   val acc 62.5%\n"


class Bar:
    """What `bar` asks of tqdm."""

    def __init__(self):
        self.calls, self.n, self.initial = [], 0, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.calls.append("closed")

    def set_postfix(self, numbers, refresh):
        self.calls.append(numbers)

    def update(self):
        self.n += 1
        self.calls.append((self.initial, self.n, self.total))


def test_the_bar_moves_and_shows_the_last_numbers_and_counts_speed_from_where_a_run_was_resumed():
    shown = Bar()
    with bar(lambda **_: shown) as move:
        move(SOLVER)
        move(SOLVER)
    numbers = {"epoch": 2, "loss": "1.0000", "train": "75.0%", "val": "62.5%"}
    assert shown.calls == [numbers, (3, 4, 10), numbers, (3, 5, 10), "closed"]
