"""How many floating-point operations a layer takes, by formula.

A multiplication and the addition that follows it are two operations; a comparison, a division, a root or an exponential
counts as one. What is done once for a channel, and not for each of its elements, is left out, and so are copies and
random numbers. A convolution is counted as its sum says, whatever a fast algorithm may spare, so that the operations a
second of two algorithms can be compared.
"""

from layers import add_gate, affine, avg_pool, batchnorm, conv, dropout, gelu, global_avg_pool, layernorm, leaky_relu
from layers import max_gate, max_pool, multiply_gate, relu, residual, sigmoid, softmax, spatial_batchnorm
from layers import spatial_groupnorm, tanh

identity = residual(relu).parts[1]  # the way past a block


def _each(forward, backward):
    """So many operations for each element of the output."""
    return lambda part: forward * part.out.size, lambda part, need_dx: backward * part.out.size


def _products(num_terms):
    """Each output is a sum of so many products and a bias; in backward as many for dw and for dx, and a sum for db."""
    return (
        lambda part: 2 * num_terms(part) * part.out.size,
        lambda part, need_dx: (4 if need_dx else 2) * num_terms(part) * part.out.size + part.out.size,
    )


def _window(part):
    pool_param = part.settings[0]
    return pool_param["pool_height"] * pool_param["pool_width"]


# Forward: mean 1, centred 1, variance 2, divided by std 1, gamma and beta 2. Backward, by the simplified formula:
# dbeta 1, dgamma 2, dout * gamma 1, its two means 3, dx 4.
_NORMALISATION = _each(7, 11)

# Layer: operations of forward, a function of the Part; and of backward, of the Part and of whether dx is needed.
FORMULAS = {
    layer.forward: formula
    for layer, formula in {
        affine: _products(lambda part: len(part.arrays[0])),
        conv: _products(lambda part: part.arrays[0][0].size),
        batchnorm: _NORMALISATION,
        spatial_batchnorm: _NORMALISATION,
        spatial_groupnorm: _NORMALISATION,
        layernorm: _NORMALISATION,
        # One comparison less than there are elements in a window; each output's gradient goes to one of them.
        max_pool: (lambda part: (_window(part) - 1) * part.out.size, lambda part, need_dx: part.out.size),
        # Sum and division; division, and one addition for each element of the window.
        avg_pool: (
            lambda part: _window(part) * part.out.size,
            lambda part, need_dx: (_window(part) + 1) * part.out.size,
        ),
        global_avg_pool: (lambda part: part.x.size, lambda part, need_dx: part.out.size),
        relu: _each(1, 1),
        leaky_relu: _each(2, 1),  # max(x, slope * x)
        sigmoid: _each(4, 3),  # 1 / (1 + exp(-x)); dout * out * (1 - out)
        tanh: _each(1, 3),  # dout * (1 - out * out)
        gelu: _each(2, 8),  # x * Phi(x); dout * (Phi + x * c * exp(-x * x / 2))
        softmax: _each(5, 4),  # shift by the maximum, exp, sum, divide; (dout - sum(dout * out)) * out
        dropout: _each(1, 1),
        add_gate: _each(1, 0),
        multiply_gate: _each(1, 2),
        max_gate: _each(1, 2),
        identity: _each(0, 0),
    }.items()
}


def flops(part, need_dx=True):
    """Count the operations of one layer on one minibatch.

    Parameters
    ----------
    part : Part
        After forward.
    need_dx : bool
        The first layer of a net can spare dx.

    Returns
    -------
    forward, backward : int, or None for both where the layer has no formula here

    Examples
    --------
    >>> from .parts import run_forward
    >>> flops(run_forward(affine, np.ones((10, 3)), (np.ones((3, 2)), np.ones(2))))
    (120, 260)
    """
    if part.layer.forward not in FORMULAS:
        return None, None
    forward, backward = FORMULAS[part.layer.forward]
    return int(forward(part)), int(backward(part, need_dx))
