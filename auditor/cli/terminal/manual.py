"""The man page, from the commands themselves."""

import inspect
from collections.abc import Iterator

import click


def manual(program: click.Group, version: str) -> str:
    """The whole program as one page for man, section 1."""
    above = click.Context(program, info_name="auditor", **program.context_settings)
    short = program.get_short_help_str(80).rstrip(".")
    lines = [f'.TH AUDITOR 1 "" "auditor {version}"', ".SH NAME", f"auditor \\- {_text(short)}"]
    lines += [".SH SYNOPSIS", r"\fBauditor\fR [\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGUMENTS\fR]", ".SH OPTIONS"]
    lines += [*_options(program, above), ".SH COMMANDS"]
    for name in program.list_commands(above):
        command = program.commands[name]
        context = click.Context(command, info_name=name, parent=above)
        lines.append(f'.SS "auditor {_text(" ".join((name, *command.collect_usage_pieces(context))))}"')
        lines += _paragraphs(command.help or "")
        lines += _options(command, context)
    lines += [".SH EXIT STATUS", *_paragraphs((program.epilog or "").removeprefix("Exit status: "))]
    return "\n".join([*lines, ""])


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for option in command.get_params(context):
        if record := option.get_help_record(context):
            yield from (".TP", rf"\fB{_text(record[0])}\fR", _text(record[1]))


def _paragraphs(help_: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(help_).split("\n\n"):
        yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str) -> str:
    """Words as roff takes them: nothing in them is a command or an escape."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
