"""Rights over SSH: every key in an authorized_keys file is a way into its login on its host."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, IdentityOf, Unresolved
from auditor.model.few import few
from auditor.model.findings import pointer
from auditor.model.groups import grouped
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.tables import Credential, Grant
from auditor.model.vocabulary import EVERYTHING, Capability, Level
from auditor.providers.rights import Rights, holder_of
from auditor.providers.ssh.forwarding import FORWARDED, ONLY_FORWARDS, forwarded
from auditor.providers.ssh.options import forced_capabilities, opens_shell, options_of
from auditor.providers.systems import Systems

_SHELL = frozenset({Capability.SHELL})
# What opens a login by itself; a certificate authority's line opens it for whom it signs.
_KINDS = ("ssh-key", "certificate", "password")
SUDO = "sudo"
"""The role of a grant that lets a login run commands as root; at level admin, any command."""
EQUAL = "root-equal"
"""The role of a grant by which a login is root: it has its number, or a group that speaks to a daemon which is root."""
PRINCIPALS = "authorized_principals"
"""The role of a grant that lets in whoever has a certificate in which they are called so."""
_MOST_NAMES = 5
GROUPS = frozenset({"docker", "lxd", "incus-admin", "disk"})
"""Whoever is in one mounts or reads the host's own file system, through a daemon that is root or by itself."""
RUNS = "only to run "
BELOW = "only below "
"""How what a grant asks for begins, where a command is forced on the login, or a folder is its whole world."""


def ssh_access(config: Config, rows: Snapshots, who: IdentityOf, at: datetime) -> Rights:
    """Who reaches which system through SSH at a moment: one path for each key in each login of each host.

    A key of somebody known is theirs wherever it stands; any other key is its login's. Hosts of no system give none,
    and neither do keys that have expired. A login that sudo lets run anything is root's equal, where the host's rules
    are known; a forced command keeps its key from that. `who` gives the identity behind an account.
    """
    held = [grant for grant in rows.grants if grant.provider == "ssh"]
    lines = {_place(grant, grant.principal): grant for grant in held}
    free = {row.principal: row for row in held if row.role in (SUDO, EQUAL) and row.level == Level.ADMIN}
    places = Systems(config)
    opened = grouped((grant.principal, grant) for grant in held if grant.role == FORWARDED)
    found: list[Entitlement] = []
    behind: list[Entitlement] = []
    signed: list[Credential] = []
    for key in open_doors(rows.credentials, at):
        path = _access(key, lines.get(_place(key, key.account)), free.get(key.account), who)
        if path.capabilities and (system := places.of("ssh", key.resource or "", None)):
            found.append(replace(path, system=system))
            if key.kind == "certificate":
                signed.append(key)
        behind += forwarded(key, path, opened[key.account])
    return Rights(access=tuple(found), forwarded=tuple(behind), unresolved=tuple(_unlisted(signed, held)))


def _unlisted(signed: Iterable[Credential], grants: Iterable[Grant]) -> Iterator[Unresolved]:
    """Who has the certificates of an authority: whoever it signs for, which its hosts do not know."""
    files = [row for row in grants if row.role == PRINCIPALS]
    for key, lines in sorted(grouped((line.credential, line) for line in signed).items()):
        hosts = {line.resource or "" for line in lines}
        where = few(sorted(hosts), _MOST_NAMES)
        listed = {row.principal.removeprefix("ssh-principal:") for row in files if row.resource in hosts}
        asked = (options_of(line.options).get("principals", "") for line in lines)
        listed |= {name for one in asked for name in one.split(",") if name}
        names = f"; it lets in those who are called {few(sorted(listed), _MOST_NAMES)} in theirs" if listed else ""
        yield Unresolved(
            subject=Subject(kind=SubjectKind.LOG, thing=key, label=f"who has certificates of {key}"),
            reason=f"sshd on {where} trusts this authority, and no source reads for whom it signs{names}",
            tables=(Grant.TABLE,),
        )


def open_doors(credentials: Iterable[Credential], at: datetime) -> Iterator[Credential]:
    """The keys that open a host now."""
    for credential in credentials:
        host = credential.resource
        if credential.provider != "ssh" or credential.kind not in _KINDS or host is None or not credential.enabled:
            continue
        if not credential.lasts(at):
            continue
        yield credential


def _access(credential: Credential, grant: Grant | None, root: Grant | None, who: IdentityOf) -> Entitlement:
    """What a key lets do on its host; nothing where it only forwards ports, or holds the connection."""
    login, host = credential.account.removeprefix("ssh:").partition("@")[0], credential.resource or ""
    options = options_of(credential.options)
    asked = tuple(grant.condition.split("; ")) if grant and grant.condition else ()
    # sshd's own command counts before that of the line.
    commands = [one.removeprefix(RUNS) for one in asked if one.startswith(RUNS)]
    forced = next(iter([*commands, *([options["command"]] if "command" in options else [])]), None)
    forced = None if opens_shell((forced or "").removesuffix(" (ForceCommand)").strip()) else forced
    shut_in = forced is not None or any(one.startswith(BELOW) for one in asked)
    equal = root if login != "root" and not shut_in else None
    is_root = forced is None and (login == "root" or equal is not None)
    held = EVERYTHING - {Capability.MANAGE_BILLING} if is_root else _SHELL
    if ONLY_FORWARDS in asked:
        held = frozenset()
    elif forced is not None:
        held = forced_capabilities(forced)
    key = "a password" if credential.kind == "password" else f"key {credential.credential.removeprefix('ssh-key:')}"
    path = (key, f"login {login} on {host}")
    handle = (grant and grant.handle) or credential.handle
    return Entitlement(
        identity=holder_of(credential, who),
        account=credential.account,
        provider="ssh",
        scope=host,
        system=None,
        capabilities=held,
        level=Level.ADMIN if is_root else Level.READ if held == {Capability.READ_DATA} else Level.WRITE,
        unrestricted=is_root,
        path=(*path, f"root through {'sudo: ' if equal.role == SUDO else ''}{equal.condition}") if equal else path,
        resource=host,
        credential=credential.credential,
        expires_at=credential.expires_at,
        conditions=(*_conditions(options), *asked),
        granted_at=grant.granted_at if grant else None,
        last_used_at=credential.last_used_at,
        ticket=grant.ticket if grant else None,
        written=(credential.comment,),
        handles=(handle,) if handle else (),
        evidence=(pointer(credential), *([pointer(equal)] if equal else ())),
    )


def _conditions(options: dict[str, str]) -> tuple[str, ...]:
    """What the line asks for, in words."""
    said = []
    if options.get("from"):
        said.append(f"only from {options['from']}")
    if "command" in options:
        said.append(f"only to run {options['command']}")
    elif "no-pty" in options or ("restrict" in options and "pty" not in options):
        said.append("without a terminal")
    return tuple(said)


def _place(row: Credential | Grant, account: str) -> tuple[str, str, int, str]:
    # One line can open several logins.
    return (row.source, row.origin, row.record, account)
