"""GitLab's keys and tokens to rows. Values of tokens are never told by the API, and never kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.model.handles import write_handle
from auditor.model.tables import Account, Credential, Grant, Row
from auditor.model.vocabulary import AccountKind, Level
from collectors.gitlab.access_shapes import DeployKey, DeployToken, LastUse, SshKey, Token
from collectors.gitlab.found import Found
from collectors.reading import Problems, Record, shaped
from collectors.ssh.authorized_keys import fingerprint
from collectors.tickets.fields import Times


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything that opens GitLab without a password.

    Args:
        server: its address, for handles.
        found: answers by part and by the group or project that they are about.
        usernames: by user id.
    """

    server: str
    found: Found
    usernames: Mapping[int, str]
    times: Times
    problems: Problems

    def rows(self) -> Iterator[Row]:
        """A credential for each key and token; an account and a grant for each deploy key and deploy token."""
        yield from self._user_keys()
        seen: set[int] = set()
        for path, said in self._each("deploy-keys"):
            yield from self._deploy_key(path, said, first=said.value.id not in seen)
            seen.add(said.value.id)
        for path, said in self._each("tokens"):
            yield self._token(path, said)
        for _, said in self._each("personal-tokens"):
            yield self._token(None, said)
        for path, said in self._each("deploy-tokens"):
            yield self._deploy_token(path, said)

    def _each(self, part: str) -> Iterator[tuple[str, Record[Any]]]:
        return ((path, said) for path in self.found.of(part) for said in self.found.once(part, path))

    def _user_keys(self) -> Iterator[Row]:
        for said in self.found.all("users"):
            user = said.value.user if isinstance(said.value.user, dict) else {}
            name = user.get("username")
            keys = said.value.keys if isinstance(said.value.keys, list) else []
            for _, key in shaped(keys, SshKey, self.problems, f"{name}'s keys"):
                handle = write_handle("gitlab", "user-key", self.server, user=str(user.get("id")), key=str(key.id))
                yield self._ssh_key(said, key, f"gitlab:{name}", None, handle)

    def _ssh_key(
        self, said: Record[Any], key: SshKey | DeployKey, account: str, resource: str | None, handle: str
    ) -> Credential:
        return Credential(
            **said.at,
            credential=self._print(key),
            kind="ssh-key",
            account=account,
            provider="gitlab",
            resource=resource,
            created_at=self.times.read(key.created_at, "created_at", account),
            expires_at=self.times.read(key.expires_at, "expires_at", account),
            last_used_at=self._used(key.last_used_at, account),
            never_used=key.last_used_at is None,
            comment=key.title or None,
            handle=handle,
        )

    def _used(self, said: LastUse, account: str) -> datetime | None:
        return self.times.read(said, "last_used_at", account) if isinstance(said, str) else None

    def _print(self, key: SshKey | DeployKey) -> str:
        """The key's fingerprint; its number where it is no key."""
        words = key.key.split()
        try:
            return f"ssh-key:{fingerprint(words[0], words[1])}"
        except (ValueError, IndexError):
            self.problems.note("an SSH key has no fingerprint", f"key {key.id}")
            return f"gitlab-key:{key.id}"

    def _deploy_key(self, path: str, said: Record[DeployKey], *, first: bool) -> Iterator[Row]:
        """One key may open several projects; it is one account."""
        key = said.value
        account = f"gitlab-deploy-key:{key.id}"
        handle = write_handle("gitlab", "project-key", self.server, path=path, key=str(key.id))
        if first:
            yield Account(
                **said.at,
                account=account,
                provider="gitlab",
                scope=path,
                kind=AccountKind.SERVICE,
                name=key.title or account,
                created_at=self.times.read(key.created_at, "created_at", account),
                last_used_at=self._used(key.last_used_at, account),
                enabled=True,
            )
        yield Grant(
            **said.at,
            principal=account,
            role="deploy key (write)" if key.can_push else "deploy key (read)",
            resource=path,
            provider="gitlab",
            level=Level.WRITE if key.can_push else Level.READ,
            granted_at=self.times.read(key.created_at, "created_at", account),
            expires_at=self.times.read(key.expires_at, "expires_at", account),
            handle=handle,
        )
        yield self._ssh_key(said, key, account, path, handle)

    def _token(self, path: str | None, said: Record[Token]) -> Credential:
        """A project's or group's token belongs to the bot that GitLab makes for it."""
        token = said.value
        name = self.usernames.get(token.user_id)
        account = f"gitlab:{name}" if name else f"gitlab-user:{token.user_id}"
        owner = "personal" if path is None else "project" if path in self.found.of("project") else "group"
        return Credential(
            **said.at,
            credential=f"gitlab-token:{token.id}",
            kind="token",
            account=account,
            provider="gitlab",
            resource=path,
            enabled=token.active and not token.revoked,
            created_at=self.times.read(token.created_at, "created_at", account),
            expires_at=self.times.read(token.expires_at, "expires_at", account),
            last_used_at=self._used(token.last_used_at, account),
            never_used=token.last_used_at is None,
            comment=f"{token.name} ({', '.join(token.scopes)})",
            handle=write_handle("gitlab", f"{owner}-access-token", self.server, path=path, token=str(token.id)),
        )

    def _deploy_token(self, path: str, said: Record[DeployToken]) -> Credential:
        token = said.value
        account = f"gitlab:{token.username}"
        return Credential(
            **said.at,
            credential=f"gitlab-deploy-token:{token.id}",
            kind="token",
            account=account,
            provider="gitlab",
            resource=path,
            enabled=not (token.revoked or token.expired),
            expires_at=self.times.read(token.expires_at, "expires_at", account),
            comment=f"{token.name} ({', '.join(token.scopes)})",
            handle=write_handle("gitlab", "deploy-token", self.server, path=path, token=str(token.id)),
        )
