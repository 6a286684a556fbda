"""Relu and max pooling in one go."""

from .checks import check_arrays
from .compose import Layer
from .kernels import pooling
from .max_pool import max_pool
from .pool_param import read_pool_param
from .relu import relu


def relu_pool_forward(x, pool_param):
    """Keep of each window the largest element, or zero if none is above it.

    The numbers are those of ``chain(relu, max_pool)``. But the two commute, since the relu never puts a smaller element
    before a larger one: ``max(relu(x)) = relu(max(x))``. After the pool it has less to do. And of x, backward needs no
    more than where in each window the largest element was.

    Parameters
    ----------
    x : ndarray of shape (N, C, H, W)
    pool_param : dict
        As in `max_pool_forward`.

    Returns
    -------
    out : ndarray of shape (N, C, H', W')
        As large as `max_pool_forward` makes it.
    cache : tuple
        ``(places, shape, window)``: for each window, the place of its largest element, row by row from 1, or 0 where
        the relu let nothing through; x's shape; and the window.

    Raises
    ------
    ValueError
        As `max_pool_forward` does.

    Examples
    --------
    >>> x = np.array([[[[1.0, 2.0, -3.0, -4.0]]]])
    >>> out, cache = relu_pool_forward(x, {"pool_height": 1, "pool_width": 2, "stride": 2})
    >>> out
    array([[[[2., 0.]]]])
    """
    check_arrays("relu_pool_forward", x=(x, "N C H W"))
    pool_height, pool_width, stride, out_shape = read_pool_param("relu_pool_forward", x, pool_param)
    out, places = pooling.max_relu_forward(x, pool_height, pool_width, stride, out_shape[2:])
    return out, (places, x.shape, (pool_height, pool_width, stride))


def relu_pool_backward(dout, cache):
    """Backward pass of `relu_pool_forward`.

    Each gradient goes to the place in its window that had the largest element, if that was above zero, as through the
    max gates of pool and relu one after the other. (With a NaN in a window, another of its places may get it.)

    Parameters
    ----------
    dout : ndarray of shape (N, C, H', W')
    cache : tuple
        From `relu_pool_forward`.

    Returns
    -------
    dx : ndarray of shape (N, C, H, W)
    """
    places, shape, window = cache
    check_arrays("relu_pool_backward", dout=(dout, places.shape))
    return pooling.max_relu_backward(dout, places, shape, *window)


relu_pool = Layer(relu_pool_forward, relu_pool_backward, parts=(relu, max_pool))
