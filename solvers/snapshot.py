"""Where a run stands, all of it: taken before each iteration, put back when one fails, written to a checkpoint.

A snapshot is a dict. It shares its arrays with the Solver and the model, which replace theirs and never write into
them; only the model's state, which a layer may write into, is copied. So it costs microseconds.
"""

import hashlib

import numpy as np

from .checkpoint import CheckpointError

_NUMBERS = ("iteration", "num_iterations", "best_val_acc", "best_iteration", "last_gain")
_GROUPS = ("best_params", "best_state", "average_params", "average_state")
_HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")


def copies(arrays):
    """Copy the arrays of a dict."""
    return {name: np.array(array) for name, array in arrays.items()}


def state_of(model):
    """Return the model's state, empty if it has none."""
    return getattr(model, "state", {})


def generators_of(model):
    """Return the generators that the model draws from, by name; empty if it has none."""
    return getattr(model, "generators", {})


def take_snapshot(solver):
    """Note where a run stands."""
    return {
        "numbers": {name: getattr(solver, name) for name in _NUMBERS},
        "groups": {
            "params": dict(solver.model.params),
            "state": copies(state_of(solver.model)),
            **{name: getattr(solver, name) for name in _GROUPS},
        },
        "optim": {name: dict(config) for name, config in solver.optim_configs.items()},
        "generators": {name: rng.bit_generator.state for name, rng in generators_of(solver.model).items()},
        "histories": {name: getattr(solver, name) for name in _HISTORIES},
        "lengths": {name: len(getattr(solver, name)) for name in _HISTORIES},
    }


def put_back(solver, snapshot):
    """Let a run stand where the snapshot was taken."""
    groups = dict(snapshot["groups"])
    place(solver.model, groups.pop("params"), groups.pop("state"))
    for name, value in (*snapshot["numbers"].items(), *groups.items()):
        setattr(solver, name, value)
    for name, rng in generators_of(solver.model).items():
        rng.bit_generator.state = snapshot["generators"][name]
    solver.optim_configs = {name: dict(config) for name, config in snapshot["optim"].items()}
    for name, history in snapshot["histories"].items():
        getattr(solver, name)[:] = history[: snapshot["lengths"][name]]


def place(model, params, state):
    """Give a model these parameters and this state; an empty dict changes nothing."""
    model.params.update(params)
    if state:
        model.state = copies(state)


def pack(snapshot):
    """Split a snapshot into arrays and what JSON can hold, for `write_checkpoint`."""
    lengths = snapshot["lengths"]
    arrays = {f"history/{name}": np.array(history[: lengths[name]], dtype=float)
              for name, history in snapshot["histories"].items()}
    arrays["history/best_val_acc"] = np.array(snapshot["numbers"]["best_val_acc"])
    for group, members in snapshot["groups"].items():
        arrays.update({f"{group}/{name}": array for name, array in members.items()})
    settings = {}
    for name, config in snapshot["optim"].items():
        state = {key: value for key, value in config.items() if isinstance(value, np.ndarray)}
        arrays.update({f"optim/{name}/{key}": array for key, array in state.items()})
        settings[name] = {key: value for key, value in config.items() if key not in state}
    numbers = {name: value for name, value in snapshot["numbers"].items() if name != "best_val_acc"}
    generators = {name: _as_lists(state) for name, state in snapshot["generators"].items()}
    return arrays, {"numbers": numbers, "optim": settings, "generators": generators}


def unpack(arrays, facts, solver):
    """Make the snapshot again from what `pack` gave for a run of the same model.

    Raises
    ------
    CheckpointError
        If the names, shapes or dtypes of the arrays are not the model's; nothing has been changed.
    """
    params, state = solver.model.params, state_of(solver.model)
    groups = {name: _members(arrays, name) for name in ("params", "state", *_GROUPS)}
    for group, members in groups.items():
        own = params if group.endswith("params") else state
        empty = not members and group in _GROUPS  # so are the best and the average before they are first taken
        if not empty and not _same_shapes(members, own):
            raise CheckpointError(f"the arrays under {group} are not those of this model: {list(members)}, {list(own)}")
    optim = {name: {**facts["optim"][name], **_members(arrays, f"optim/{name}")} for name in params}
    histories = {name: arrays[f"history/{name}"].tolist() for name in _HISTORIES}
    return {
        "numbers": {**facts["numbers"], "best_val_acc": float(arrays["history/best_val_acc"])},
        "groups": groups,
        "optim": optim,
        "generators": {name: facts["generators"][name] for name in generators_of(solver.model)},
        "histories": histories,
        "lengths": {name: len(history) for name, history in histories.items()},
    }


def describe_model(model):
    """Say what a model must have in common with the one whose run is resumed, a line an item, as JSON can hold it."""
    arrays = {**{f"params {name}": array for name, array in model.params.items()},
              **{f"state {name}": array for name, array in state_of(model).items()}}
    generators = generators_of(model)
    return {
        "model": type(model).__name__,
        "model.reg": getattr(model, "reg", None),
        **{name: f"{array.shape} {array.dtype.str}" for name, array in arrays.items()},
        **{f"generator {name}": type(rng.bit_generator).__name__ for name, rng in generators.items()},
    }


def describe_data(array):
    """Say what data must have in common with those of the run that is resumed: shape, dtype and a sha256 of them."""
    digest = hashlib.sha256()
    rows = max(1, 2**20 // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        digest.update(np.ascontiguousarray(array[start : start + rows]).reshape(-1).view(np.uint8))
    return f"{array.shape} {array.dtype.str} sha256 {digest.hexdigest()[:16]}"


def _same_shapes(arrays, own):
    return {name: (a.shape, a.dtype) for name, a in arrays.items()} == {n: (a.shape, a.dtype) for n, a in own.items()}


def _members(arrays, group):
    """Take the arrays of a group, by their names in it."""
    return {name.removeprefix(f"{group}/"): array for name, array in arrays.items() if name.startswith(f"{group}/")}


def _as_lists(state):
    """Write a generator's state without the arrays that the Mersenne twister and others have in theirs.

    A generator takes its state back with lists in their places.
    """
    if isinstance(state, dict):
        return {name: _as_lists(value) for name, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state
