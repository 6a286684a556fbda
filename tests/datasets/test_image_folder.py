"""Folders of images: classes by folder, parts, sizes and channels; what is no image is named."""

import io
import re
import sys
import zlib

import numpy as np
import pytest

pytest.importorskip("PIL", reason="Pillow is not installed")
from PIL import Image  # noqa: E402

from datasets import load_image_folder  # noqa: E402

from . import made  # noqa: E402

PARTS = ("train", "val", "test")
X = made.images(20, (3, 6, 4))


def write(folder, images, start=0):
    folder.mkdir(parents=True)
    for number, image in enumerate(images, start):
        (folder / f"{number:02}.png").write_bytes(made.png(image.transpose(1, 2, 0)))


def test_a_folder_a_class(tmp_path):
    write(tmp_path / "dogs", X[:10])
    write(tmp_path / "cats", X[10:])
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "cats" / "notes.txt").write_text("no image")
    (tmp_path / "cats" / ".DS_Store.png").write_text("no image")
    data = load_image_folder(tmp_path, keep_uint8=True)
    assert data["class_names"] == ["cats", "dogs"]
    assert [len(data[f"y_{part}"]) for part in PARTS] == [14, 2, 4] and data["X_train"].shape[1:] == (3, 6, 4)
    np.testing.assert_array_equal(np.bincount(data["y_test"]), [2, 2])
    got = {image.tobytes(): int(k) for part in PARTS for image, k in zip(data[f"X_{part}"], data[f"y_{part}"])}
    assert got == {image.tobytes(): int(number < 10) for number, image in enumerate(X)}


def test_parts_of_their_own(tmp_path):
    write(tmp_path / "train" / "a", X[:6])
    write(tmp_path / "train" / "b", X[6:10])
    write(tmp_path / "test" / "b", X[10:12])
    data = load_image_folder(tmp_path, keep_uint8=True)
    assert [len(data[f"y_{part}"]) for part in PARTS] == [9, 1, 2] and list(data["y_test"]) == [1, 1]
    np.testing.assert_array_equal(data["X_test"], X[10:12])
    write(tmp_path / "val" / "a", X[12:15])
    data = load_image_folder(tmp_path, keep_uint8=True)
    np.testing.assert_array_equal(data["X_train"], X[:10])
    np.testing.assert_array_equal(data["X_val"], X[12:15])
    assert list(data["y_train"]) == [0] * 6 + [1] * 4


def test_sizes_and_grey(tmp_path):
    write(tmp_path / "a", np.full((9, 3, 6, 4), 7, np.uint8))
    write(tmp_path / "b", np.full((9, 3, 8, 8), 200, np.uint8))
    with pytest.raises(ValueError, match=r"00.png: is 8 x 8 pixels, .*a.00.png 6 x 4; size=\(H, W\) makes them equal"):
        load_image_folder(tmp_path)
    data = load_image_folder(tmp_path, size=(5, 3), color=False, keep_uint8=True)
    assert data["X_train"].shape[1:] == (1, 5, 3)
    assert {int(image.max()) for image in data["X_train"]} == {7, 200}
    with pytest.raises(ValueError, match="load_image_folder: W of size must be an integer >= 1, got 0"):
        load_image_folder(tmp_path, size=(5, 0))


def saved(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


RED = Image.new("RGB", (4, 6), (255, 0, 0))


@pytest.mark.parametrize(
    "name, content",
    [
        ("palette.gif", saved(RED.convert("P"), "GIF")),
        ("palette.png", saved(RED.convert("P"), "PNG")),
        ("transparent.png", saved(RED.convert("RGBA"), "PNG")),
        ("transparent_palette.png", saved(RED.convert("P"), "PNG", transparency=b"\x80" * 4)),
        ("plain.ppm", saved(RED, "PPM")),
        ("plain.BMP", saved(RED, "BMP")),
        ("cmyk.jpeg", saved(RED.convert("CMYK"), "JPEG")),
        ("wrongly_named.jpg", saved(RED, "PNG")),
    ],
)
def test_every_kind_of_red_is_red(name, content, tmp_path):
    (tmp_path / "a").mkdir()
    for number in range(9):
        (tmp_path / "a" / f"{number}{name}").write_bytes(content)
    data = load_image_folder(tmp_path, keep_uint8=True)
    red, green, blue = data["X_train"].transpose(1, 0, 2, 3).astype(int)
    assert red.min() > 250 and max(green.max(), blue.max()) < 5


def claiming(width, height):
    """A PNG that claims a size of its own."""
    content = bytearray(made.png(X[0].transpose(1, 2, 0)))
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is no image that can be read"),
        (b"<html>", "is no image that can be read"),
        (made.png(X[0].transpose(1, 2, 0))[:60], "is no image that can be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "is no image that can be read"),
        (claiming(9000, 9000), "it claims 9000 x 9000 pixels, in 1"),
        (claiming(2000, 2000), "it claims 2000 x 2000 pixels, in 1"),
        (saved(RED, "TIFF"), "is no image that can be read: cannot identify image file"),
        (claiming(12000, 12000), "is no image that can be read: Image size (144000000 pixels) exceeds limit"),
        (claiming(2**30, 2**30), "is no image that can be read: Image size"),
        (saved(Image.fromarray(np.zeros((6, 4), np.uint16)), "PNG"), "its pixels are of mode I;16, not of 8 bits"),
    ],
)
def test_images_refused(content, words, tmp_path):
    write(tmp_path / "a", X)
    path = tmp_path / "a" / "05.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(words)) as raised:
        load_image_folder(tmp_path)
    assert str(raised.value).startswith(f"{path}: ")


def test_folders_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_image_folder(tmp_path / "none")
    with pytest.raises(ValueError, match="has no folders in it; load_image_folder needs one for each class"):
        load_image_folder(tmp_path)
    (tmp_path / "a").mkdir()
    with pytest.raises(ValueError, match="has no images in its folders; known are .bmp, .gif"):
        load_image_folder(tmp_path)
    write(tmp_path / "train" / "a", X[:9])
    write(tmp_path / "test" / "c", X[:9])
    with pytest.raises(ValueError, match="c: is of no known class; the training set has a"):
        load_image_folder(tmp_path)


def test_without_pillow_the_message_says_what_helps(tmp_path, monkeypatch):
    write(tmp_path / "a", X[:1])
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ModuleNotFoundError, match=re.escape("needs Pillow; in the checkout: pip install -e '.[data]'")):
        load_image_folder(tmp_path)
