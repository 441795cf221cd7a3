"""GitHub's keys and tokens to rows. Values of tokens are told to nobody."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.model.tables import Account, Credential, Grant, Row
from auditor.model.vocabulary import AccountKind, Level
from collectors.answers import Answers
from collectors.github.access_shapes import DeployKey, FineGrainedToken, Person
from collectors.reading import Record


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens GitHub without a password."""

    answers: Answers

    def rows(self) -> Iterator[Row]:
        """A credential for each key and token; an account and a grant for each deploy key."""
        for _, member in self.answers.all("members"):
            yield from self._member_keys(member)
        for name, key in self.answers.all("keys"):
            yield from self._deploy_key(name, key)
        for _, token in self.answers.all("tokens"):
            yield self._token(token)

    def _member_keys(self, member: Record[Person]) -> Iterator[Credential]:
        """The keys that a member has published: the same key on a host is theirs."""
        for key in dict.fromkeys(member.value.keys):
            if fingerprint := self.answers.fingerprint(key, member.value.login):
                yield Credential(
                    **member.at,
                    credential=fingerprint,
                    kind="ssh-key",
                    account=f"github:{member.value.login}",
                    provider="github",
                )

    def _deploy_key(self, name: str, record: Record[DeployKey]) -> Iterator[Row]:
        key, account, at = record.value, f"github-deploy-key:{record.value.id}", record.at
        handle = self.answers.handle("deploy-key", path=name, key=str(key.id))
        created = self.answers.times.read(key.created_at, "created_at", account)
        used = self.answers.times.read(key.last_used, "last_used", account)
        yield Account(
            **at,
            account=account,
            provider="github",
            scope=name,
            kind=AccountKind.SERVICE,
            name=key.title or account,
            created_at=created,
            last_used_at=used,
            enabled=key.enabled,
        )
        yield Grant(
            **at,
            principal=account,
            role="deploy key (read)" if key.read_only else "deploy key (write)",
            resource=name,
            provider="github",
            level=Level.READ if key.read_only else Level.WRITE,
            granted_at=created,
            granted_by=f"github:{key.added_by}" if key.added_by else None,
            handle=handle,
        )
        yield Credential(
            **at,
            credential=self.answers.fingerprint(key.key, account) or account,
            kind="ssh-key",
            account=account,
            provider="github",
            resource=name,
            enabled=key.enabled,
            created_at=created,
            last_used_at=used,
            never_used=key.last_used is None,
            comment=key.title or None,
            handle=handle,
        )

    def _token(self, record: Record[FineGrainedToken]) -> Credential:
        """A fine-grained token: it can do no more than its owner."""
        token, account = record.value, f"github:{record.value.owner.login}"
        return Credential(
            **record.at,
            credential=f"github-token:{token.id}",
            kind="token",
            account=account,
            provider="github",
            enabled=not token.token_expired,
            created_at=self.answers.times.read(token.access_granted_at, "access_granted_at", account),
            expires_at=self.answers.times.read(token.token_expires_at, "token_expires_at", account),
            last_used_at=self.answers.times.read(token.token_last_used_at, "token_last_used_at", account),
            never_used=token.token_last_used_at is None,
            comment=token.token_name,
        )
