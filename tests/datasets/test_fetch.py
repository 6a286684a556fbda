"""F3: a loopback server that fails in every way known; a file is official and whole, or it is not there."""

import gzip
import hashlib
import http.server
import re
import socket
import struct
import sys
import threading
import time

import numpy as np
import pytest

pytest.importorskip("pooch", reason="pooch, of the extra data, is not installed")

from datasets import OFFICIAL_SETS, fetch  # noqa: E402
from datasets.registry import OfficialFile, OfficialSet  # noqa: E402

NAME = "some-file.gz"
CONTENT = gzip.compress(np.random.default_rng(0).bytes(200_000), mtime=0)
SIZE, HALF = len(CONTENT), len(CONTENT) // 2


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT; the first folder of the address says how."""

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        getattr(self, self.path.split("/")[1])()

    def send(self, content, status=200, length=None, **headers):
        self.send_response(status)
        if length != "none":
            self.send_header("Content-Length", str(len(content) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def good(self):
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if start is None:
            return self.send(CONTENT)
        start = int(start[1])
        self.send(CONTENT[start:], 206, Content_Range=f"bytes {start}-{SIZE - 1}/{SIZE}")

    def no_ranges(self):
        self.send(CONTENT)

    def truncated(self):
        self.send(CONTENT[:HALF], length=SIZE)
        self.close_connection = True

    def truncated_each_time(self):
        """Half of what is asked for, and the line breaks."""
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        part = CONTENT[start : start + (SIZE - start + 1) // 2]
        status, headers = (206, {"Content_Range": f"bytes {start}-{SIZE - 1}/{SIZE}"}) if start else (200, {})
        self.send(part, status, length=SIZE - start, **headers)
        self.close_connection = True

    def truncated_without_length(self):
        self.send(CONTENT[:HALF], length="none")

    def wrong_hash(self):
        self.send(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))

    def redirect(self):
        self.send(b"", 302, Location=self.path.replace("/redirect/", "/good/"))

    def redirect_without_end(self):
        self.send(b"", 302, Location=self.path)

    def slow(self):
        self.send(CONTENT[:HALF], length=SIZE)
        self.server.stopped.wait(5)

    def not_found(self):
        self.send(b"<html>404</html>", 404)

    def broken(self):
        self.send(b"", 500)

    def wrong_length(self):
        self.send(CONTENT, length=SIZE + 10)
        self.close_connection = True

    def reset(self):
        self.send(CONTENT[:HALF], length=SIZE)
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def garbage_gzip(self):
        self.send(b"garbage" * 99, Content_Encoding="gzip", length="none")

    def too_large(self):
        self.send(CONTENT + bytes(1000))

    def endless(self):
        """Sends without a length until it is stopped."""
        self.send(b"", length="none")
        try:
            while not self.server.stopped.is_set():
                self.wfile.write(bytes(2**16))
                self.server.sent += 2**16
        except OSError:
            pass

    def html_page(self):
        self.send(b"<html>please log in</html>")

    def html_page_without_length(self):
        self.send(b"<html>please log in</html>", length="none")

    def another_range(self):
        """Promises what follows, and sends all from the beginning."""
        self.send(CONTENT, 206, Content_Range=f"bytes 0-{SIZE - 1}/{SIZE}")

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:  # the other side has gone, as it may
            pass

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            pass


@pytest.fixture
def server(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests, server.stopped, server.sent = [], threading.Event(), 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys.modules["datasets.fetch"], "TIMEOUT", (1, 0.2))
    yield server
    server.stopped.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def offered(server, monkeypatch):
    """Makes a set of one file, whose mirrors behave as named."""

    def offer(*mirrors):
        urls = tuple(f"http://127.0.0.1:{server.server_port}/{mirror}/{NAME}" for mirror in mirrors)
        file = OfficialFile(NAME, SIZE, hashlib.sha256(CONTENT).hexdigest(), urls)
        made = OfficialSet("made", (1, 2, 2), ("a", "b"), 1, 1, "none", "made", files=(file,))
        monkeypatch.setitem(OFFICIAL_SETS, "made", made)

    return offer


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# How a mirror fails, what is said of it, and whether what it sent is worth keeping.
FAULTS = [
    ("truncated", "the connection broke off", True),
    ("truncated_without_length", f"sent {HALF:,} bytes; the official file has {SIZE:,}", False),
    ("wrong_hash", "does not match the known hash", False),
    ("redirect_without_end", "302 Found", False),
    ("slow", "nothing came for too long", True),
    ("not_found", "404 Not Found", False),
    ("broken", "500 Internal Server Error", False),
    ("wrong_length", f"offers {SIZE + 10:,} bytes; the official file has {SIZE:,}", False),
    ("reset", "the connection broke off", True),
    ("garbage_gzip", "ContentDecodingError", False),
    ("too_large", f"offers {SIZE + 1000:,} bytes", False),
    ("endless", f"sent more bytes; the official file has {SIZE:,}", False),
    ("html_page", "offers 26 bytes", False),
    ("html_page_without_length", "sent 26 bytes", False),
]


@pytest.mark.parametrize("fault, words, keeps", FAULTS)
def test_a_failing_mirror_is_reported_and_leaves_no_file(fault, words, keeps, offered, server, tmp_path, figures):
    offered(fault)
    start = time.monotonic()
    with pytest.raises(OSError, match=re.escape(f"fetch: {NAME} could not be fetched:")) as raised:
        fetch("made", tmp_path / "set")
    message = str(raised.value)
    assert f"/{fault}/{NAME}: " in message and words in message and "object at 0x" not in message
    assert str(tmp_path / "set") in message and "LAYERWISE_DATA" in message
    left = files(tmp_path / "set")
    assert left.keys() <= ({f"{NAME}.part"} if keeps else set())
    assert all(CONTENT.startswith(part) for part in left.values())
    assert server.sent < 50e6 and time.monotonic() - start < 5
    figures["faults of a download server, each survived"] += 1


@pytest.mark.parametrize("fault", [fault for fault, _, _ in FAULTS])
def test_the_next_mirror_takes_over(fault, offered, tmp_path):
    offered(fault, "good")
    assert fetch("made", tmp_path / "set") == tmp_path / "set"
    assert files(tmp_path / "set") == {NAME: CONTENT}


@pytest.mark.parametrize("mirror", ["good", "redirect"])
def test_what_is_good_comes_and_is_not_fetched_twice(mirror, offered, server, tmp_path):
    offered(mirror)
    fetch("made", tmp_path / "set")
    assert files(tmp_path / "set") == {NAME: CONTENT}
    asked = len(server.requests)
    fetch("made", tmp_path / "set")
    assert len(server.requests) == asked


def test_a_broken_download_goes_on_where_it_ended(offered, server, tmp_path):
    offered("good")
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:1234])
    fetch("made", tmp_path)
    assert [given for _, given in server.requests] == ["bytes=1234-"] and files(tmp_path) == {NAME: CONTENT}


def test_the_same_mirror_is_asked_again_as_long_as_something_comes(offered, server, tmp_path):
    offered("truncated_each_time", "good")
    fetch("made", tmp_path)
    assert [path.split("/")[1] for path, _ in server.requests] == ["truncated_each_time"] * 3 + ["good"]
    starts = [int(given[6:-1]) for _, given in server.requests[1:]]
    assert starts == sorted(set(starts)) and files(tmp_path) == {NAME: CONTENT}


@pytest.mark.parametrize("mirror", ["no_ranges", "another_range"])
def test_a_server_that_begins_anew_does_no_harm(mirror, offered, tmp_path):
    offered(mirror)
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:1234])
    fetch("made", tmp_path)
    assert files(tmp_path) == {NAME: CONTENT}


@pytest.mark.parametrize("part", [b"x" * 1234, b"x" * SIZE, CONTENT + b"x"])
def test_a_spoilt_part_is_thrown_away(part, offered, tmp_path):
    offered("good")
    (tmp_path / f"{NAME}.part").write_bytes(part)
    fetch("made", tmp_path)
    assert files(tmp_path) == {NAME: CONTENT}


def test_a_complete_part_needs_no_network(offered, server, tmp_path):
    offered("good")
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT)
    fetch("made", tmp_path)
    assert server.requests == [] and files(tmp_path) == {NAME: CONTENT}


def test_another_file_of_that_name_is_left_alone(offered, server, tmp_path):
    offered("good")
    (tmp_path / NAME).write_bytes(b"mine")
    with pytest.raises(ValueError, match=f"{NAME} is there, but is not the official file; move it away to have that"):
        fetch("made", tmp_path)
    assert files(tmp_path) == {NAME: b"mine"} and server.requests == []


def test_without_a_network_the_message_says_what_helps(offered, tmp_path, monkeypatch):
    offered("good")
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    known = OFFICIAL_SETS["made"]
    file = OfficialFile(NAME, SIZE, known.files[0].sha256, (f"http://127.0.0.1:{port}/{NAME}",))
    monkeypatch.setitem(OFFICIAL_SETS, "made", OfficialSet("", (1,), ("a",), 1, 1, "", "", files=(file,)))
    with pytest.raises(OSError) as raised:
        fetch("made", tmp_path)
    assert str(raised.value) == (
        f"fetch: {NAME} could not be fetched:\n  {file.urls[0]}: no connection\nWithout a network, copy "
        f"it ({SIZE:,} bytes, sha256 {file.sha256}) into {tmp_path} by other means; or set LAYERWISE_DATA to a folder "
        "that has it"
    )


def test_an_unknown_set_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="fetch: unknown set 'imagenet'; known are mnist, fashion_mnist, cifar10, cif"):
        fetch("imagenet")


def test_without_pooch_the_message_says_what_helps(offered, tmp_path, monkeypatch):
    offered("good")
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ModuleNotFoundError, match=re.escape("in the checkout: pip install -e '.[data]'. Or put the")):
        fetch("made", tmp_path)
