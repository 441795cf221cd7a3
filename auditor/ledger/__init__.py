"""Findings, decisions and removals across runs, in one SQLite file."""

from auditor.ledger.book import Ledger
from auditor.ledger.damage import set_aside
from auditor.ledger.records import Decision, Head, Known, Removal, Told, Trend, Verdict

__all__ = ["Decision", "Head", "Known", "Ledger", "Removal", "Told", "Trend", "Verdict", "set_aside"]
