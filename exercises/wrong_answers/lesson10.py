"""Mistakes in lesson 10: convolution and pooling."""


def add_windows__assigned(dx, dwindows, stride):
    """10.7: assigned where windows overlap"""
    H_out, W_out, HH, WW = dwindows.shape[2:]
    for i in range(HH):
        for j in range(WW):
            dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride] = dwindows[..., i, j]


def max_pool_backward_naive__assigned(dout, cache):
    """10.4: assigned where windows overlap"""
    x, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    N, C, H_out, W_out = dout.shape
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    window = x[n, c, i * stride : i * stride + height, j * stride : j * stride + width]
                    u, v = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * stride + u, j * stride + v] = dout[n, c, i, j]
    return dx


def conv_forward__by_loops(x, w, b, conv_param):
    """10.6: loops in Python"""
    import numpy as np

    stride, pad, H_out, W_out = read_conv_param("conv_forward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = padded[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, dict(conv_param))


def conv_forward_naive__no_bias(x, w, b, conv_param):
    """10.1: bias forgotten"""
    stride, pad, H_out, W_out = read_conv_param("conv_forward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = padded[n, :, top : top + HH, left : left + WW]
                    out[n, f, i, j] = np.sum(window * w[f])
    return out, (x, w, b, dict(conv_param))


def conv_forward_naive__stride_left_out(x, w, b, conv_param):
    """10.1: stride ignored"""
    stride, pad, H_out, W_out = read_conv_param("conv_forward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i, j
                    window = padded[n, :, top : top + HH, left : left + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, dict(conv_param))


def conv_forward_naive__not_padded(x, w, b, conv_param):
    """10.1: pad ignored"""
    stride, pad, H_out, W_out = read_conv_param("conv_forward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    H_out, W_out = 1 + (H - HH) // stride, 1 + (W - WW) // stride
    out = np.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = x[n, :, top : top + HH, left : left + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, dict(conv_param))


def conv_forward_naive__filters_turned_round(x, w, b, conv_param):
    """10.1: filters flipped"""
    stride, pad, H_out, W_out = read_conv_param("conv_forward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = padded[n, :, top : top + HH, left : left + WW]
                    out[n, f, i, j] = np.sum(window * w[f, :, ::-1, ::-1]) + b[f]
    return out, (x, w, b, dict(conv_param))


def conv_forward_naive__last_window_skipped(x, w, b, conv_param):
    """10.1: last window skipped"""
    stride, pad, H_out, W_out = read_conv_param("conv_forward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(max(H_out - 1, 1)):
                for j in range(max(W_out - 1, 1)):
                    top, left = i * stride, j * stride
                    window = padded[n, :, top : top + HH, left : left + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, dict(conv_param))


def conv_forward_naive__first_channel(x, w, b, conv_param):
    """10.1: one channel only"""
    stride, pad, H_out, W_out = read_conv_param("conv_forward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = padded[n, 0, top : top + HH, left : left + WW]
                    out[n, f, i, j] = np.sum(window * w[f, 0]) + b[f]
    return out, (x, w, b, dict(conv_param))


def conv_backward_naive__assigned(dout, cache):
    """10.2: assigned where windows overlap"""
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    dpadded[n, :, top : top + HH, left : left + WW] = dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, :, top : top + HH, left : left + WW]
                    db[f] += dout[n, f, i, j]
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, db


def conv_backward_naive__border_left_on(dout, cache):
    """10.2: border not cut off"""
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    dpadded[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, :, top : top + HH, left : left + WW]
                    db[f] += dout[n, f, i, j]
    return dpadded, dw, db


def conv_backward_naive__corner_kept(dout, cache):
    """10.2: cut off at the wrong place"""
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    dpadded[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, :, top : top + HH, left : left + WW]
                    db[f] += dout[n, f, i, j]
    return dpadded[:, :, :H, :W], dw, db


def conv_backward_naive__stride_left_out(dout, cache):
    """10.2: stride ignored"""
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i, j
                    dpadded[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, :, top : top + HH, left : left + WW]
                    db[f] += dout[n, f, i, j]
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, db


def conv_backward_naive__filters_turned_round(dout, cache):
    """10.2: filters flipped"""
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    dpadded[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f, :, ::-1, ::-1]
                    dw[f] += dout[n, f, i, j] * padded[n, :, top : top + HH, left : left + WW]
                    db[f] += dout[n, f, i, j]
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, db


def conv_backward_naive__last_place_only(dout, cache):
    """10.2: filter's gradient not added up"""
    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward_naive", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    dpadded[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f]
                    dw[f] = dout[n, f, i, j] * padded[n, :, top : top + HH, left : left + WW]
                    db[f] = dout[n, f, i, j]
    return dpadded[:, :, pad : pad + H, pad : pad + W], dw, db


def max_pool_forward_naive__average(x, pool_param):
    """10.3: average in place of the maximum"""
    height, width, stride, out_shape = read_pool_param("max_pool_forward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    out = np.zeros(out_shape, dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    out[n, c, i, j] = np.mean(x[n, c, top : top + height, left : left + width])
    return out, (x, dict(pool_param))


def max_pool_forward_naive__stride_left_out(x, pool_param):
    """10.3: stride ignored"""
    height, width, stride, out_shape = read_pool_param("max_pool_forward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    out = np.zeros(out_shape, dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i, j
                    out[n, c, i, j] = np.max(x[n, c, top : top + height, left : left + width])
    return out, (x, dict(pool_param))


def max_pool_forward_naive__last_window_skipped(x, pool_param):
    """10.3: last window skipped"""
    height, width, stride, out_shape = read_pool_param("max_pool_forward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    out = np.zeros(out_shape, dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(max(H_out - 1, 1)):
                for j in range(max(W_out - 1, 1)):
                    top, left = i * stride, j * stride
                    out[n, c, i, j] = np.max(x[n, c, top : top + height, left : left + width])
    return out, (x, dict(pool_param))


def max_pool_forward_naive__starts_at_zero(x, pool_param):
    """10.3: maximum starts at zero"""
    height, width, stride, out_shape = read_pool_param("max_pool_forward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    out = np.zeros(out_shape, dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    out[n, c, i, j] = np.max(x[n, c, top : top + height, left : left + width], initial=0)
    return out, (x, dict(pool_param))


def max_pool_forward_naive__width_first(x, pool_param):
    """10.3: height and width swapped"""
    height, width, stride, out_shape = read_pool_param("max_pool_forward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    out = np.zeros(out_shape, dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    out[n, c, i, j] = np.max(x[n, c, top : top + width, left : left + height])
    return out, (x, dict(pool_param))


def max_pool_backward_naive__every_maximum(dout, cache):
    """10.4: ties"""
    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = x[n, c, top : top + height, left : left + width]
                    is_max = window == np.max(window)
                    dx[n, c, top : top + height, left : left + width] += dout[n, c, i, j] * is_max
    return dx


def max_pool_backward_naive__ones(dout, cache):
    """10.4: upstream gradient forgotten"""
    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = x[n, c, top : top + height, left : left + width]
                    u, v = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, top + u, left + v] += 1
    return dx


def max_pool_backward_naive__stride_left_out(dout, cache):
    """10.4: stride ignored"""
    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i, j
                    window = x[n, c, top : top + height, left : left + width]
                    u, v = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, top + u, left + v] += dout[n, c, i, j]
    return dx


def max_pool_backward_naive__place_in_the_window(dout, cache):
    """10.4: place in the window taken for one in the image"""
    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = x[n, c, top : top + height, left : left + width]
                    u, v = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, u, v] += dout[n, c, i, j]
    return dx


def max_pool_backward_naive__shared_out(dout, cache):
    """10.4: gradient split"""
    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward_naive", x, pool_param)
    N, C, H_out, W_out = out_shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    window = x[n, c, top : top + height, left : left + width]
                    dx[n, c, top : top + height, left : left + width] += dout[n, c, i, j] / window.size
    return dx


def windows_of__copied(x, HH, WW, stride):
    """10.5: windows copied"""
    return sliding_window_view(x, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride].copy()


def windows_of__stride_left_out(x, HH, WW, stride):
    """10.5: stride ignored"""
    return sliding_window_view(x, (HH, WW), axis=(2, 3))


def windows_of__width_first(x, HH, WW, stride):
    """10.5: height and width swapped"""
    return sliding_window_view(x, (WW, HH), axis=(2, 3))[:, :, ::stride, ::stride]


def windows_of__stride_of_the_rows_only(x, HH, WW, stride):
    """10.5: stride ignored"""
    return sliding_window_view(x, (HH, WW), axis=(2, 3))[:, :, ::stride]


def conv_forward__filters_flipped(x, w, b, conv_param):
    """10.6: filters flipped"""
    import numpy as np

    stride, pad, H_out, W_out = read_conv_param("conv_forward", x, w, conv_param)
    N, (F, C, HH, WW) = len(x), w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    out = rows @ w[:, :, ::-1, ::-1].reshape(F, -1).T + b
    return out.reshape(N, H_out, W_out, F).transpose(0, 3, 1, 2), (x, w, b, dict(conv_param))


def conv_forward__no_bias(x, w, b, conv_param):
    """10.6: bias forgotten"""
    import numpy as np

    stride, pad, H_out, W_out = read_conv_param("conv_forward", x, w, conv_param)
    N, (F, C, HH, WW) = len(x), w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    out = rows @ w.reshape(F, -1).T
    return out.reshape(N, H_out, W_out, F).transpose(0, 3, 1, 2), (x, w, b, dict(conv_param))


def conv_forward__filters_not_moved(x, w, b, conv_param):
    """10.6: axes merged in another order"""
    import numpy as np

    stride, pad, H_out, W_out = read_conv_param("conv_forward", x, w, conv_param)
    N, (F, C, HH, WW) = len(x), w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    out = rows @ w.reshape(F, -1).T + b
    return out.reshape(N, F, H_out, W_out), (x, w, b, dict(conv_param))


def conv_forward__windows_not_moved(x, w, b, conv_param):
    """10.6: axes merged in another order"""
    import numpy as np

    stride, pad, H_out, W_out = read_conv_param("conv_forward", x, w, conv_param)
    N, (F, C, HH, WW) = len(x), w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.reshape(N * H_out * W_out, -1)
    out = rows @ w.reshape(F, -1).T + b
    return out.reshape(N, H_out, W_out, F).transpose(0, 3, 1, 2), (x, w, b, dict(conv_param))


def add_windows__to_a_copy(dx, dwindows, stride):
    """10.7: returned instead of written"""
    H_out, W_out, HH, WW = dwindows.shape[2:]
    dx = dx.copy()
    for i in range(HH):
        for j in range(WW):
            dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride] += dwindows[..., i, j]
    return dx


def add_windows__stride_left_out(dx, dwindows, stride):
    """10.7: stride ignored"""
    H_out, W_out, HH, WW = dwindows.shape[2:]
    for i in range(HH):
        for j in range(WW):
            dx[:, :, i : i + H_out, j : j + W_out] += dwindows[..., i, j]


def add_windows__from_zero(dx, dwindows, stride):
    """10.7: overwrites what is there"""
    H_out, W_out, HH, WW = dwindows.shape[2:]
    dx[...] = 0
    for i in range(HH):
        for j in range(WW):
            dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride] += dwindows[..., i, j]


def conv_backward__assigned(dout, cache, need_dx=True):
    """10.8: assigned where windows overlap"""
    import numpy as np

    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    drows = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    dwindows = (drows @ w.reshape(F, -1)).reshape(N, H_out, W_out, C, HH, WW)
    dpadded = np.zeros_like(padded)
    for i in range(HH):
        for j in range(WW):
            part = dpadded[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part[...] = dwindows[..., i, j].transpose(0, 3, 1, 2)
    return dpadded[:, :, pad : pad + H, pad : pad + W], (drows.T @ rows).reshape(w.shape), drows.sum(axis=0)


def conv_backward__border_left_on(dout, cache, need_dx=True):
    """10.8: border not cut off"""
    import numpy as np

    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    drows = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    dwindows = (drows @ w.reshape(F, -1)).reshape(N, H_out, W_out, C, HH, WW)
    dpadded = np.zeros_like(padded)
    for i in range(HH):
        for j in range(WW):
            part = dpadded[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += dwindows[..., i, j].transpose(0, 3, 1, 2)
    return dpadded, (drows.T @ rows).reshape(w.shape), drows.sum(axis=0)


def conv_backward__corner_kept(dout, cache, need_dx=True):
    """10.8: cut off at the wrong place"""
    import numpy as np

    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    drows = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    dwindows = (drows @ w.reshape(F, -1)).reshape(N, H_out, W_out, C, HH, WW)
    dpadded = np.zeros_like(padded)
    for i in range(HH):
        for j in range(WW):
            part = dpadded[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += dwindows[..., i, j].transpose(0, 3, 1, 2)
    return dpadded[:, :, :H, :W], (drows.T @ rows).reshape(w.shape), drows.sum(axis=0)


def conv_backward__dout_not_moved(dout, cache, need_dx=True):
    """10.8: axes merged in another order"""
    import numpy as np

    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    drows = dout.reshape(-1, F)
    dwindows = (drows @ w.reshape(F, -1)).reshape(N, H_out, W_out, C, HH, WW)
    dpadded = np.zeros_like(padded)
    for i in range(HH):
        for j in range(WW):
            part = dpadded[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += dwindows[..., i, j].transpose(0, 3, 1, 2)
    return dpadded[:, :, pad : pad + H, pad : pad + W], (drows.T @ rows).reshape(w.shape), drows.sum(axis=0)


def conv_backward__filters_last_in_dw(dout, cache, need_dx=True):
    """10.8: axes merged in another order"""
    import numpy as np

    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    drows = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    dwindows = (drows @ w.reshape(F, -1)).reshape(N, H_out, W_out, C, HH, WW)
    dpadded = np.zeros_like(padded)
    for i in range(HH):
        for j in range(WW):
            part = dpadded[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += dwindows[..., i, j].transpose(0, 3, 1, 2)
    return dpadded[:, :, pad : pad + H, pad : pad + W], (rows.T @ drows).reshape(w.shape), drows.sum(axis=0)


def conv_backward__bias_averaged(dout, cache, need_dx=True):
    """10.8: mean instead of sum"""
    import numpy as np

    x, w, b, conv_param = cache
    stride, pad, H_out, W_out = read_conv_param("conv_backward", x, w, conv_param)
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * H_out * W_out, -1)
    drows = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    dwindows = (drows @ w.reshape(F, -1)).reshape(N, H_out, W_out, C, HH, WW)
    dpadded = np.zeros_like(padded)
    for i in range(HH):
        for j in range(WW):
            part = dpadded[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += dwindows[..., i, j].transpose(0, 3, 1, 2)
    return dpadded[:, :, pad : pad + H, pad : pad + W], (drows.T @ rows).reshape(w.shape), drows.mean(axis=0)


def max_pool_forward__average(x, pool_param):
    """10.9: average in place of the maximum"""
    import numpy as np

    height, width, stride, _ = read_pool_param("max_pool_forward", x, pool_param)
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.mean(axis=(4, 5)), (x, dict(pool_param))


def max_pool_forward__stride_left_out(x, pool_param):
    """10.9: stride ignored"""
    import numpy as np

    height, width, stride, _ = read_pool_param("max_pool_forward", x, pool_param)
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))
    return windows.max(axis=(4, 5)), (x, dict(pool_param))


def max_pool_forward__over_the_places(x, pool_param):
    """10.9: maximum over the wrong axes"""
    import numpy as np

    height, width, stride, _ = read_pool_param("max_pool_forward", x, pool_param)
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(2, 3)), (x, dict(pool_param))


def max_pool_forward__windows_in_the_cache(x, pool_param):
    """10.9: wrong cache"""
    import numpy as np

    height, width, stride, _ = read_pool_param("max_pool_forward", x, pool_param)
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5)), (windows, dict(pool_param))


def max_pool_backward__every_maximum(dout, cache):
    """10.10: ties"""
    import numpy as np

    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward", x, pool_param)
    H_out, W_out = out_shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
    largest = windows.max(axis=(4, 5))
    dx = np.zeros_like(x)
    for i in range(height):
        for j in range(width):
            part = dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += dout * (windows[..., i, j] == largest)
    return dx


def max_pool_backward__last_maximum(dout, cache):
    """10.10: ties"""
    import numpy as np

    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward", x, pool_param)
    H_out, W_out = out_shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
    last = height * width - 1 - windows.reshape(*out_shape, -1)[..., ::-1].argmax(axis=-1)
    dx = np.zeros_like(x)
    for i in range(height):
        for j in range(width):
            part = dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += dout * (last == i * width + j)
    return dx


def max_pool_backward__assigned(dout, cache):
    """10.10: assigned where windows overlap"""
    import numpy as np

    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward", x, pool_param)
    H_out, W_out = out_shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
    first = windows.reshape(*out_shape, -1).argmax(axis=-1)
    dx = np.zeros_like(x)
    for i in range(height):
        for j in range(width):
            part = dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            here = first == i * width + j
            part[here] = dout[here]
    return dx


def max_pool_backward__ones(dout, cache):
    """10.10: upstream gradient forgotten"""
    import numpy as np

    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward", x, pool_param)
    H_out, W_out = out_shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
    first = windows.reshape(*out_shape, -1).argmax(axis=-1)
    dx = np.zeros_like(x)
    for i in range(height):
        for j in range(width):
            part = dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += np.ones_like(dout) * (first == i * width + j)
    return dx


def max_pool_backward__height_for_width(dout, cache):
    """10.10: height and width swapped"""
    import numpy as np

    x, pool_param = cache
    height, width, stride, out_shape = read_pool_param("max_pool_backward", x, pool_param)
    H_out, W_out = out_shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]
    first = windows.reshape(*out_shape, -1).argmax(axis=-1)
    dx = np.zeros_like(x)
    for i in range(height):
        for j in range(width):
            part = dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
            part += dout * (first == i * height + j)
    return dx


def conv_forward_naive__edges_repeated(x, w, b, conv_param):
    """10.1: padded with other numbers than zeros"""
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="edge")
    shape = N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    out = np.zeros(shape, dtype=x.dtype)
    for n, f, i, j in np.ndindex(shape):
        top, left = i * stride, j * stride
        out[n, f, i, j] = np.sum(padded[n, :, top : top + HH, left : left + WW] * w[f]) + b[f]
    return out, (x, w, b, dict(conv_param))


def conv_forward_naive__padded_on_one_side(x, w, b, conv_param):
    """10.1: padded on one side"""
    stride, pad = conv_param["stride"], conv_param["pad"]
    (N, C, H, W), (F, C, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad)))
    shape = N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    out = np.zeros(shape, dtype=x.dtype)
    for n, f, i, j in np.ndindex(shape):
        top, left = i * stride, j * stride
        out[n, f, i, j] = np.sum(padded[n, :, top : top + HH, left : left + WW] * w[f]) + b[f]
    return out, (x, w, b, dict(conv_param))


def max_pool_backward_naive__last_maximum(dout, cache):
    """10.4: ties"""
    x, pool_param = cache
    HH, WW, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + HH, left : left + WW]
        u, v = np.argwhere(window == window.max())[-1]
        dx[n, c, top + u, left + v] += dout[n, c, i, j]
    return dx
