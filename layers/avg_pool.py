"""Average pooling: each window of the image is represented by its mean."""

from .checks import check_arrays
from .compose import Layer
from .kernels import pooling
from .pool_param import read_pool_param


def avg_pool_forward(x, pool_param):
    """Take the mean of each window, channel by channel.

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
    >>> out, cache = avg_pool_forward(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    >>> out
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """
    check_arrays("avg_pool_forward", x=(x, "N C H W"))
    pool_height, pool_width, stride, out_shape = read_pool_param("avg_pool_forward", x, pool_param)
    return pooling.avg_forward(x, pool_height, pool_width, stride, out_shape[2:]), (x, dict(pool_param))


def avg_pool_backward(dout, cache):
    """Backward pass of average pooling.

    ``out = sum of the window / (pool_height * pool_width)``: an add gate and a constant factor. Every element of the
    window gets ``dout / (pool_height * pool_width)``, and adds up what it gets from each window that it lies in.

    Parameters
    ----------
    dout : ndarray of shape (N, C, H', W')
    cache : tuple
        ``(x, pool_param)`` from `avg_pool_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
    """
    x, pool_param = cache
    pool_height, pool_width, stride, out_shape = read_pool_param("avg_pool_backward", x, pool_param)
    check_arrays("avg_pool_backward", dout=(dout, out_shape))
    return pooling.avg_backward(dout, x.shape, pool_height, pool_width, stride)


avg_pool = Layer(avg_pool_forward, avg_pool_backward)
