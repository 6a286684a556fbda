"""The settings that max and average pooling share."""

from .checks import check_integer, read_param
from .kernels.windows import output_size


def read_pool_param(where, x, pool_param):
    """Take pool_height, pool_width, stride and the shape of the output from the settings, checked against x."""
    names = "pool_height", "pool_width", "stride"
    sizes = read_param(where, "pool_param", pool_param, required=names)
    pool_height, pool_width, stride = (check_integer(where, *pair, at_least=1) for pair in zip(names, sizes))
    N, C, H, W = x.shape
    return pool_height, pool_width, stride, (N, C, *output_size(where, H, W, pool_height, pool_width, stride))
