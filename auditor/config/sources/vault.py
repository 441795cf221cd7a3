"""Sources of what keeps secrets: who opened which, and when."""

from typing import Literal, Self

from pydantic import Field, model_validator

from auditor.config.base import Name, Text, Variable, WebAddress, optional
from auditor.config.sources.base import Source

SECRETS = "secrets"
"""Fed by those of whose activity each account is a secret that somebody opened or changed; no table of its own."""


class VaultEvents(Source):
    """A password manager's events: which item was opened or changed, by whom."""

    FEEDS = ("activity", SECRETS)
    ONE_OF = ("url", "path")
    BESIDE = (("url", "token_env"),)

    kind: Literal["vault-events"]
    service: Literal["1password", "bitwarden"] = Field(description="whose events they are")
    url: WebAddress | None = optional(
        "address of the API, such as https://events.1password.com or https://api.bitwarden.com"
    )
    token_env: Variable | None = optional(
        "name of the environment variable that holds 1Password's token or Bitwarden's client secret; required with url"
    )
    client_env: Variable | None = optional(
        "name of the environment variable that holds Bitwarden's client id (`organization.…`)"
    )
    path: Text | None = optional("file or folder of saved answers or exports, JSON or CSV")

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if self.url and self.service == "bitwarden" and not self.client_env:
            raise ValueError("expected client_env beside url")
        return self


class VaultAudit(Source):
    """HashiCorp Vault's audit log: who read which secret, and who changed who may."""

    FEEDS = ("activity",)

    kind: Literal["vault-audit"]
    instance: Name = Field(description="what `resources` and accounts call the server or cluster")
    path: Text = Field(description="file or folder of what an audit device wrote, JSON lines")
