import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.demo.sshd import PROGRAM
from tests import waiting

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not on this machine")
SERVING = """
import signal, sys
from pathlib import Path
from auditor.demo.sshd import sshd
with sshd(Path(sys.argv[1]), []) as server:
    print(server.port, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_with_whoever_runs_it_however_that_ends(tmp_path, ending):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", SERVING, str(tmp_path / "host")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as owner:
        port = int(owner.stdout.readline())
        socket.create_connection(("127.0.0.1", port)).close()
        owner.send_signal(ending)
    waiting.until(lambda: not _answers(port))
    assert not _answers(port)


def _answers(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True
