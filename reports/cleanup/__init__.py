"""The cleanup script and its undo, made from findings."""

from reports.cleanup.script import Cleanup, write_cleanup

__all__ = ["Cleanup", "write_cleanup"]
