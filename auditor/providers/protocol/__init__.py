"""What the auditor asks of a provider, a file for each kind of question; `auditor/providers/base.py` joins them."""
