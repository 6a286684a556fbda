"""Mistakes in lesson 11: a convolutional net that reads digits."""


def __init____no_padding(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: no padding"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": 0}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____pool_not_counted(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: wrong number of features"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * H * W, hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____windows_overlap(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: settings not as the net takes them"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 1}),
        reg=reg,
    )


def __init____no_reg(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: reg not passed on"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
    )


def __init____one_pixel_of_padding(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: filter_size ignored"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____three_by_three(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: filter_size ignored"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, 3, 3),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____another_seed(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: seed not passed on"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____scale_of_its_own(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: weights not drawn with weight_scale"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, 1e-3, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____float64(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: dtype not passed on"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, np.float64, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____no_relu(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: nonlinearity forgotten"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____relu_on_the_scores(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: relu on the scores"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine_relu, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____outputs_first(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: sizes turned round"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (num_classes, hidden_dim),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____channels_first(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: filters and channels swapped"""
    C, H, W = input_dim
    shapes = {
        "W1": (C, num_filters, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____halves_rounded_at_the_end(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: wrong number of features"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H * W // 4), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"stride": 1, "pad": (filter_size - 1) // 2}, {"pool_height": 2, "pool_width": 2, "stride": 2}),
        reg=reg,
    )


def __init____settings_swapped(
    self, input_dim=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3,
    reg=0.0, dtype=np.float32, seed=None
):
    """11.1: settings not as the net takes them"""
    C, H, W = input_dim
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": num_filters,
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": hidden_dim,
        "W3": (hidden_dim, num_classes),
        "b3": num_classes,
    }
    super().__init__(
        net=chain(conv_relu_pool, affine_relu, affine, name="three_layer_conv_net"),
        params=initialise(shapes, weight_scale, dtype, seed),
        settings=({"pool_height": 2, "pool_width": 2, "stride": 2}, {"stride": 1, "pad": (filter_size - 1) // 2}),
        reg=reg,
    )
