"""Data: loaders, toy cases made on the spot, splits. A loader returns the dict that the Solver takes.

Hugging Face's ``datasets`` bears this package's name; a virtual environment of its own keeps the two apart. The
program and the tests say so when another ``datasets`` is found in place of this one (`layerwise.shadow`).
"""

from .augment import AUGMENTATIONS, compose_augment
from .cifar import get_CIFAR10_data, load_CIFAR10, load_cifar10, load_cifar100, load_CIFAR_batch
from .colors import rgb2gray, rgb_to_hsv
from .csv_table import load_csv
from .digits import load_digits
from .distort import cutout, mixup, random_brightness, random_contrast
from .features import color_histogram_hsv, extract_features, hog_feature
from .fetch import fetch
from .home import data_home, whereabouts
from .idx import load_fashion_mnist, load_mnist, read_idx
from .image_folder import load_image_folder
from .labels import class_weights, one_hot
from .move import random_crop, random_flip, random_rotate, random_shift
from .npz import load_npz
from .pca import fit_pca, pca, pca_whiten, zca_whiten
from .prepare import fit_standardize, fit_subtract_mean, standardize, subtract_mean
from .registry import OFFICIAL_SETS
from .solver_data import solver_data
from .split import split_data, stratified_split
from .svhn import load_svhn
from .to_float import to_float
from .toy import make_blobs, make_spirals
