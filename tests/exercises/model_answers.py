"""Answers as a student would write them, to exercises whose functions call a kernel in the project itself.

The kernels are not there while such an exercise is checked, so that the project's own source is no answer to it. Each
function takes the place of the one of its name, as text.
"""


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    from .standardize import standardize

    where = "spatial_batchnorm_forward"
    check_arrays(where, x=(x, "N C H W"), gamma=(gamma, "C"), beta=(beta, "C"))
    mode, eps, momentum, running_mean, running_var = read_bn_param(where, bn_param, x)
    pixels = as_pixels(x)
    if mode == "train":
        _, (mean,), (var,), (std,) = standardize(pixels, 0, eps)
        move_running_statistics(bn_param, momentum, running_mean, running_var, mean, var)
    else:
        mean, std = running_mean, np.sqrt(running_var + eps)
    out = gamma * (pixels - mean) / std + beta
    return as_images(out, x.shape), (pixels, mean, std, gamma, mode, x.shape)


def spatial_batchnorm_backward(dout, cache):
    from .standardize import standardize_backward
    from .sums import sum_over

    pixels, mean, std, gamma, mode, shape = cache
    dpixels, normalized = as_pixels(dout), (pixels - mean) / std
    if mode == "test":
        dx = dpixels * gamma / std
    else:
        dx = standardize_backward(dpixels * gamma, normalized, std, 0)
    return as_images(dx, shape), sum_over(dpixels * normalized, 0), sum_over(dpixels, 0)


def conv_forward(x, w, b, conv_param):
    import numpy as np

    from .kernels.windows import windows_of

    stride, pad, H_out, W_out = read_conv_param("conv_forward", x, w, conv_param)
    N, (F, C, HH, WW) = len(x), w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows = windows_of(padded, HH, WW, stride).transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, C * HH * WW)
    out = rows @ w.reshape(F, C * HH * WW).T + b
    return out.reshape(N, H_out, W_out, F).transpose(0, 3, 1, 2), (x, w, b, dict(conv_param))


def conv_backward(dout, cache, need_dx=True):
    import numpy as np

    from .kernels.windows import add_windows, windows_of
    from .sums import sum_over

    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows = windows_of(padded, HH, WW, stride).transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, C * HH * WW)
    drows = dout.transpose(0, 2, 3, 1).reshape(N * H_out * W_out, F)
    dwindows = (drows @ w.reshape(F, C * HH * WW)).reshape(N, H_out, W_out, C, HH, WW).transpose(0, 3, 1, 2, 4, 5)
    dpadded = np.zeros_like(padded)
    add_windows(dpadded, dwindows, stride)
    return dpadded[:, :, pad : pad + H, pad : pad + W], (drows.T @ rows).reshape(w.shape), sum_over(drows, 0)


def max_pool_forward(x, pool_param):
    from .kernels.windows import windows_of

    pool_height, pool_width, stride, _ = read_pool_param("max_pool_forward", x, pool_param)
    return windows_of(x, pool_height, pool_width, stride).max(axis=(4, 5)), (x, dict(pool_param))


def max_pool_backward(dout, cache):
    import numpy as np

    from .kernels.windows import add_windows, windows_of

    x, pool_param = cache
    pool_height, pool_width, stride, out_shape = read_pool_param("max_pool_backward", x, pool_param)
    windows = windows_of(x, pool_height, pool_width, stride).reshape(*out_shape, pool_height * pool_width)
    is_first_max = np.arange(pool_height * pool_width) == windows.argmax(axis=-1)[..., np.newaxis]
    dx = np.zeros_like(x)
    dwindows = (dout[..., np.newaxis] * is_first_max).reshape(*out_shape, pool_height, pool_width)
    add_windows(dx, dwindows, stride)
    return dx
