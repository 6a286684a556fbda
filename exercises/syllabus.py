"""The syllabus: every exercise of the course, in its order. To add one, add a row; `cases` has how it is checked.

A function is named by its module and its path in it: ``layers.affine:affine_forward``, ``solvers.solver:Solver._step``,
``layers.compose:chain.forward`` for the function inside ``chain``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    id : str
        Lesson and number: ``"4.2"``.
    title : str
    functions : tuple of str
        Whose bodies the student writes.
    points : int
    check : str
        The function in `cases` that draws the cases, and its arguments after a colon: ``"layer_forward: affine"``.
    hints : tuple of str
        Three, from a nudge to nearly the line.
    builds_on : tuple of str
        The ids of the exercises whose functions or ideas it uses.
    twins : tuple of str
        Functions that would be the answer under another name; they are blanked too while this exercise is checked, and
        in the hand-out.
    """

    id: str
    title: str
    functions: tuple
    points: int
    check: str
    hints: tuple
    builds_on: tuple = ()
    twins: tuple = ()

    @property
    def lesson(self):
        return int(self.id.split(".")[0])


LESSONS = {
    1: "Sensitivity and numerical gradients",
    2: "Gates and the circuit",
    3: "Broadcasting and sums",
    4: "affine, relu, and two losses",
    5: "The chain and a two-layer net",
    6: "Update rules and the Solver's step",
    7: "Dropout",
    8: "Batch normalisation, step by step, then simplified",
    9: "Layer and group normalisation",
    10: "Convolution and pooling",
    11: "A convolutional net that reads digits",
}

_CONV_KERNEL = ("forward", "backward_w_and_b", "backward_x")
_CONV_KERNELS = tuple(
    f"layers.kernels.{module}:{name}"
    for module, names in {
        "im2col": (*_CONV_KERNEL, "correlate", "_scatter", "_blocks"),
        "rows": (*_CONV_KERNEL, "joined", "forward_blocks", "backward_blocks", "_blocks"),
        "examples_last": (*_CONV_KERNEL, "_rows", "_blocks"),
        "winograd": (*_CONV_KERNEL, "_correlate"),
        "winograd_rows": ("forward", "forward_blocks"),
        "pointwise": _CONV_KERNEL,
        "fft": _CONV_KERNEL,
    }.items()
    for name in names
)
_POOL_KERNELS = tuple(
    f"layers.kernels.pooling:{name}"
    for name in (
        "max_forward", "max_backward", "max_relu_forward", "max_relu_backward", "max_relu_block",
        "max_relu_backward_block", "avg_forward", "avg_backward", "_combined_windows", "_combine",
        "_spread", "_begin", "_route",
    )
)  # fmt: skip
_NORM_FORWARD = (
    *(f"layers.kernels.channel_norm:{name}" for name in ("moments", "scale_and_shift")),
    "layers.spatial_batchnorm:as_pixels_with_statistics",
)
_NORM_BACKWARD = ("layers.kernels.channel_norm:sums_for_backward", "layers.kernels.channel_norm:backward")

# A relu beside a pool of one pixel, or behind a norm that changes nothing, is a relu.
_RELU_FORWARD = (
    "layers.kernels.pooling:max_relu_forward",
    "layers.kernels.pooling:max_relu_block",
    "layers.kernels.channel_norm:scale_and_shift",
)
_RELU_BACKWARD = (
    "layers.kernels.pooling:max_relu_backward",
    "layers.kernels.pooling:max_relu_backward_block",
    "layers.kernels.channel_norm:backward",
    "layers.kernels.channel_norm:sums_for_backward",
)

