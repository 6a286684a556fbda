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


def conv_forward__filters_flipped(x, w, b, conv_param):
    """10.6: filters flipped"""
    stride, pad, H_out, W_out = read_conv_param("conv_forward", x, w, conv_param)
    N, F = len(x), len(w)
    out = _columns(x, w, stride, pad) @ w[:, :, ::-1, ::-1].reshape(F, -1).T + b
    return out.reshape(N, H_out, W_out, F).transpose(0, 3, 1, 2), (x, w, b, dict(conv_param))


def conv_forward__by_loops(x, w, b, conv_param):
    """10.6: loops in Python"""
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
