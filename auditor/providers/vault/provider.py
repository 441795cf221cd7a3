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
        """An item, known by the beginning of its id: an export of Bitwarden has no more."""
        match = _ITEM.fullmatch(account)
        return AccountName((match[1].lower(),)) if match else None
