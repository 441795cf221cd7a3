"""What files of GitHub look like: exports of the audit log; members and collaborators, which are read live."""

import re

from collectors.recognise import Recognised

_ENTRY = (re.compile(r'"action": ?"[a-z0-9_]+\.[a-z0-9_]+"'), re.compile(r'"(?:@timestamp|created_at)": ?\d{10}'))
_ACTOR = re.compile(r'"(?:actor|org|_document_id)": ?"')
_HOLDER = re.compile(r'\s*\[\s*\{\s*"login": ?"')
_LIVE = "who holds what on GitHub is read live: `auditor init --github ORGANISATION`, beside this folder"


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this."""
    del name
    if _HOLDER.match(head) and '"id":' in head:
        return Recognised("github-access", "github", "", lacks=_LIVE)
    if all(mark.search(head) for mark in (*_ENTRY, _ACTOR)):
        return Recognised("github-activity", "github-log", "audit_log")
    return None
