"""Whether hosts allow acts: the login by its own key, and what sudo lets it run."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import as_object, details
from auditor.model.groups import grouped
from auditor.model.tables import Grant
from auditor.model.vocabulary import Level
from auditor.providers.permitted import Permitted, all_of, allowed, any_of, not_known
from auditor.providers.ssh.rights import EQUAL, SUDO, open_doors

_HOST_JOB = "host-job"
_SIGNING_IN = "ssh:"
_IN_THE_SESSION = ("sftp:",)


def ssh_permitted(config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime) -> Sequence[Permitted]:
    """Whether each login would be let in by the key that it came with, and what it ran as another be allowed."""
    del config
    hosts = _Hosts(rows, at)
    return [hosts.permits(act) for act in acts]


class _Hosts:
    def __init__(self, rows: Snapshots, at: datetime) -> None:
        self._doors = grouped((row.account, row) for row in open_doors(rows.credentials, at))
        self._elsewhere = {row.credential: row for row in rows.credentials if row.provider != "ssh" and row.enabled}
        self._rights = grouped(
            (grant.principal, grant) for grant in rows.grants if grant.provider == "ssh" and grant.role in (SUDO, EQUAL)
        )
        self._knows_sudo = {grant.resource for found in self._rights.values() for grant in found if grant.role == SUDO}
        self._asks_a_program = {
            row.attached_to
            for row in rows.policies
            if row.kind == "sshd" and _key_program(details(row.document)).lower() not in ("", "none")
        }

    def permits(self, act: UsedAct) -> Permitted:
        """Whether it is let in, and what it did in the session allowed."""
        if act.actor_kind == _HOST_JOB:
            return allowed("a job of the host itself")
        entry = any_of(self._entries(act))
        if act.action.startswith((_SIGNING_IN, *_IN_THE_SESSION)):
            return entry
        return all_of((entry, self._as_another(act)))

    def _entries(self, act: UsedAct) -> Iterator[Permitted]:
        """The ways by which it may have come in."""
        account = act.account or ""
        login, _, host = account.removeprefix("ssh:").rpartition("@")
        doors = [*self._doors[account], *self._doors[f"ssh:*@{host}"]]
        for door in doors:
            if door.kind == "certificate":
                yield not_known("whether a certificate let it in is not told by the key in the log", door.credential)
            elif act.credential == door.credential:
                yield allowed(f"the key {door.credential.removeprefix('ssh-key:')} of login {login}")
            elif act.credential is None and door.kind == "password":
                yield allowed(f"a password of login {login}")
            elif act.credential is None:
                yield not_known("the log does not name the key that it came in by", door.credential)
        if (row := self._elsewhere.get(act.credential or "")) is not None:
            place = (row.resource or row.account).rpartition("/")[2]
            yield not_known(f"its key stands in {place} as well: whether that opens {host} cannot be told", place)
        if host in self._asks_a_program:
            yield not_known(f"sshd on {host} asks a program for keys, which cannot be listed")

    def _as_another(self, act: UsedAct) -> Permitted:
        """Whether it may run something as somebody else."""
        account = act.account or ""
        host = account.rpartition("@")[2]
        if account.startswith("ssh:root@") or any(one.role == EQUAL for one in self._rights[account]):
            return allowed("it is root")
        if not act.action.startswith(f"{SUDO}:"):
            return not_known(f"what {act.action.partition(':')[0]} lets it do is not in the evidence")
        if host not in self._knows_sudo:
            return not_known(f"sudo's rules of {host} are not in the evidence")
        return any_of(_by_rule(one) for one in self._rights[account])


def _by_rule(rule: Grant) -> Permitted:
    words = f"sudo: {rule.condition}"
    if rule.level == Level.ADMIN:
        return allowed(words)
    return not_known(f"whether it is what {words} lets run cannot be told", words)


def _key_program(document: dict[str, object]) -> str:
    found = as_object(document.get("settings")).get("authorizedkeyscommand")
    return str((found[0] if isinstance(found, list) and found else found) or "")
