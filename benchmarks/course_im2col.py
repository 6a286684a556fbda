"""Convolution by the method of CS231n's fast layers, for comparison: all windows as columns, kept in the cache.

The course's own code does this with loops in Cython. This is not that code but the method, written anew in NumPy: the
columns (C * HH * WW, H' * W' * N) with the examples last, so that every copy is a run of N numbers; one product over
all of them with BLAS's own threads; the columns kept for backward. Copying the padded images once with the examples
last makes the runs contiguous on both sides, which the course's loops do not do.
"""

import numpy as np


def forward(x, w, b, conv_param):
    """Arguments and results as in `layers.conv_forward`; the cache holds the columns too."""
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    H_out, W_out = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    padded = np.zeros((C, H + 2 * pad, W + 2 * pad, N), x.dtype)
    padded[:, pad : pad + H, pad : pad + W] = x.transpose(1, 2, 3, 0)
    columns = np.empty((C, HH, WW, H_out, W_out, N), x.dtype)
    for i in range(HH):
        for j in range(WW):
            columns[:, i, j] = padded[:, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
    columns = columns.reshape(C * HH * WW, -1)
    out = w.reshape(F, -1) @ columns + b[:, np.newaxis]
    return out.reshape(F, H_out, W_out, N).transpose(3, 0, 1, 2), (x, w, b, conv_param, columns)


def backward(dout, cache):
    """Arguments and results as in `layers.conv_backward`."""
    x, w, b, conv_param, columns = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, C, H, W), (F, C, HH, WW), (N, F, H_out, W_out) = x.shape, w.shape, dout.shape
    db = dout.sum(axis=(0, 2, 3))
    dout = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dw = (dout @ columns.T).reshape(w.shape)
    dcolumns = (w.reshape(F, -1).T @ dout).reshape(C, HH, WW, H_out, W_out, N)
    padded = np.zeros((C, H + 2 * pad, W + 2 * pad, N), x.dtype)
    for i in range(HH):
        for j in range(WW):
            padded[:, i : i + stride * H_out : stride, j : j + stride * W_out : stride] += dcolumns[:, i, j]
    return padded[:, pad : pad + H, pad : pad + W].transpose(3, 0, 1, 2), dw, db
