"""Ids of tickets in what people write."""

import re

TICKET = re.compile(r"(?<![\w/-])(?:[A-Z][A-Z0-9]{0,9}-\d+|[A-Z]{2,6}\d{4,10}|[\w./-]{0,200}#\d+)(?![\w-])")
"""As trackers write them: `PAY-27`, `ops#12`, `INC0012345`."""
