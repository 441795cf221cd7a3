"""The command line: parses, calls, prints and exits. What a command needs is imported when it is called."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """The `auditor` program."""
    collect_seldom()
    from auditor.cli.commands import cli
    from auditor.cli.terminal.program import start

    start(cli)


def collect_seldom() -> None:
    """Have garbage looked for seldom: modules and rows are many objects that stay, and it cost a tenth of a command.

    A question to the evidence is answered before there are so many.
    """
    gc.set_threshold(200_000, 20, 100)
