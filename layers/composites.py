"""The course's sandwich layers, one line each: what often occurs together, chained into one pair."""

from .affine import affine
from .batchnorm import batchnorm
from .compose import chain
from .conv import conv
from .layernorm import layernorm
from .relu import relu
from .relu_pool import relu_pool
from .spatial_batchnorm import spatial_batchnorm
from .spatial_batchnorm_relu import spatial_batchnorm_relu

affine_relu = affine_relu_forward, affine_relu_backward = chain(affine, relu, name="affine_relu")
affine_bn_relu = affine_bn_relu_forward, affine_bn_relu_backward = chain(affine, batchnorm, relu, name="affine_bn_relu")
affine_ln_relu = affine_ln_relu_forward, affine_ln_relu_backward = chain(affine, layernorm, relu, name="affine_ln_relu")
conv_relu = conv_relu_forward, conv_relu_backward = chain(conv, relu, name="conv_relu")
conv_bn_relu = conv_bn_relu_forward, conv_bn_relu_backward = chain(conv, spatial_batchnorm_relu, name="conv_bn_relu")
conv_bn_relu_pool = conv_bn_relu_pool_forward, conv_bn_relu_pool_backward = chain(
    conv, spatial_batchnorm, relu_pool, name="conv_bn_relu_pool"
)
