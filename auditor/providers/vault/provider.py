"""Password managers as the auditor asks them."""

import re

from auditor.providers.base import StatedProvider
from auditor.providers.protocol.names import AccountName

_ITEM = re.compile(r"(vault-item:[0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class Vault(StatedProvider):
    """Password managers."""

    TITLE = "vault"
    NOT_READ = (
        "who may open an item: only who did",
        "items of people's own vaults",
        "which part of an item an edit changed",
    )
    VOUCHES_BY = "the address of a vault's member"

    def account_name(self, account: str) -> AccountName | None:
        """An item, in capitals or not; Bitwarden's by the beginning of its id: an export has no more."""
        if not account.startswith("vault-item:"):
            return None
        match = _ITEM.fullmatch(account)
        return AccountName(((match[1] if match else account).casefold(),))
