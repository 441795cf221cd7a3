"""The real aws, gcloud and gitlab without the second that each takes to import itself: a call is a fork of one of them.

A signal to the group of a call does not reach the fork: where a program is killed, the test starts the program itself.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests import waiting

BIN = Path(sys.executable).parent
SERVER, CLIENT = (Path(__file__).with_name(name) for name in ("server.py", "client.py"))


@contextmanager
def forked():
    """Gives a function from a program's name to a folder for PATH in which calls of it are forks."""
    started = {}
    with tempfile.TemporaryDirectory() as folder:

        def folder_of(name):
            if name not in started:
                started[name] = _start(name, Path(folder, name))
            return Path(folder, name)

        try:
            yield folder_of
        finally:
            for process in started.values():
                process.stdin.close()
                process.stdout.close()
                process.wait(timeout=waiting.LIMIT)


def _start(name, folder):
    folder.mkdir()
    socket, program = folder / "socket", folder / name
    environment, command = dict(os.environ), [sys.executable, SERVER, BIN / name, socket]
    if name == "gcloud":
        # It brings its own Python, and starts that with its script after these.
        environment["CLOUDSDK_PYTHON_ARGS"] = f"-S {SERVER}"
        command = [shutil.which(name), socket]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
    )
    assert process.stdout.readline() == "ready\n"
    words = [sys.executable, "-IS", str(CLIENT), str(socket)]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    program.chmod(0o700)
    return process