EXERCISES = (
    Exercise(
        id="1.1",
        title="Relative error",
        functions=("layers.gradient_check:rel_error",),
        points=1,
        check="rel_error",
        hints=(
            "Compare the difference of two numbers with their size, entry by entry; then take the worst entry.",
            "Both numbers may be 0: nothing is divided by less than 1e-8.",
            "np.max(np.abs(x - y) / np.maximum(1e-8, ...), initial=0.0), made a float.",
        ),
    ),
    Exercise(
        id="1.2",
        title="Nudge an input and watch the output",
        functions=("layers.gradient_check:_values_around",),
        points=2,
        check="values_around",
        hints=(
            "Change one entry of x by each step in turn, call f, and note what it says.",
            "f may return x itself, which changes at the next step: keep a copy of its value.",
            "x[index] = old + step in a loop inside try, and x[index] = old in finally.",
        ),
    ),
    Exercise(
        id="1.3",
        title="The gradient of a number",
        functions=("layers.gradient_check:eval_numerical_gradient",),
        points=2,
        check="numerical_gradient",
        hints=(
            "A derivative is a sensitivity: by how much does f move when one entry moves by h?",
            "Take it from both sides, f(x + h) and f(x - h): the error falls with h^2 instead of h. _values_around "
            "gives you both.",
            "For every index of np.ndindex(x.shape): grad[index] = (above - below) / (2 * h).",
        ),
        builds_on=("1.2",),
        twins=("layers.gradient_check:grad_check_sparse",),
    ),
    Exercise(
        id="1.4",
        title="The gradient of an array",
        functions=("layers.gradient_check:eval_numerical_gradient_array",),
        points=2,
        check="numerical_gradient_array",
        hints=(
            "The number that is differentiated is sum(f(x) * df).",
            "One entry of x may move every entry of f(x): all of them count, each with its upstream gradient.",
            "grad[index] = np.sum((above - below) * df) / (2 * h).",
        ),
        builds_on=("1.3",),
    ),
    Exercise(
        id="1.5",
        title="Check a few entries of a large gradient",
        functions=("layers.gradient_check:grad_check_sparse",),
        points=1,
        check="grad_check_sparse",
        hints=(
            "Draw an index, take the numerical derivative there, and compare with the analytic gradient's entry.",
            "The relative error here is of two numbers: |a - b| / max(1e-8, |a| + |b|).",
            'print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}").',
        ),
        builds_on=("1.1", "1.3"),
        twins=("layers.gradient_check:eval_numerical_gradient",),
    ),
    Exercise(
        id="2.1",
        title="Add gate, forward",
        functions=("layers.gates:add_gate_forward",),
        points=1,
        check="gate_forward: add_gate",
        hints=(
            "The output is the sum. What does backward need to know about the inputs?",
            "Only the shapes: the local gradients are 1 whatever the values.",
            "The cache is (x.shape, y.shape, out.shape).",
        ),
    ),
    Exercise(
        id="2.2",
        title="Add gate, backward",
        functions=("layers.gates:add_gate_backward",),
        points=1,
        check="gate_backward: add_gate",
        hints=(
            "Move x by h and x + y moves by h. What is the local gradient?",
            "Each input gets the upstream gradient unchanged, summed where the input was broadcast.",
            "unbroadcast(dout, x_shape) is the gradient of x.",
        ),
        builds_on=("2.1",),
    ),
    Exercise(
        id="2.3",
        title="Multiply gate, forward",
        functions=("layers.gates:multiply_gate_forward",),
        points=1,
        check="gate_forward: multiply_gate",
        hints=(
            "The output is the product. What does backward need to know about the inputs?",
            "Their values: each is the other's local gradient.",
            "The cache is (x, y).",
        ),
    ),
    Exercise(
        id="2.4",
        title="Multiply gate, backward",
        functions=("layers.gates:multiply_gate_backward",),
        points=1,
        check="gate_backward: multiply_gate",
        hints=(
            "Move x by h and x * y moves by h * y. What is the local gradient?",
            "The gate swaps its inputs: dx has y in it, and dy has x.",
            "unbroadcast(dout * y, x.shape) is the gradient of x.",
        ),
        builds_on=("2.3",),
    ),
    Exercise(
        id="2.5",
        title="Max gate, forward",
        functions=("layers.gates:max_gate_forward",),
        points=1,
        check="gate_forward: max_gate",
        hints=(
            "Entry by entry the larger of the two.",
            "np.max looks along an axis of one array; here are two arrays.",
            "np.maximum(x, y), and the cache is (x, y).",
        ),
    ),
    Exercise(
        id="2.6",
        title="Max gate, backward",
        functions=("layers.gates:max_gate_backward",),
        points=1,
        check="gate_backward: max_gate",
        hints=(
            "Which input does the output follow? The other one has no say.",
            "The local gradient is 1 for the larger input and 0 for the smaller; at a tie both have 1.",
            "unbroadcast(dout * (x >= y), x.shape) is the gradient of x.",
        ),
        builds_on=("2.5",),
    ),
    Exercise(
        id="3.1",
        title="A sum that stays exact",
        functions=("layers.sums:sum_over",),
        points=1,
        check="sum_over",
        hints=(
            "np.sum takes the type in which it adds up.",
            "Add up in float64, and return the type that came.",
            "np.sum(a, axis=axis, dtype=np.float64), then astype(a.dtype).",
        ),
    ),
    Exercise(
        id="3.2",
        title="A mean that keeps its axes",
        functions=("layers.sums:mean_over",),
        points=1,
        check="mean_over",
        hints=(
            "A mean with size 1 along its axes broadcasts against the array that it was taken of.",
            "keepdims=True keeps them.",
            "np.mean(a, axis=axis, dtype=np.float64, keepdims=True), then astype(a.dtype).",
        ),
        builds_on=("3.1",),
    ),
    Exercise(
        id="3.3",
        title="unbroadcast",
        functions=("layers.gates:unbroadcast",),
        points=3,
        check="unbroadcast",
        hints=(
            "Broadcasting uses one number in many places: its gradient is the sum over these places.",
            "Two kinds of axes are summed: those that shape has not, in front, and those where it has 1 and dout more.",
            "Collect these axes in a tuple, sum_over them, and reshape to shape. Without any, return a copy of dout.",
        ),
        builds_on=("3.1",),
    ),
    Exercise(
        id="4.1",
        title="Affine layer, forward",
        functions=("layers.affine:affine_forward",),
        points=1,
        check="layer_forward: affine",
        hints=(
            "One output is the dot product of a flattened example with a column of w, plus that column's bias.",
            "x may have any number of axes: make it a matrix with one row an example first.",
            "out = x.reshape(N, D) @ w + b, and the cache holds x as it came.",
        ),
    ),
    Exercise(
        id="4.2",
        title="Affine layer, backward",
        functions=("layers.affine:affine_backward",),
        points=2,
        check="layer_backward: affine",
        hints=(
            "Each of dx, dw and db has the shape of x, w and b: with dout of shape (N, M) there is one way to "
            "multiply.",
            "dx is dout times w transposed; dw is x transposed times dout; b was used by every example.",
            "dx = (dout @ w.T).reshape(x.shape), and db is the sum of dout over axis 0.",
        ),
        builds_on=("4.1", "3.1"),
    ),
    Exercise(
        id="4.3",
        title="Rectified linear unit, forward",
        functions=("layers.relu:relu_forward",),
        points=1,
        check="layer_forward: relu",
        hints=(
            "A max gate with a zero at its other input.",
            "The cache is x itself, not in a tuple.",
            "np.maximum(x, 0).",
        ),
        builds_on=("2.5",),
        twins=("layers.leaky_relu:leaky_relu_forward", *_RELU_FORWARD),
    ),
    Exercise(
        id="4.4",
        title="Rectified linear unit, backward",
        functions=("layers.relu:relu_backward",),
        points=1,
        check="layer_backward: relu",
        hints=(
            "Where did the output follow x, and where did it stay at zero?",
            "The gradient passes where x > 0 and is lost elsewhere, at x = 0 too.",
            "dout * (x > 0).",
        ),
        builds_on=("4.3", "2.6"),
        twins=("layers.leaky_relu:leaky_relu_backward", *_RELU_BACKWARD),
    ),
    Exercise(
        id="4.5",
        title="Softmax loss",
        functions=("layers.losses:softmax_loss",),
        points=3,
        check="loss: softmax_loss",
        hints=(
            "From scores to probabilities, from the right class's probability to the loss; and mean over the examples.",
            "Subtract each row's largest score first, or exp overflows. The gradient is p, less 1 at the right class.",
            "dx[rows, y] -= 1 on the probabilities, then divide by N; loss = mean(log(totals) - shifted[rows, y]).",
        ),
        twins=(
            "layers.softmax:softmax_forward",
            "layers.softmax:softmax_backward",
            "models.linear_losses:softmax_loss_naive",
        ),
    ),
    Exercise(
        id="4.6",
        title="SVM loss",
        functions=("layers.losses:svm_loss",),
        points=3,
        check="loss: svm_loss",
        hints=(
            "For every wrong class: by how much is its score above the right one's less the margin 1?",
            "A positive margin pushes its own score down by 1 and the right score up by 1: the right one gets "
            "all of them.",
            "dx = margins > 0 as floats, dx[rows, y] = -dx.sum(axis=1), then divide by N.",
        ),
        twins=("models.linear_losses:svm_loss_naive",),
    ),
    Exercise(
        id="5.1",
        title="Layers one after the other",
        functions=("layers.compose:chain.forward",),
        points=2,
        check="composite: chain",
        hints=(
            "Each part's output is the next part's x.",
            "composite.split(args) gives each part its own arguments; collect the caches in a list.",
            "for part, own in zip(parts, composite.split(args)): x, cache = part.forward(x, *own) ...",
        ),
        builds_on=("4.1", "4.3"),
    ),
    Exercise(
        id="5.2",
        title="The chain rule",
        functions=("layers.compose:chain.backward",),
        points=3,
        check="composite: chain",
        hints=(
            "Backward goes through the parts in reverse order; what one returns as dx is the dout of the one "
            "before it.",
            "A part returns dx alone or (dx, *darrays): _backward makes both a tuple. The arrays' gradients are kept.",
            "dout, *own = _backward(part, dout, part_cache, ...), then grads = (*own, *grads); dout ends as dx.",
        ),
        builds_on=("5.1",),
    ),
    Exercise(
        id="5.3",
        title="Layers side by side",
        functions=("layers.compose:add.forward",),
        points=1,
        check="composite: add",
        hints=(
            "Every part gets the same x; the outputs are added.",
            "All parts' results first, then outs and caches apart: zip(*results). Outputs of unlike shapes are "
            "refused.",
            "return _sum(outs), caches.",
        ),
        builds_on=("5.1",),
    ),
    Exercise(
        id="5.4",
        title="Where a value branches, gradients add up",
        functions=("layers.compose:add.backward",),
        points=2,
        check="composite: add",
        hints=(
            "The add gate hands dout to each part unchanged. x went to each of them: what becomes of its gradient?",
            "dx is the sum of what the parts return for x; the arrays' gradients stand in the order of the parts.",
            "dx, *own = _backward(part, dout, part_cache, need_dx), then dxs.append(dx) and grads = (*grads, *own).",
        ),
        builds_on=("5.2", "5.3"),
    ),
    Exercise(
        id="5.5",
        title="A model's loss",
        functions=("models.classifier:Classifier._loss",),
        points=3,
        check="classifier",
        hints=(
            "Forward through the net; without y that is all. Else the loss, and backward from its gradient.",
            "Each key of the parameters gets its gradient in the order of the net; _set_mode says train or test.",
            "For keys that begin with W: loss += 0.5 * reg * sum(W ** 2) and grads[key] = grads[key] + reg * W.",
        ),
        builds_on=("4.5", "5.2"),
    ),
    Exercise(
        id="5.6",
        title="A two-layer net",
        functions=("models.fc:TwoLayerNet.__init__",),
        points=2,
        check="net: two_layer",
        hints=(
            "A Classifier is told its net, its parameters and reg. Which shapes have W1, b1, W2, b2?",
            "The net is chain(affine_relu, affine); initialise(shapes, ...) draws the parameters, in the net's order.",
            "super().__init__(net=..., params=initialise(shapes, weight_scale, dtype, seed), reg=reg).",
        ),
        builds_on=("5.2", "5.5"),
    ),
    Exercise(
        id="6.1",
        title="Stochastic gradient descent",
        functions=("solvers.optim:sgd",),
        points=1,
        check="update_rule: learning_rate",
        hints=(
            "The gradient points uphill.",
            "One step of the length learning_rate times the gradient, downhill.",
            'w - config["learning_rate"] * dw, returned with config.',
        ),
        twins=("solvers.optim_into:sgd",),
    ),
    Exercise(
        id="6.2",
        title="Momentum",
        functions=("solvers.optim:sgd_momentum",),
        points=1,
        check="update_rule: learning_rate momentum velocity",
        hints=(
            "The gradient changes the velocity, and the velocity changes the position.",
            "Friction keeps the share momentum of the old velocity; the gradient's step is subtracted from it.",
            'config["velocity"] = momentum * velocity - lr * dw, and the new w is w + config["velocity"].',
        ),
        builds_on=("6.1",),
        twins=("solvers.optim_into:sgd_momentum",),
    ),
    Exercise(
        id="6.3",
        title="Nesterov momentum",
        functions=("solvers.optim:nesterov",),
        points=1,
        check="update_rule: learning_rate momentum velocity",
        hints=(
            "The velocity is as with momentum; only where it takes w differs.",
            "The old velocity is needed after the new one is made: keep both.",
            "w - momentum * previous + (1 + momentum) * velocity.",
        ),
        builds_on=("6.2",),
        twins=("solvers.optim_into:nesterov",),
    ),
    Exercise(
        id="6.4",
        title="AdaGrad",
        functions=("solvers.optim:adagrad",),
        points=1,
        check="update_rule: learning_rate epsilon cache",
        hints=(
            "Each entry adds up the squares of its gradients, and is slowed by them.",
            "The step is divided by the root of the cache, to which epsilon is added outside the root.",
            'w - lr * dw / (np.sqrt(config["cache"]) + epsilon).',
        ),
        builds_on=("6.1",),
        twins=("solvers.optim_into:adagrad", "solvers.optim_into:_divide_by_root"),
    ),
    Exercise(
        id="6.5",
        title="RMSProp",
        functions=("solvers.optim:rmsprop",),
        points=1,
        check="update_rule: learning_rate decay_rate epsilon cache",
        hints=(
            "AdaGrad whose memory fades.",
            "The cache keeps the share decay_rate of itself and takes in 1 - decay_rate of the squared gradient.",
            "cache = decay_rate * cache + (1 - decay_rate) * dw**2; the step is AdaGrad's.",
        ),
        builds_on=("6.4",),
        twins=("solvers.optim_into:rmsprop", "solvers.optim_into:_divide_by_root", "solvers.optim_into:_average"),
    ),
    Exercise(
        id="6.6",
        title="Adam",
        functions=("solvers.optim:_adam_step", "solvers.optim:adam"),
        points=3,
        check="update_rule: learning_rate beta1 beta2 epsilon m v t",
        hints=(
            "_adam_step advances t, m and v in the config and returns the step; adam subtracts it from w.",
            "t goes up before it is used. m and v in the config stay uncorrected; the step uses mt and vt.",
            'mt = m / (1 - beta1 ** t), vt = v / (1 - beta2 ** t), and lr * mt / (np.sqrt(vt) + epsilon).',
        ),
        builds_on=("6.2", "6.5"),
        twins=(
            "solvers.optim:adamw",
            "solvers.optim_into:adam",
            "solvers.optim_into:adamw",
            "solvers.optim_into:_adam_step",
        ),
    ),
    Exercise(
        id="6.7",
        title="Adam with decoupled weight decay",
        functions=("solvers.optim:adamw",),
        points=1,
        check="update_rule: learning_rate beta1 beta2 epsilon weight_decay m v t",
        hints=(
            "The weights shrink on their own, beside Adam's step: the gradient is left alone.",
            "By the factor 1 - learning_rate * weight_decay in each step; _adam_step gives the rest.",
            '(1 - lr * weight_decay) * w - _adam_step(dw, config).',
        ),
        builds_on=("6.6",),
        twins=("solvers.optim_into:adamw",),
    ),
    Exercise(
        id="6.8",
        title="One step of the Solver",
        functions=("solvers.solver:Solver._step",),
        points=3,
        check="solver_step",
        hints=(
            "A minibatch, its loss and gradients, one update of every parameter; then the books are kept.",
            "self._minibatch() gives X and y; UPDATE_RULES[self.update_rule] is the rule; each parameter has "
            "its config. With a clip_norm the rule gets what clip_gradients makes of the gradients.",
            "params[name], optim_configs[name] = rule(w, grads[name], optim_configs[name]) after "
            "_check_finite_and_fitting; then loss_history and iteration.",
        ),
        builds_on=("6.1",),
    ),
    Exercise(
        id="6.9",
        title="Accuracy",
        functions=("solvers.solver:Solver.check_accuracy",),
        points=2,
        check="check_accuracy",
        hints=(
            "The prediction is the class with the highest score. With num_samples, draw so many examples first.",
            "Give the model batch_size examples at a time; the last batch may be smaller. Count, and divide at "
            "the end.",
            "right += int(np.sum(np.isfinite(scores.max(axis=1)) & (np.argmax(scores, axis=1) == labels))); return "
            "right / len(X).",
        ),
        builds_on=("6.8",),
    ),
    Exercise(
        id="7.1",
        title="Dropout, forward",
        functions=("layers.dropout:dropout_forward",),
        points=2,
        check="dropout_forward",
        hints=(
            "p is the probability to keep. What is kept is scaled up, so that the expected output stays the same.",
            "The mask holds 0 or 1 / p in x's dtype, drawn from the given generator; at test time it is all ones.",
            "mask = ((rng.random(x.shape) < p) / p).astype(x.dtype); out = x * mask; cache (dropout_param, mask).",
        ),
    ),
    Exercise(
        id="7.2",
        title="Dropout, backward",
        functions=("layers.dropout:dropout_backward",),
        points=1,
        check="layer_backward: dropout",
        hints=(
            "With the mask held fixed, what kind of gate is out = x * mask?",
            "A multiply gate by a constant: the mask is the local gradient, its 1 / p included.",
            "dout * mask.",
        ),
        builds_on=("7.1", "2.4"),
    ),
    Exercise(
        id="8.1",
        title="Standardise",
        functions=("layers.standardize:standardize",),
        points=2,
        check="standardize",
        hints=(
            "Mean, difference from the mean, mean of its square, root, quotient.",
            "mean_over keeps the axes, so that the results broadcast. eps stands under the root.",
            "std = np.sqrt(var + eps); return centered / std, mean, var, std.",
        ),
        builds_on=("3.2",),
        twins=_NORM_FORWARD,
    ),
    Exercise(
        id="8.2",
        title="Batch normalisation, forward",
        functions=("layers.batchnorm:batchnorm_forward",),
        points=3,
        check="layer_forward: batchnorm",
        hints=(
            "In training the statistics are the minibatch's, at test time the running ones; then scale and shift.",
            "standardize(x, 0, eps) keeps the axis: its mean has shape (1, D), the running mean (D,).",
            "move_running_statistics(bn_param, momentum, running_mean, running_var, mean[0], var[0]); "
            "cache (normalized, std, gamma, mode).",
        ),
        builds_on=("8.1",),
        twins=(*_NORM_FORWARD, "layers.spatial_batchnorm:spatial_batchnorm_forward"),
    ),
    Exercise(
        id="8.3",
        title="Batch normalisation, backward through the graph",
        functions=("layers.batchnorm:batchnorm_backward",),
        points=4,
        check="layer_backward: batchnorm",
        hints=(
            "Go through the six gates of the docstring from the last to the first, one line each.",
            "centered reaches the output on two ways, and x too: there gradients add up. What was broadcast is summed.",
            "dstd = -sum(dnormalized * normalized / std), dvar = dstd / (2 * std), dcentered += dvar / N * 2 * "
            "centered.",
        ),
        builds_on=("8.2",),
        twins=(
            "layers.batchnorm:batchnorm_backward_alt",
            "layers.standardize:standardize_backward",
            "layers.spatial_batchnorm:spatial_batchnorm_backward",
            *_NORM_BACKWARD,
        ),
    ),
    Exercise(
        id="8.4",
        title="Standardise, backward, simplified",
        functions=("layers.standardize:standardize_backward",),
        points=3,
        check="standardize_backward",
        hints=(
            "A common shift and a common scale of x do not move the output: these parts of the gradient fall away.",
            "Two means: of d, and of d * normalized. mean_over keeps their axes.",
            "(d - mean(d) - normalized * mean(d * normalized)) / std.",
        ),
        builds_on=("8.3",),
        twins=("layers.batchnorm:batchnorm_backward", *_NORM_BACKWARD),
    ),
    Exercise(
        id="8.5",
        title="Batch normalisation, backward, simplified",
        functions=("layers.batchnorm:batchnorm_backward_alt",),
        points=2,
        check="layer_backward: batchnorm",
        hints=(
            "beta and gamma are as before; the five other gates are one: standardize_backward.",
            "At test time mean and std are constants: the layer is affine in x.",
            "dx = standardize_backward(dout * gamma, normalized, std, 0), or dout * (gamma / std) at test time.",
        ),
        builds_on=("8.3", "8.4"),
        twins=(
            "layers.batchnorm:batchnorm_backward",
            "layers.spatial_batchnorm:spatial_batchnorm_backward",
            *_NORM_BACKWARD,
        ),
    ),
    Exercise(
        id="9.1",
        title="Layer normalisation, forward",
        functions=("layers.layernorm:layernorm_forward",),
        points=2,
        check="layer_forward: layernorm",
        hints=(
            "Batch normalisation turned by 90 degrees: which axis are the statistics taken over now?",
            "Over the features of one example, axis 1. Nothing is remembered between calls.",
            "normalized, _, _, std = standardize(x, 1, eps), then gamma * normalized + beta.",
        ),
        builds_on=("8.1",),
        twins=("layers.spatial_groupnorm:spatial_groupnorm_forward",),
    ),
    Exercise(
        id="9.2",
        title="Layer normalisation, backward",
        functions=("layers.layernorm:layernorm_backward",),
        points=2,
        check="layer_backward: layernorm",
        hints=(
            "gamma and beta still serve every example; mean and std now belong to one example.",
            "dgamma and dbeta are sums over axis 0, the means in dx are over axis 1.",
            "dx = standardize_backward(dout * gamma, normalized, std, 1).",
        ),
        builds_on=("8.4", "9.1"),
        twins=("layers.spatial_groupnorm:spatial_groupnorm_backward",),
    ),
    Exercise(
        id="9.3",
        title="Spatial batch normalisation, forward",
        functions=("layers.spatial_batchnorm:spatial_batchnorm_forward",),
        points=2,
        check="layer_forward: spatial_batchnorm",
        hints=(
            "A pixel of an image counts as one example with C features.",
            "Bring the channels to the last axis before reshaping to (N * H * W, C): reshape alone would mix them.",
            "pixels = as_pixels(x); in training mean[0] and var[0] of standardize(pixels, 0, eps), imported from "
            ".standardize; then as_images of gamma * (pixels - mean) / std + beta.",
        ),
        builds_on=("8.2",),
        twins=_NORM_FORWARD,
    ),
    Exercise(
        id="9.4",
        title="Spatial batch normalisation, backward",
        functions=("layers.spatial_batchnorm:spatial_batchnorm_backward",),
        points=1,
        check="layer_backward: spatial_batchnorm",
        hints=(
            "The same way as forward: pixels as examples.",
            "The gradient of a rearrangement is the rearrangement of the gradient.",
            "d = as_pixels(dout), normalized = (pixels - mean) / std, and as_images of standardize_backward("
            "d * gamma, normalized, std, 0); at test time d * gamma / std.",
        ),
        builds_on=("8.5", "9.3"),
        twins=_NORM_BACKWARD,
    ),
    Exercise(
        id="9.5",
        title="Group normalisation, forward",
        functions=("layers.spatial_groupnorm:spatial_groupnorm_forward",),
        points=2,
        check="layer_forward: spatial_groupnorm",
        hints=(
            "Neighbouring channels of one image share mean and variance, G groups of them.",
            "Reshape to (N, G, C // G, H, W) and standardise over the last three axes; reshape back for gamma "
            "and beta.",
            "standardize(x.reshape(N, G, C // G, H, W), (2, 3, 4), eps); the cache keeps normalized with five axes.",
        ),
        builds_on=("9.1",),
    ),
    Exercise(
        id="9.6",
        title="Group normalisation, backward",
        functions=("layers.spatial_groupnorm:spatial_groupnorm_backward",),
        points=2,
        check="layer_backward: spatial_groupnorm",
        hints=(
            "gamma and beta were broadcast over N, H and W; mean and std belong to a group of an image.",
            "normalized comes with five axes: gamma's gradient needs four, dx five until it is done.",
            "dx = standardize_backward((dout * gamma).reshape(normalized.shape), normalized, std, (2, 3, 4)).",
        ),
        builds_on=("9.2", "9.5"),
    ),
    Exercise(
        id="10.1",
        title="Convolution by loops, forward",
        functions=("layers.naive:conv_forward_naive",),
        points=3,
        check="layer_forward: conv",
        hints=(
            "One output element is one dot product: image n, filter f, place (i, j).",
            "Pad first. The window at place (i, j) begins at row i * stride and column j * stride of the padded image.",
            "out[n, f, i, j] = np.sum(padded[n, :, top : top + HH, left : left + WW] * w[f]) + b[f].",
        ),
        builds_on=("4.1",),
        twins=("layers.conv:conv_forward", *_CONV_KERNELS),
    ),
    Exercise(
        id="10.2",
        title="Convolution by loops, backward",
        functions=("layers.naive:conv_backward_naive",),
        points=4,
        check="layer_backward: conv",
        hints=(
            "The same loops. Each dot product hands its gradient to its window, its filter and its bias.",
            "A pixel lies in several windows, and a filter is used at every place: += everywhere. Cut the padding off.",
            "dpadded[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f].",
        ),
        builds_on=("10.1",),
        twins=("layers.conv:conv_backward", *_CONV_KERNELS),
    ),
    Exercise(
        id="10.3",
        title="Max pooling by loops, forward",
        functions=("layers.naive:max_pool_forward_naive",),
        points=1,
        check="layer_forward: max_pool",
        hints=(
            "The largest element of each window, channel by channel.",
            "The window at place (i, j) begins at (i * stride, j * stride); nothing is padded.",
            "out[n, c, i, j] = np.max(x[n, c, top : top + pool_height, left : left + pool_width]).",
        ),
        builds_on=("2.5",),
        twins=("layers.max_pool:max_pool_forward", *_POOL_KERNELS),
    ),
    Exercise(
        id="10.4",
        title="Max pooling by loops, backward",
        functions=("layers.naive:max_pool_backward_naive",),
        points=2,
        check="layer_backward: max_pool",
        hints=(
            "Each window is a max gate: find its largest element again, and give it the gradient.",
            "Windows may overlap: += . At a tie the first one gets it, which is what argmax finds.",
            "u, v = np.unravel_index(np.argmax(window), window.shape); dx[n, c, top + u, left + v] += dout[n, "
            "c, i, j].",
        ),
        builds_on=("2.6", "10.3"),
        twins=("layers.max_pool:max_pool_backward", *_POOL_KERNELS),
    ),
    Exercise(
        id="10.5",
        title="All windows at once",
        functions=("layers.kernels.windows:windows_of",),
        points=2,
        check="windows_of",
        hints=(
            "Window (i, j) begins at pixel (i * stride, j * stride): every stride-th one of all windows there are.",
            "sliding_window_view gives the windows of size (HH, WW) along the axes of height and width, at stride 1.",
            "sliding_window_view(x, (HH, WW), axis=(2, 3)), then [:, :, ::stride, ::stride].",
        ),
        builds_on=("10.1",),
    ),
    Exercise(
        id="10.6",
        title="Convolution as a matrix product, forward",
        functions=("layers.conv:conv_forward",),
        points=2,
        check="layer_forward: conv vectorised",
        hints=(
            "With every window a row of a matrix, all dot products with all filters are one matrix product.",
            "Pad, then windows_of (import it from .kernels.windows): its axes that count rows, N, H', W', come "
            "first; then C, HH, WW.",
            "columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1); columns @ w.reshape(F, -1)"
            ".T + b has F as its last axis.",
        ),
        builds_on=("10.5",),
        twins=("layers.naive:conv_forward_naive", *_CONV_KERNELS),
    ),
    Exercise(
        id="10.7",
        title="Add up what windows give back",
        functions=("layers.kernels.windows:add_windows",),
        points=2,
        check="add_windows",
        hints=(
            "Loop over the offsets inside a window, not over the windows.",
            "At offset (i, j) all windows touch pixels that are a stride apart: one strided slice of dx.",
            "dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride] += dwindows[..., i, j].",
        ),
        builds_on=("10.2",),
    ),
    Exercise(
        id="10.8",
        title="Convolution as a matrix product, backward",
        functions=("layers.conv:conv_backward",),
        points=4,
        check="layer_backward: conv vectorised",
        hints=(
            "The affine layer's backward with windows as rows; then the rows go back to where they came from.",
            "dout as rows is (N * H' * W', F): dw = rows.T @ columns, and dcolumns = rows @ w as a matrix.",
            "Reshape dcolumns to (N, H_out, W_out, C, HH, WW), transpose to (0, 3, 1, 2, 4, 5), add_windows to "
            "padded zeros, cut the border off.",
        ),
        builds_on=("4.2", "10.5", "10.7"),
        twins=("layers.naive:conv_backward_naive", *_CONV_KERNELS),
    ),
    Exercise(
        id="10.9",
        title="Max pooling of all windows at once, forward",
        functions=("layers.max_pool:max_pool_forward",),
        points=1,
        check="layer_forward: max_pool vectorised",
        hints=(
            "windows_of shows all windows at once; import it from .kernels.windows.",
            "A window is the last two axes of what it returns.",
            "windows_of(x, pool_height, pool_width, stride).max(axis=(4, 5)); the cache has a copy of pool_param.",
        ),
        builds_on=("10.3",),
        twins=("layers.naive:max_pool_forward_naive", "layers.avg_pool:avg_pool_forward", *_POOL_KERNELS),
    ),
    Exercise(
        id="10.10",
        title="Max pooling of all windows at once, backward",
        functions=("layers.max_pool:max_pool_backward",),
        points=3,
        check="layer_backward: max_pool vectorised",
        hints=(
            "Which place of each window is its first maximum? There goes dout; add_windows does the rest.",
            "With a window's elements along one axis, argmax along it finds the first maximum.",
            "is_first_max = np.arange(size) == windows.argmax(axis=-1)[..., np.newaxis]; dwindows = dout[..., "
            "None] * it.",
        ),
        builds_on=("10.4", "10.7"),
        twins=("layers.naive:max_pool_backward_naive", "layers.avg_pool:avg_pool_backward", *_POOL_KERNELS),
    ),
    Exercise(
        id="11.1",
        title="A convolutional net that reads digits",
        functions=("models.cnn:ThreeLayerConvNet.__init__",),
        points=5,
        check="net: three_layer",
        hints=(
            "conv_relu_pool, affine_relu and affine, one after the other. How many features leave the pool?",
            "The padding (filter_size - 1) // 2 keeps height and width, and the pool halves both, rounding down.",
            "W2 is (num_filters * (H // 2) * (W // 2), hidden_dim); settings are conv_param and pool_param, in "
            "this order.",
        ),
        builds_on=("5.6", "10.6", "10.8", "10.9", "10.10"),
    ),
)


def exercise(id):
    """Return the exercise of that id; a ValueError lists those there are."""
    for known in EXERCISES:
        if known.id == id:
            return known
    raise ValueError(f"exercise: unknown id {id!r}; known are {', '.join(known.id for known in EXERCISES)}")


def hidden_functions():
    """Name what a hand-out must not show, with what stands in its place.

    Returns
    -------
    messages : dict of str to dict
        By module and by the function's path in it, as `source.blank` takes them:
        ``{"layers.affine": {"affine_forward": "exercise 4.1: affine_forward", ...}, ...}``.
    """
    messages = {}
    for known in EXERCISES:
        for name in known.twins:
            module, _, path = name.partition(":")
            message = f"{path} is left out: it would give exercise {known.id} away"
            messages.setdefault(module, {}).setdefault(path, message)
    for known in EXERCISES:
        for name in known.functions:
            module, _, path = name.partition(":")
            messages.setdefault(module, {})[path] = f"exercise {known.id}: {path}"
    return messages
