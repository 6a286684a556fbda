"""Max pooling: each window of the image is represented by its largest element."""

from .checks import check_arrays
from .compose import Layer
from .kernels import pooling
from .pool_param import read_pool_param


def max_pool_forward(x, pool_param):
    """Take the maximum of each window, channel by channel.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
    pool_param : dict
        ``pool_height``, ``pool_width`` and ``stride``, int >= 1, in pixels. Windows overlap where the stride is smaller
        than the window.

    Returns
    -------
    out : ndarray of shape (N, C, H', W')
        ``H' = 1 + (H - pool_height) // stride`` and ``W' = 1 + (W - pool_width) // stride``.
    cache : tuple
        ``(x, pool_param)``.

    Raises
    ------
    ValueError
        If x has not four axes, or a window is larger than the images.

    Examples
    --------
    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> out, cache = max_pool_forward(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    >>> out
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """
    check_arrays("max_pool_forward", x=(x, "N C H W"))
    pool_height, pool_width, stride, out_shape = read_pool_param("max_pool_forward", x, pool_param)
    return pooling.max_forward(x, pool_height, pool_width, stride, out_shape[2:]), (x, dict(pool_param))


def max_pool_backward(dout, cache):
    """Backward pass of max pooling.

    Each window is a max gate: the gradient of its output goes to its largest element, and the others get none. An
    element that is the largest of several windows adds up what it gets from each. Where a window has its maximum more
    than once, the first one, row by row, gets the gradient, so that none is lost or doubled.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H', W')
    cache : tuple
        ``(x, pool_param)`` from `max_pool_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
    """
    x, pool_param = cache
    pool_height, pool_width, stride, out_shape = read_pool_param("max_pool_backward", x, pool_param)
    check_arrays("max_pool_backward", dout=(dout, out_shape))
    return pooling.max_backward(dout, x, pool_height, pool_width, stride)


max_pool = Layer(max_pool_forward, max_pool_backward)

# The course has a slow and a fast version; here they are one.
max_pool_forward_fast, max_pool_backward_fast = max_pool
