"""Convolution, relu and max pooling in one go, block by block of images, by a kernel that hands over its blocks.

The convolution's result is four times as large as what the pooling leaves of it, or more. Here it is never written to
memory as a whole, and nor is its gradient: each block is pooled while it is in the cache.
"""

import numpy as np

from . import pooling
from .layout import CHANNELS_LAST, channels_first, channels_last
from .workspace import scratch


def forward(kernel, x, w, b, stride, pad, size, window, out_size):
    """Return what `pooling.max_relu_forward` makes of the convolution, which has height and width `size`."""
    shape = (len(x), *out_size, len(w))
    out, which = pooling.empty_maxima(shape, np.result_type(x, w, b), *window[:2])

    def pool(images, h):
        pooling.max_relu_block(h, *window, out[images], which[images])

    kernel.forward_blocks(x, w, b, stride, pad, size, pool)
    return channels_first(out), channels_first(which)


def backward(kernel, dout, which, x, w_shape, stride, pad, size, window):
    """Return dw and db."""
    dout, which = dout.transpose(CHANNELS_LAST), channels_last(which)

    def unpool(images, dh):
        dout_block = scratch("dout", which[images].shape, dout.dtype)
        dout_block[...] = dout[images]  # after an affine layer, the channels do not lie last
        pooling.max_relu_backward_block(dout_block, which[images], *window, dh)

    return kernel.backward_blocks(x, w_shape, stride, pad, size, dout.dtype, unpool)
