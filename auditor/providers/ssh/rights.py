"""Rights over SSH: every key in an authorized_keys file is a way into its login on its host."""

import re
from collections.abc import Callable, Iterable, Iterator
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
    paths = (
        _access(
            credential, lines.get(_place(credential, credential.account)), free.get(credential.account), system, who
        )
        for credential, system in _open(config, rows.credentials, at)
    )
    return Rights(access=tuple(paths))


def _open(config: Config, credentials: Iterable[Credential], at: datetime) -> Iterator[tuple[Credential, str]]:
    """The keys that open a system's host now, with the system."""
    places = Systems(config)
    systems: dict[str, str | None] = {}
    for credential in credentials:
        host = credential.resource
        if credential.provider != "ssh" or credential.kind not in _KINDS or host is None or not credential.enabled:
            continue
        if credential.expires_at and credential.expires_at <= at:
            continue
        if host not in systems:
            systems[host] = places.of("ssh", host, None)
        system = systems[host]
        if system:
            yield credential, system


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
