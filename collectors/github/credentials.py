"""GitHub's keys and tokens to rows. Values of tokens are told to nobody."""

from collections.abc import Iterator

from msgspec import Struct

from auditor.model.tables import Credential, Row
from auditor.model.vocabulary import AccountKind, Level
from collectors.access_answers import Answers
from collectors.github.access_shapes import DeployKey, FineGrainedToken, Person
from collectors.reading import Record


class Credentials(Struct, frozen=True):
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
                yield self.answers.credential(member.at, fingerprint, "ssh-key", f"github:{member.value.login}")

    def _deploy_key(self, name: str, record: Record[DeployKey]) -> Iterator[Row]:
        key, account, at = record.value, f"github-deploy-key:{record.value.id}", record.at
        handle = self.answers.handle("deploy-key", path=name, key=str(key.id))
        lived, name_of = self.answers.lived(key, account), key.title or account
        yield self.answers.account(at, account, AccountKind.SERVICE, name_of, name, enabled=key.enabled, **lived)
        does, level = ("read", Level.READ) if key.read_only else ("write", Level.WRITE)
        by = f"github:{key.added_by}" if key.added_by else None
        told = {"granted_at": lived.get("created_at"), "granted_by": by, "handle": handle}
        yield self.answers.grant(at, account, f"deploy key ({does})", name, level=level, **told)
        known = {"resource": name, "enabled": key.enabled, "comment": key.title or None, "handle": handle}
        fingerprint = self.answers.fingerprint(key.key, account) or account
        yield self.answers.credential(at, fingerprint, "ssh-key", account, key, **known)

    def _token(self, record: Record[FineGrainedToken]) -> Credential:
        """A fine-grained token: it can do no more than its owner."""
        token, account = record.value, f"github:{record.value.owner.login}"
        known = {"enabled": not token.token_expired, "comment": token.token_name}
        return self.answers.credential(record.at, f"github-token:{token.id}", "token", account, token, **known)
