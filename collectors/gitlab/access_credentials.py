"""GitLab's keys and tokens to rows. Values of tokens are never told by the API, and never kept."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from auditor.model.tables import Account, Credential, Row
from auditor.model.vocabulary import AccountKind, Level
from collectors.gitlab.access_answers import AccessAnswers
from collectors.gitlab.access_shapes import DeployKey, DeployToken, Runner, SshKey, Token, Trigger, UserAnswer
from collectors.reading import Record, shaped


class Credentials(Struct, frozen=True):
    """Everything that opens GitLab without a password."""

    answers: AccessAnswers

    def rows(self) -> Iterator[Row]:
        """A credential for each key and token; an account and a grant for each deploy key and deploy token."""
        for _, user in self.answers.all("users"):
            yield from self._user_keys(user)
        accounts: set[int] = set()
        for path, key in self._each("deploy-keys"):
            if key.value.id not in accounts:
                accounts.add(key.value.id)
                yield self._deploy_account(path, key)
            yield from self._deploy_key(path, key)
        for path, token in self._each("tokens"):
            yield self._token(path, token)
        for _, token in self._each("personal-tokens"):
            yield self._token(None, token)
        for path, deploy_token in self._each("deploy-tokens"):
            yield self._deploy_token(path, deploy_token)
        for path, trigger in self._each("triggers"):
            yield self._trigger(path, trigger)
        runners: set[int] = set()
        for path, runner in self.answers.all("runners"):
            # Runners of the whole server are its operator's.
            if runner.value.runner_type != "instance_type":
                yield from self._runner(path, runner, known=runner.value.id in runners)
                runners.add(runner.value.id)

    def _each(self, part: str) -> Iterator[tuple[str, Record[Any]]]:
        yield from {(path, record.value.id): (path, record) for path, record in self.answers.all(part)}.values()

    def _user_keys(self, record: Record[UserAnswer]) -> Iterator[Row]:
        user = record.value.user if isinstance(record.value.user, dict) else {}
        name = user.get("username")
        for _, key in shaped(record.value.keys, SshKey, self.answers.problems, f"{name}'s keys"):
            handle = self.answers.handle("user-key", user=str(user.get("id")), key=str(key.id))
            yield self._ssh_key(record, key, f"gitlab:{name}", None, handle)

    def _ssh_key(self, record: Record[Any], key: SshKey, account: str, resource: str | None, handle: str) -> Credential:
        # Its number where it is no key.
        name = self.answers.fingerprint(key.key, f"key {key.id}") or f"gitlab-key:{key.id}"
        told = {"resource": resource, "comment": key.title or None, "handle": handle}
        return self.answers.credential(record.at, name, "ssh-key", account, key, **told)

    def _deploy_account(self, path: str, record: Record[DeployKey]) -> Account:
        """One key may open several projects; it is one account."""
        key, account = record.value, f"gitlab-deploy-key:{record.value.id}"
        lived = self.answers.lived(key, account) | {"enabled": True}
        lived.pop("expires_at", None)
        return self.answers.account(record.at, account, AccountKind.SERVICE, key.title or account, path, **lived)

    def _deploy_key(self, path: str, record: Record[DeployKey]) -> Iterator[Row]:
        key, account = record.value, f"gitlab-deploy-key:{record.value.id}"
        handle = self.answers.handle("project-key", path=path, key=str(key.id))
        does, level = ("write", Level.WRITE) if key.can_push else ("read", Level.READ)
        lived = self.answers.lived(key, account)
        told = {"granted_at": lived.get("created_at"), "expires_at": lived.get("expires_at"), "handle": handle}
        yield self.answers.grant(record.at, account, f"deploy key ({does})", path, level=level, **told)
        yield self._ssh_key(record, key, account, path, handle)

    def _token(self, path: str | None, record: Record[Token]) -> Credential:
        """A project's or group's token belongs to the bot that GitLab makes for it."""
        token = record.value
        name = self.answers.usernames.get(token.user_id)
        account = f"gitlab:{name}" if name else f"gitlab-user:{token.user_id}"
        owner = "personal" if path is None else "project" if path in self.answers.owners("project") else "group"
        known = {"enabled": token.active and not token.revoked, "comment": _called(token)}
        handle = self.answers.handle(f"{owner}-access-token", path=path, token=str(token.id))
        return self._opens(record, "token", account, path, handle=handle, **known)

    def _deploy_token(self, path: str, record: Record[DeployToken]) -> Credential:
        token, handle = record.value, self.answers.handle("deploy-token", path=path, token=str(record.value.id))
        known = {"enabled": not (token.revoked or token.expired), "comment": _called(token)}
        return self._opens(record, "deploy-token", f"gitlab:{token.username}", path, handle=handle, **known)

    def _trigger(self, path: str, record: Record[Trigger]) -> Credential:
        """Whoever has it starts pipelines as its owner."""
        trigger = record.value
        account = f"gitlab:{trigger.owner.username}" if trigger.owner else f"gitlab-trigger:{trigger.id}"
        return self._opens(record, "trigger", account, path, comment=trigger.description)

    def _opens(self, record: Record[Any], kind: str, account: str, path: str | None, **told: Any) -> Credential:
        name = f"gitlab-{kind}:{record.value.id}"
        return self.answers.credential(record.at, name, "token", account, record.value, resource=path, **told)

    def _runner(self, path: str, record: Record[Runner], *, known: bool) -> Iterator[Row]:
        """A machine of the team's that runs a project's jobs; it may run those of several."""
        runner, account = record.value, f"gitlab-runner:{record.value.id}"
        if not known:
            name, enabled = runner.description or account, not runner.paused
            yield self.answers.account(record.at, account, AccountKind.SERVICE, name, path, enabled=enabled)
        role = "group runner" if runner.runner_type == "group_type" else "project runner"
        yield self.answers.grant(record.at, account, role, path, level=Level.WRITE)


def _called(token: Token | DeployToken) -> str:
    return f"{token.name} ({', '.join(token.scopes)})"
