"""Rows of accounts, rights, credentials and policies, as the answers of every provider come to them."""

import json
from typing import Any

from auditor.model.tables import Account, Credential, Grant, Policy
from collectors.reading import Stamp


class Rows:
    """Makes a provider's rows; further columns are told by their names."""

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def account(self, at: Stamp, account: str, kind: str, name: str | None, scope: str, **told: Any) -> Account:
        """Somebody or something that signs in, or a group."""
        return Account(**at, account=account, provider=self.provider, scope=scope, kind=kind, name=name, **told)

    def grant(self, at: Stamp, principal: str, role: str, resource: str, **told: Any) -> Grant:
        """A right on a resource."""
        return Grant(**at, principal=principal, role=role, resource=resource, provider=self.provider, **told)

    def credential(self, at: Stamp, credential: str, kind: str, account: str, **told: Any) -> Credential:
        """What opens an account."""
        return Credential(**at, credential=credential, kind=kind, account=account, provider=self.provider, **told)


def policy(at: Stamp, policy: str, kind: str, attached_to: str, document: Any, name: str = "") -> Policy:
    """A policy, or what is kept as one; a document that is no text yet is written as JSON."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    return Policy(**at, policy=policy, kind=kind, attached_to=attached_to, name=name, document=text)
