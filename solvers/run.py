"""What makes a run safe: whole iterations, checkpoints, interrupts that wait, and taking up where it was left."""

import time
from contextlib import ExitStack
from functools import cached_property

from .interrupts import PutOff
from .resume import own_files, resume_run, save_run
from .snapshot import copies, describe_data, place, put_back, take_snapshot

# Checkpoints at the ends of epochs take at most about one part in so many of the time: an epoch may be over in no time.
SPARING = 100


class Run:
    """The part of a `Solver` that knows how training goes on and ends, not what an iteration is."""

    def _begin_run(self):
        """Start the books of a new run."""
        self.last_checkpoint = None
        self._note_saved(0)
        self._finished, self._left_at = False, None

    def train(self):
        """Train for num_epochs; at the end, whatever ends it, put the best model in place, if there is one.

        Called again, or after `resume`, it first finishes what was interrupted, as if it had not been. When it has
        finished, it goes on for num_epochs more, from the parameters that the model holds. Histories, update rule
        states and learning rates go on; a schedule is gone through once more.

        Ctrl-C and SIGTERM wait until the iteration is done, a checkpoint written, and the best model in place.

        Raises
        ------
        FileExistsError
            If the training is new, but there are checkpoints of its name.
        FloatingPointError
            If a loss or gradient is not finite. That step is not made.
        """
        if self.checkpoint_name is not None:
            self._claim_checkpoint_name()
        if self._finished:
            self.num_iterations = self.iteration + self.num_epochs * self.iterations_per_epoch
            self.last_gain = self.epoch
        elif self._left_at is not None:
            put_back(self, self._left_at)
        self._finished, self._left_at = False, None
        with PutOff() as signals:
            try:
                while not (self._is_done() or signals.noted):
                    self._iterate()
            finally:
                self._minibatches.rest()
                self._come_to_rest()
            if signals.noted and self.verbose:
                print(f"{signals.noted.name}: {self._how_to_go_on()}", flush=True)

    def resume(self, path=None):
        """Take a run up where a checkpoint stands; `train` then goes on from there, bit by bit as if never stopped.

        The Solver must have been made with the arguments, the model and the data of that run. The model is then as it
        was at that moment, not the best. Callbacks, and the options of checkpoints and of printing, may be others.

        Parameters
        ----------
        path : str or path, optional
            A checkpoint, or the name of a run's checkpoints, whose newest is taken; by default the own checkpoint_name.
            In place of a damaged file the one before it is taken, with a warning.

        Returns
        -------
        path
            The file that was read.

        Raises
        ------
        FileNotFoundError
        CheckpointError
            If no file is whole.
        ValueError
            If it is of another run; the message says what differs. On any error, nothing has been changed.
        """
        self.last_checkpoint = resume_run(self, path)
        self._start_minibatches()
        own = self.checkpoint_name is not None and own_files(self).include(self.last_checkpoint)
        self._note_saved(self.iteration if own else 0)
        self._finished, self._left_at = False, None
        return self.last_checkpoint

    def _how_to_go_on(self):
        call = "train()" if self.last_checkpoint is None else f"resume({str(self.last_checkpoint)!r}) and then train()"
        return (
            f"stopped after iteration {self.iteration} / {self.num_iterations}. "
            f"To go on, call {call} on a Solver made with the same arguments"
        )

    def _claim_checkpoint_name(self):
        """Refuse to mix the checkpoints of two runs; clear up what a killed process left."""
        files = own_files(self)
        others = files.newest_first() if not files.include(self.last_checkpoint) else []
        if others:
            raise FileExistsError(
                f"Solver.train: {others[0]} is of another run; call resume() to go on with that, "
                "choose another checkpoint_name, or delete its files"
            )
        files.clean()

    def _is_done(self):
        waited = self.epoch - self.last_gain
        return self.iteration >= self.num_iterations or (self.patience is not None and waited >= self.patience)

    def _iterate(self):
        """Do one iteration, then tell the callbacks, then save; if the iteration fails, it has not been."""
        before = take_snapshot(self)
        try:
            if self.schedule is not None:
                self._follow_schedule()
            self._step()
            self._after_step()
        except BaseException:
            put_back(self, before)
            raise
        epoch_ended = self.iteration % self.iterations_per_epoch == 0
        with ExitStack() as stack:  # it calls them all, the last one entered first, also after one that fails
            for callback in reversed((*self.on_iteration, *(self.on_epoch if epoch_ended else ()))):
                stack.callback(callback, self)
        if self.checkpoint_name is not None and self._is_time_to_save(epoch_ended):
            self._save_checkpoint()

    @cached_property
    def described_data(self):
        """Shape, dtype and checksum of each array of data: taken once, for the checkpoints."""
        return {name: describe_data(getattr(self, name)) for name in ("X_train", "y_train", "X_val", "y_val")}

    def _is_time_to_save(self, epoch_ended):
        if self.iteration == 1 or (self.checkpoint_every and self.iteration % self.checkpoint_every == 0):
            return True
        passed = time.monotonic() - self._saved_when
        if self.checkpoint_seconds is not None and passed >= self.checkpoint_seconds:
            return True
        return epoch_ended and passed >= SPARING * self._saving_took

    def _save_checkpoint(self):
        """Write all that the run consists of, apart from the data and the model's code."""
        start = time.monotonic()
        path = save_run(self)
        self._note_saved(self.iteration if path else self._saved_iteration, time.monotonic() - start)
        self.last_checkpoint = path or self.last_checkpoint

    def _note_saved(self, iteration, took=0.0):
        self._saved_iteration, self._saved_when, self._saving_took = iteration, time.monotonic(), took

    def _come_to_rest(self):
        """Save what is not saved yet, remember where an unfinished run stands, and put the best model in place."""
        self._finished = self._is_done()
        self._left_at = None if self._finished else take_snapshot(self)
        try:
            if self.checkpoint_name is not None and self.iteration != self._saved_iteration:
                self._save_checkpoint()
        finally:
            # Copies, so that whoever trains on does not change best_params.
            place(self.model, copies(self.best_params), self.best_state)
