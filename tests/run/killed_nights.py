"""Nights that are killed. One line on stdin, `folder hook kill`, is one run in a process of its own, forked from one that
has been through a night. Its argument is the reports that each writes.

The process kills itself with SIGKILL just before it writes or calls out for the `kill`th time; 0 lets it end. Answers on
stdout, a line of JSON each, with the exit status and what it was about to do each time.
"""

import json
import os
import signal
import sqlite3
import sys
import tempfile
from pathlib import Path

import apprise

from tests import nightly
from tests.programs import called

FILES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "shutil.rmtree", "tempfile.mkstemp"}
CALLS = {"socket.connect", "subprocess.Popen"}
CONNECT = sqlite3.connect
ARGUMENTS = ("run", "--json", "--at", nightly.FIRST.isoformat(), "--workers", "1", "--reports", sys.argv[1])


def count_down(kill, done):
    """Note what is about to be written or called, and die before the chosen one."""

    def point(name):
        done.append(name)
        if len(done) == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(text):
        if text.lower().startswith(("begin", "commit")):
            point(f"ledger: {text.lower()[:6]}")

    def hook(name, args):
        if name in FILES or name in CALLS:
            point(name)
        elif name == "open" and (args[2] or 0) & (os.O_WRONLY | os.O_RDWR) and "/proc/" not in str(args[0]):
            point("open")

    def connect(*arguments, **options):
        connection = CONNECT(*arguments, **options)
        connection.set_trace_callback(statement)
        return connection

    sqlite3.connect = connect
    sys.addaudithook(hook)


def in_peace():
    """A night that nobody kills, so that those that are forked later need not import, compile and look up all of it."""
    with tempfile.TemporaryDirectory() as folder:
        company = nightly.harbour_shop(Path(folder, "company"))
        status, _, errors = called(*ARGUMENTS, folder=company.folder, environment=nightly.surroundings())
    assert (status, errors) == (0, "")
    # That loads its plugins; to send something would start threads, and those are gone after a fork.
    assert apprise.Apprise().add("json://127.0.0.1/")


def main():
    in_peace()
    for line in sys.stdin:
        folder, address, kill = line.split()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            done = []
            with os.fdopen(writer, "w") as answer:  # before the counting: it is no write of the run's
                count_down(int(kill), done)
                environment = nightly.surroundings(HOOK=address)
                status, out, errors = called(*ARGUMENTS, folder=Path(folder), environment=environment)
                json.dump({"status": status, "stdout": out, "stderr": errors, "done": done}, answer)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            said = answer.read()
        _, status = os.waitpid(child, 0)
        print(said or json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
