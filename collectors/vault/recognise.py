"""What saved events of password managers look like."""

import re

from collectors.recognise import Recognised

_ONE = re.compile(r'"item_uuid"\s*:|"actor_details"\s*:.*"object_type"\s*:', re.DOTALL)
_OTHER = re.compile(r'"actingUserId"\s*:')


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    is_table = name.endswith(".csv") and "useremail" in head.partition("\n")[0].lower() and "Cipher_" in head
    if not (is_table or name.endswith((".json", ".jsonl"))):
        return None
    service = "bitwarden" if is_table or _OTHER.search(head) else "1password" if _ONE.search(head) else None
    return Recognised("vault-events", "vault", "path", folder=True, settings={"service": service}) if service else None
