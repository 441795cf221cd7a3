"""Rights over SSH: every key in an authorized_keys file is a way into its login on its host."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, Identity
from auditor.model.findings import pointer
from auditor.model.tables import Credential, Grant
from auditor.model.vocabulary import Capability, Level
from auditor.providers.rights import Rights
from auditor.providers.systems import Systems

# One option of an authorized_keys line: a word, or a word with a quoted value in which \" is a quote.
_OPTION = re.compile(r'([A-Za-z0-9-]+)(?:="((?:[^"\\]|\\.)*)")?')
_SHELL = frozenset({Capability.SHELL})
_DEPLOY = frozenset({Capability.DEPLOY})
# What opens a login by itself; a certificate authority's line opens it for whom it signs.
_KINDS = ("ssh-key", "certificate", "password")
FORWARDED = "PermitOpen"
"""The role of a grant by which a login's ports are forwarded to a place that sshd names."""
SUDO = "sudo"
"""The role of a grant that lets a login run commands as root; at level admin, any command."""


def ssh_access(config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
    """Who reaches which system through SSH at a moment: one path for each key in each login of each host.

    A key of somebody known is theirs wherever it stands; any other key is its login's. Hosts of no system give none,
    and neither do keys that have expired. A login that sudo lets run anything is root's equal, where the host's rules
    are known; a forced command keeps its key from that. `who` gives the identity behind an account.
    """
    held = [grant for grant in rows.grants if grant.provider == "ssh"]
    lines = {_place(grant, grant.principal): grant for grant in held}
    free = {grant.principal: grant for grant in held if grant.role == SUDO and grant.level == Level.ADMIN}
    places = Systems(config)
    opening = list(_open(rows.credentials, at))
    systems = {host: places.of("ssh", host, None) for host in {key.resource or "" for key in opening}}
    found = [
        _access(key, lines.get(_place(key, key.account)), free.get(key.account), system, who)
        for key in opening
        if (system := systems[key.resource or ""])
    ]
    opened = [grant for grant in held if grant.role == FORWARDED]
    for key in opening:
        line = lines.get(_place(key, key.account))
        for grant in (grant for grant in opened if grant.principal == key.account):
            host = grant.resource.rpartition(":")[0].strip("[]")
            if (system := places.of("ssh", host, None)) and _may_forward(key, grant.resource):
                found.append(_forwarded(_access(key, line, None, system, who), grant, host))
    return Rights(access=tuple(found))


def _may_forward(key: Credential, place: str) -> bool:
    """Whether a line of authorized_keys leaves its key the forwarding that sshd allows."""
    options = _OPTION.findall((key.options or "").lower())
    names = {name for name, _ in options}
    places = [value for name, value in options if name == "permitopen"]
    barred = "no-port-forwarding" in names or ("restrict" in names and "port-forwarding" not in names)
    return not barred and (not places or place.lower() in places)


def _forwarded(path: Entitlement, grant: Grant, host: str) -> Entitlement:
    """What a login reaches behind its host: the port, and what an account of what listens there lets it do."""
    return replace(
        path,
        scope=host,
        capabilities=frozenset({Capability.READ_DATA, Capability.WRITE_DATABASE}),
        level=Level.WRITE,
        unrestricted=False,
        path=(*path.path, f"sshd forwards to {grant.resource} (PermitOpen)"),
        resource=host,
        conditions=(*path.conditions, f"only with an account of what listens at {grant.resource}"),
        evidence=(*path.evidence, pointer(grant)),
    )


def _open(credentials: Iterable[Credential], at: datetime) -> Iterator[Credential]:
    """The keys that open a host now."""
    for credential in credentials:
        host = credential.resource
        if credential.provider != "ssh" or credential.kind not in _KINDS or host is None or not credential.enabled:
            continue
        if credential.expires_at and credential.expires_at <= at:
            continue
        yield credential


def _access(
    credential: Credential, grant: Grant | None, sudo: Grant | None, system: str, who: Callable[[str], Identity]
) -> Entitlement:
    login, host = credential.account.removeprefix("ssh:").partition("@")[0], credential.resource or ""
    options = _options(credential.options)
    asked = tuple(grant.condition.split("; ")) if grant and grant.condition else ()
    forced = "command" in options or any(one.startswith("only to run ") for one in asked)
    through_sudo = sudo if login != "root" and not forced else None
    is_root = not forced and (login == "root" or through_sudo is not None)
    held = _DEPLOY if forced else frozenset(Capability) - {Capability.MANAGE_BILLING} if is_root else _SHELL
    key = "a password" if credential.kind == "password" else f"key {credential.credential.removeprefix('ssh-key:')}"
    path = (key, f"login {login} on {host}")
    handle = (grant and grant.handle) or credential.handle
    return Entitlement(
        identity=_holder(credential, who),
        account=credential.account,
        provider="ssh",
        scope=host,
        system=system,
        capabilities=held,
        level=Level.ADMIN if is_root else Level.WRITE,
        unrestricted=is_root,
        path=(*path, f"root through sudo: {through_sudo.condition}") if through_sudo else path,
        resource=host,
        credential=credential.credential,
        expires_at=credential.expires_at,
        conditions=(*_conditions(options), *asked),
        granted_at=grant.granted_at if grant else None,
        last_used_at=credential.last_used_at,
        ticket=grant.ticket if grant else None,
        written=(credential.comment,),
        handles=(handle,) if handle else (),
        evidence=(pointer(credential), *([pointer(through_sudo)] if through_sudo else ())),
    )


def _holder(credential: Credential, who: Callable[[str], Identity]) -> Identity:
    """The key's owner; the login's where nobody is known to own the key."""
    owner = who(credential.credential)
    known = owner.person or owner.owner or owner.candidates
    return owner if known else who(credential.account)


def _options(text: str | None) -> dict[str, str]:
    """The options of an authorized_keys line by name, in lower case; the first of a name counts, as it does to sshd."""
    found: dict[str, str] = {}
    for name, value in _OPTION.findall(text or ""):
        found.setdefault(name.lower(), value.replace('\\"', '"'))
    return found


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
