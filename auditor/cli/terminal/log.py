"""Structured logging to stderr: readable lines on a terminal, one JSON object a line anywhere else."""

import logging
import os
import sys
from typing import Any, TextIO

import structlog

from reports.words import shown


def set_up(level: str) -> None:
    """Send everything that is logged, by the libraries too, to stderr; worker processes call it as well."""
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(_formatter())
    # What libraries log below a warning holds what they send, and secrets with it.
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, logging.getLevelName(level.upper())), force=True)
    logging.captureWarnings(capture=True)
    for ours in ("auditor", "collectors", "reports"):
        logging.getLogger(ours).setLevel(level.upper())
    # What it logs, errors too, holds addresses with the secrets in them.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _printable(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Names and messages come from outside; nothing of them may steer a terminal."""
    del logger, method
    return {key: shown(value) if isinstance(value, str) else value for key, value in event.items()}


_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def _formatter() -> logging.Formatter:
    renderer: tuple[structlog.typing.Processor, ...]
    if sys.stderr.isatty():
        colours = not os.environ.get("NO_COLOR")
        renderer = (_printable, structlog.dev.ConsoleRenderer(colors=colours))
    else:
        renderer = (
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )


class _Stderr:
    """Whatever `sys.stderr` is when a line is written: progress bars put something else there while they are drawn."""

    def write(self, text: str) -> int:
        return _stream().write(text)

    def flush(self) -> None:
        _stream().flush()


def _stream() -> TextIO:
    return sys.stderr
