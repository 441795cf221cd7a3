"""Logging to stderr: readable lines on a terminal, one JSON object a line anywhere else."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from reports.words import shown


def set_up(level: str) -> None:
    """Send everything that is logged, by the libraries too, to stderr; worker processes call it as well."""
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(_Readable() if sys.stderr.isatty() else _Json())
    # What libraries log below a warning holds what they send, and secrets with it.
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, logging.getLevelName(level.upper())), force=True)
    logging.captureWarnings(capture=True)
    for ours in ("auditor", "collectors", "reports"):
        logging.getLogger(ours).setLevel(level.upper())
    # What it logs, errors too, holds addresses with the secrets in them.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)


class _Readable(logging.Formatter):
    """For people. Names and messages come from outside; nothing of them may steer a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """A line, and a traceback below it."""
        at = datetime.fromtimestamp(record.created, UTC)
        lines = [f"{at:%Y-%m-%d %H:%M:%S}Z {record.levelname.lower():<8} {record.getMessage()} [{record.name}]"]
        if record.exc_info:
            lines += self.formatException(record.exc_info).splitlines()
        return "\n".join(map(shown, lines))


class _Json(logging.Formatter):
    """For programs."""

    def format(self, record: logging.LogRecord) -> str:
        """An object with `event`, `level`, `logger` and `timestamp` (UTC); `exception` is a traceback."""
        told = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class _Stderr:
    """Whatever `sys.stderr` is when a line is written: progress bars put something else there while they are drawn."""

    def write(self, text: str) -> int:
        return _stream().write(text)

    def flush(self) -> None:
        _stream().flush()


def _stream() -> TextIO:
    return sys.stderr
