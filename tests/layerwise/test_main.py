"""The program as a whole."""

import subprocess
import sys


def test_a_reader_that_reads_no_further_is_no_error():
    """As in ``layerwise lab list | head``."""
    command = [sys.executable, "-m", "layerwise", "lab", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1
