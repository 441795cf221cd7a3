"""The command line: parses, calls, prints and exits. What a command needs is imported when it is called."""

import gc
import os
from typing import NoReturn


def main() -> NoReturn:
    """The `auditor` program."""
    collect_seldom()
    # No plugin of pydantic's takes part in reading the configuration; to look for one, every package's list is read.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    from auditor.cli.commands import cli
    from auditor.cli.terminal.program import leave, start

    leave(start(cli))


def collect_seldom() -> None:
    """Have garbage looked for seldom: modules and rows are many objects that stay, and it cost a tenth of a command.

    A question to the evidence is answered before there are so many.
    """
    gc.set_threshold(200_000, 20, 100)
