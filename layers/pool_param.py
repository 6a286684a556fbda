"""The settings that max and average pooling share."""

from .checks import check_integer, read_param
from .kernels.windows import output_size


def read_pool_param(where, x, pool_param):
    """Take pool_height, pool_width, stride and the shape of the output from the settings, checked against x."""
    sizes = read_param(where, "pool_param", pool_param, required=("pool_height", "pool_width", "stride"))
    for name, size in zip(("pool_height", "pool_width", "stride"), sizes):
        check_integer(where, name, size, at_least=1)
    pool_height, pool_width, stride = map(int, sizes)  # NumPy's small integers would overflow
    N, C, H, W = x.shape
    return pool_height, pool_width, stride, (N, C, *output_size(where, H, W, pool_height, pool_width, stride))
