"""Models: a net made of layers, its parameters, its settings and a loss; and the course's nearest neighbours."""

from .classifier import Classifier
from .cnn import ConvNet, ThreeLayerConvNet
from .fc import FullyConnectedNet, TwoLayerNet
from .initialise import initialise
from .knn import KNearestNeighbor
from .linear import LinearClassifier, LinearSVM, Softmax
from .linear_losses import softmax_loss_naive, softmax_loss_vectorized, svm_loss_naive, svm_loss_vectorized
from .resnet import ResNet
