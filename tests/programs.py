"""The program, called where it is: what it prints and how it exits, without the second that a process takes to start."""

import sys
import tempfile
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from auditor.cli.commands import cli
from auditor.cli.terminal.program import start


def called(*arguments: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the program in a folder; files stand in for both streams, as under cron."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        mock.patch.dict("os.environ", environment, clear=True),
        mock.patch.object(sys, "argv", ["auditor", *arguments]),
        chdir(folder),
    ):
        with redirect_stdout(out), redirect_stderr(errors):
            status = _exit_status()
        for stream in (out, errors):
            stream.seek(0)
        return status, out.read(), errors.read()


def _exit_status() -> int:
    try:
        return start(cli)
    except SystemExit as ended:
        return int(ended.code or 0)
