"""What the auditor asks of a provider, a file for each kind of question; `auditor/providers/base.py` joins them.

Snapshots are of all providers, at the moment that `at` is; events, acts and handles are of this one. Times are UTC.
"""
