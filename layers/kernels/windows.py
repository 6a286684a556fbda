"""Sliding windows over images, as convolution and pooling see them."""

from numpy.lib.stride_tricks import sliding_window_view


def output_size(where, H, W, HH, WW, stride, pad=0):
    """Count the places of a window, ``H' = 1 + (H + 2 pad - HH) // stride`` and likewise W'; a remainder is left out.

    Raises
    ------
    ValueError
        If the window is empty, or larger than the padded image.
    """
    if HH < 1 or WW < 1:
        raise ValueError(f"{where}: a window of ({HH}, {WW}) is empty")
    if HH > H + 2 * pad or WW > W + 2 * pad:
        raise ValueError(
            f"{where}: a window of ({HH}, {WW}) does not fit into x of height {H} and width {W} with pad {pad}"
        )
    return 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride


def windows_of(x, HH, WW, stride):
    """View images as their windows: ``windows[n, c, i, j, u, v] = x[n, c, i * stride + u, j * stride + v]``.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
    HH, WW : int
        Height and width of a window.
    stride : int
        From one window to the next.

    Returns
    -------
    windows : ndarray of shape (N, C, H', W', HH, WW)
        ``H' = 1 + (H - HH) // stride`` and ``W' = 1 + (W - WW) // stride``. A view of x; nothing is copied.
    """
    return sliding_window_view(x, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]


def add_windows(dx, dwindows, stride):
    """Add the gradients of all windows to the images that the windows were taken from, in place.

    A pixel that lies in several windows branches, so its gradients add up:
    ``dx[n, c, i * stride + u, j * stride + v] += dwindows[n, c, i, j, u, v]`` for all i, j, u, v. At one offset (u, v)
    no pixel occurs twice: each of the HH * WW additions is one strided slice of dx.

    Parameters
    ----------
    dx : ndarray of shape (N, C, H, W)
        Changed; nothing is returned.
    dwindows : ndarray of shape (N, C, H', W', HH, WW)
    stride : int
    """
    H_out, W_out, HH, WW = dwindows.shape[2:]
    for i in range(HH):
        for j in range(WW):
            dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride] += dwindows[..., i, j]
