"""The program around the commands: the only place that turns errors into sentences and exit statuses."""

import atexit
import gc
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from itertools import chain, groupby
from typing import Any, NoReturn

import click

from auditor.cli.terminal.screen import diagnose, say
from auditor.errors import AuditorError, StoreError

INTERRUPTED = 130  # as a shell reports a program that was interrupted
BROKEN_PIPE = 141  # as a shell reports a program whose reader went away
_WHOLE = 1000  # signs of a sentence
_NO_SECTIONS: Mapping[str, Sequence[click.Command]] = {}
MISTAKE = 70  # EX_SOFTWARE: a mistake in the auditor must not look like 1, "findings"


class Commands(click.Group):
    """Commands in the order in which they are defined; a reader that went away ends them quietly.

    Args:
        sections: commands by the heading that `--help` lists them under.
    """

    def __init__(self, *args: Any, sections: Mapping[str, Sequence[click.Command]] = _NO_SECTIONS, **told: Any) -> None:
        super().__init__(*args, **told)
        self._headings = {command.name: heading for heading, some in sections.items() for command in some}
        for command in chain.from_iterable(sections.values()):
            self.add_command(command)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The main one first."""
        del ctx
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each with its whole first sentence; click would cut it to a line."""
        names = self.list_commands(ctx)
        gap = max(map(len, names))
        for heading, some in groupby(names, key=lambda name: self._headings.get(name, "Commands")):
            with formatter.section(heading):
                told = ((name.ljust(gap), self.commands[name].get_short_help_str(limit=_WHOLE)) for name in some)
                formatter.write_dl(list(told))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and write everything out while a broken pipe can still be told from other errors."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _discard_stdout()
            return BROKEN_PIPE
        return result


def _discard_stdout() -> None:
    """What is still to be written would fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def start(cli: click.Group) -> int:
    """Run the command line and give the status to exit with."""
    gc.freeze()  # what is loaded by now stays as long as the program: no garbage is looked for among it
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return _status(cli)


def leave(status: int) -> NoReturn:
    """End the program; to take all that was loaded apart first, object by object, cost a fifth of a question's time.

    What asked to be done at the end is done. A thread that still works, and what cannot be written, is left to Python.
    """
    if threading.active_count() > 1:
        sys.exit(status)
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no other way to ask for them
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except OSError:
        sys.exit(status)
    os._exit(status)


def _status(cli: click.Group) -> int:
    try:
        status = cli.main(prog_name="auditor", standalone_mode=False)
    except click.Abort:
        say("Interrupted. What was stored is whole; run again to go on.", error=True)
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except AuditorError as error:
        diagnose(error)
        return error.exit_status
    except OSError as error:
        _discard_stdout()
        diagnose(StoreError(f"{error.filename or 'The output'} cannot be read or written: {error.strerror or error}."))
        return StoreError.exit_status
    except Exception:  # noqa: BLE001 - otherwise Python would exit with 1, which means findings
        import traceback

        traceback.print_exc()
        say("This is a mistake in the auditor, not in your set-up: please report it.", error=True)
        return MISTAKE
    return status if isinstance(status, int) else 0
