"""Layers as pairs of functions, the ways to combine them, losses, and gradient checking."""

from .affine import affine, affine_backward, affine_forward
from .avg_pool import avg_pool, avg_pool_backward, avg_pool_forward
from .batchnorm import batchnorm, batchnorm_backward, batchnorm_backward_alt, batchnorm_forward
from .compose import Layer, add, chain, residual, trace
from .composites import affine_bn_relu, affine_bn_relu_backward, affine_bn_relu_forward
from .composites import affine_ln_relu, affine_ln_relu_backward, affine_ln_relu_forward
from .composites import affine_relu, affine_relu_backward, affine_relu_forward
from .composites import conv_bn_relu, conv_bn_relu_backward, conv_bn_relu_forward
from .composites import conv_bn_relu_pool, conv_bn_relu_pool_backward, conv_bn_relu_pool_forward
from .composites import conv_relu, conv_relu_backward, conv_relu_forward
from .conv import conv, conv_backward, conv_backward_fast, conv_forward, conv_forward_fast
from .conv_relu_pool import conv_relu_pool, conv_relu_pool_backward, conv_relu_pool_forward
from .dropout import dropout, dropout_backward, dropout_forward
from .gates import add_gate, add_gate_backward, add_gate_forward
from .gates import max_gate, max_gate_backward, max_gate_forward
from .gates import multiply_gate, multiply_gate_backward, multiply_gate_forward
from .gates import unbroadcast
from .gelu import gelu, gelu_backward, gelu_forward
from .global_avg_pool import global_avg_pool, global_avg_pool_backward, global_avg_pool_forward
from .gradient_check import GradientCheck, check_layer, eval_numerical_gradient, eval_numerical_gradient_array
from .gradient_check import grad_check_sparse, rel_error
from .kernels.threads import get_num_threads, products_alone, set_num_threads
from .kernels.workspace import release_workspace
from .layernorm import layernorm, layernorm_backward, layernorm_forward
from .leaky_relu import leaky_relu, leaky_relu_backward, leaky_relu_forward
from .losses import mse_loss, sigmoid_cross_entropy_loss, softmax_loss, svm_loss
from .max_pool import max_pool, max_pool_backward, max_pool_backward_fast, max_pool_forward, max_pool_forward_fast
from .naive import conv_backward_naive, conv_forward_naive, max_pool_backward_naive, max_pool_forward_naive
from .relu import relu, relu_backward, relu_forward
from .relu_pool import relu_pool, relu_pool_backward, relu_pool_forward
from .sigmoid import sigmoid, sigmoid_backward, sigmoid_forward
from .softmax import softmax, softmax_backward, softmax_forward
from .spatial_batchnorm import spatial_batchnorm, spatial_batchnorm_backward, spatial_batchnorm_forward
from .spatial_batchnorm_relu import spatial_batchnorm_relu
from .spatial_batchnorm_relu import spatial_batchnorm_relu_backward, spatial_batchnorm_relu_forward
from .spatial_groupnorm import spatial_groupnorm, spatial_groupnorm_backward, spatial_groupnorm_forward
from .tanh import tanh, tanh_backward, tanh_forward
