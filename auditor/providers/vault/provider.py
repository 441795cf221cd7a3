"""What keeps secrets, as the auditor asks it."""

import re

from auditor.activity.results import JudgedEvent
from auditor.model.vocabulary import ActorClass, Capability
from auditor.providers.base import StatedProvider
from auditor.providers.protocol.names import AccountName

_ITEM = re.compile(r"(vault-item:[0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
# What acts of HashiCorp Vault take, by what they are about.
_TAKES = {
    "secret": Capability.MANAGE_SECRETS,
    "secret-id": Capability.MANAGE_SECRETS,
    **dict.fromkeys(
        ("auth-method", "identity", "login-role", "policy", "root-token", "token"), Capability.MANAGE_ACCESS
    ),
    **dict.fromkeys(("audit-device", "mount", "server", "settings"), Capability.MANAGE_INFRASTRUCTURE),
}
_READS = ("vault:read-", "vault:list-")


class Vault(StatedProvider):
    """Password managers, and HashiCorp Vault."""

    TITLE = "vault"
    NOT_READ = (
        "who may open an item: only who did",
        "items of people's own vaults",
        "which part of an item an edit changed",
        "HashiCorp Vault's policies, roles and tokens: who may read a secret, and what a change of them gave",
        "tokens of HashiCorp Vault that were made with another, but for the entity that their maker is of",
    )
    VOUCHES_BY = "whom the vault names"

    def account_name(self, account: str) -> AccountName | None:
        """An item, in capitals or not, or a caller of a server, which may be left out: `vault:userpass-nina`.

        Bitwarden's items go by the beginning of their id: an export has no more. A root token is nobody's.
        """
        if account.startswith("vault-item:"):
            match = _ITEM.fullmatch(account)
            return AccountName(((match[1] if match else account).casefold(),))
        if not account.startswith("vault:"):
            return None
        name = account.removeprefix("vault:")
        plain, at, _ = name.rpartition("@")
        actor_class = ActorClass.ROOT if (plain or name) == "root" else None
        everywhere = (f"vault:{plain}",) if at else ()
        # Behind the way that somebody signed in stands the address that it vouches for.
        behind = plain.partition("-")[2]
        user = behind if "@" in behind and not plain.startswith("token-") else plain
        return AccountName((account, *everywhere), actor_class=actor_class, short=plain or name, user=user or None)

    def capabilities(self, action: str) -> frozenset[Capability]:
        """By what a write is about: `vault:update-policy`; to read a secret is to read data."""
        about = action.partition("-")[2]
        if action.startswith(_READS):
            return frozenset({Capability.READ_DATA} if about in ("credentials", "secret") else ())
        return frozenset({_TAKES[about]} if about in _TAKES else ())

    def narrows_trail(self, event: JudgedEvent) -> bool:
        """To take an audit device away; what one was set to stays until then."""
        return super().narrows_trail(event) and event.action.startswith("vault:delete-")
