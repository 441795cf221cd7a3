"""Findings, decisions, removals and campaigns across runs, in one SQLite file."""

from auditor.ledger.book import Ledger
from auditor.ledger.damage import set_aside
from auditor.ledger.records import Decision, Head, Known, Notified, Removal, Trend, Verdict

__all__ = ["Decision", "Head", "Known", "Ledger", "Notified", "Removal", "Trend", "Verdict", "set_aside"]
