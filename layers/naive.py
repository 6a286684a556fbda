"""Convolution and max pooling as loops, to be read, and as the reference that the tests compare with."""

import numpy as np

from .checks import check_arrays
from .conv import read_conv_param
from .pool_param import read_pool_param


def conv_forward_naive(x, w, b, conv_param):
    """Slide F filters over N images, one dot product at a time; arguments and results as in `conv_forward`."""
    check_arrays("conv_forward_naive", x=(x, "N C H W"), w=(w, "F C HH WW"), b=(b, "F"))
    stride, pad, H_out, W_out = read_conv_param("conv_forward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), dtype=np.result_type(x, w, b))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = padded[n, :, top : top + HH, left : left + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, dict(conv_param))


def conv_backward_naive(dout, cache):
    """Hand the gradient of one dot product at a time to its window and its filter; as `conv_backward`."""
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    check_arrays("conv_backward_naive", dout=(dout, (N, F, H_out, W_out)))
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = (np.zeros_like(array, dtype=dout.dtype) for array in (padded, w, b))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    dpadded[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, :, top : top + HH, left : left + WW]
                    db[f] += dout[n, f, i, j]
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, db


def max_pool_forward_naive(x, pool_param):
    """Take the maximum of one window at a time; arguments and results as in `max_pool_forward`."""
    check_arrays("max_pool_forward_naive", x=(x, "N C H W"))
    pool_height, pool_width, stride, out_shape = read_pool_param("max_pool_forward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    out = np.zeros(out_shape, dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    out[n, c, i, j] = np.max(x[n, c, top : top + pool_height, left : left + pool_width])
    return out, (x, dict(pool_param))


def max_pool_backward_naive(dout, cache):
    """Route the gradient of one window at a time to its first maximum; as `max_pool_backward`."""
    x, pool_param = cache
    pool_height, pool_width, stride, out_shape = read_pool_param("max_pool_backward_naive", x, pool_param)
    check_arrays("max_pool_backward_naive", dout=(dout, out_shape))
    N, C, H_out, W_out = out_shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = x[n, c, top : top + pool_height, left : left + pool_width]
                    u, v = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, top + u, left + v] += dout[n, c, i, j]
    return dx
