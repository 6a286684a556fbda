"""Files of a user's own: what one writes who has read README.md and nothing else. And how to see a model untouched."""

import copy

import numpy as np


def as_data(model):
    """All that is in a model, its generators as their states, as copies that can be compared."""
    def plain(value):
        return value.bit_generator.state if isinstance(value, np.random.Generator) else copy.deepcopy(value)

    settings = [{key: plain(value) for key, value in setting.items()} for setting in model.settings]
    return {"params": copy.deepcopy(model.params), "settings": settings, "reg": model.reg, "dtype": str(model.dtype)}


# One of its "three uses" says that the Solver knows only model.params and model.loss; the lines are its first ones.
BY_HAND = '''
import numpy as np
from layers import affine_backward, affine_forward, affine_relu_backward, affine_relu_forward, softmax_loss


class MyNet:
    def __init__(self):
        rng = np.random.default_rng(0)
        self.params = {
            "W1": 0.1 * rng.standard_normal((64, 32)), "b1": np.zeros(32),
            "W2": 0.1 * rng.standard_normal((32, 10)), "b2": np.zeros(10),
        }

    def loss(self, X, y=None):
        p = self.params
        h, cache1 = affine_relu_forward(X, p["W1"].astype(X.dtype), p["b1"].astype(X.dtype))
        scores, cache2 = affine_forward(h, p["W2"].astype(X.dtype), p["b2"].astype(X.dtype))
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dh, dW2, db2 = affine_backward(dscores, cache2)
        dX, dW1, db1 = affine_relu_backward(dh, cache1)
        return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
'''

# "A model is a net, its parameters, its settings and a loss", with its chain(conv_relu_pool, affine).
OF_PARTS = '''
import numpy as np
from layers import affine, chain, conv_relu_pool
from models import Classifier, initialise


class MyNet(Classifier):
    def __init__(self):
        super().__init__(
            net=chain(conv_relu_pool, affine),
            params=initialise({"W1": (8, 1, 3, 3), "b1": 8, "W2": (8 * 4 * 4, 10), "b2": 10}, "he", seed=0),
            settings=({"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        )
'''

# The same with a layer of its own, whose author forgot that gamma was used for every example.
WRONG = OF_PARTS.replace("class MyNet", '''
from layers import Layer


def scale_forward(x, gamma):
    return x * gamma, (x, gamma)


def scale_backward(dout, cache):
    x, gamma = cache
    return dout * gamma, dout[0] * x[0]


scale = Layer(scale_forward, scale_backward)


class MyNet''').replace("chain(conv_relu_pool, affine)", "chain(conv_relu_pool, affine, scale)").replace(
    '"b2": 10}', '"b2": 10, "gamma1": 10}'
)
