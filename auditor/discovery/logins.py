"""Every login, robot and role that the evidence tells of, with what it is known by."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct, field

from auditor.case.case import Case
from auditor.model.tables import Account
from auditor.model.vocabulary import AccountKind, ActorClass
from auditor.providers.registry import account_name, provider

_WORDS = re.compile(r"[a-z]+")
_ROBOTS = """
agent ansible api app auditor automation autoscaler backup backups bot broker cd ci cron datadog deploy deployer
deployment exporter github gitlab grafana jenkins job lambda mailer metrics monitor monitoring nagios pipeline
prometheus release releases robot runner sa scheduler sentry service ses smtp svc sync system task terraform worker
"""
_IMAGES = "admin azureuser bitnami centos core debian ec2-user fedora opc root rocky ubuntu vagrant"
_MACHINE = frozenset(_ROBOTS.split())
_SEALED = re.compile(r"break.?glass|glass|emergency|fire.?(?:call|fight)", re.IGNORECASE)
# Logins that images come with: whoever has a key may be behind them.
_ANYBODYS = frozenset(_IMAGES.split())
_KEY = "ssh-key:"
_KEYS, _FEW = "-key", 8


class Login(Struct):
    """A login as auditor.yaml names it, with what the evidence tells of it.

    Args:
        handle: what whoever uses it is called there.
        keys: the SSH keys that open it, or that are registered for it, with their comments.
        last_used: when, and from which address where that is known.
    """

    account: str
    handle: str
    kind: str
    email: str | None = None
    name: str | None = None
    enabled: bool | None = None
    keys: dict[str, str] = field(default_factory=dict)
    last_used: datetime | None = None
    address: str | None = None
    changes: int = 0

    @property
    def is_sealed(self) -> bool:
        """Whether its name says that it is for emergencies."""
        return bool(_SEALED.search(self.handle))

    @property
    def is_machine(self) -> bool:
        """Whether it is a robot's: its provider says so, or its name does."""
        return self.kind == AccountKind.SERVICE or named_like_machine(self.handle)

    @property
    def is_anybodys(self) -> bool:
        """Whether it is a login that images come with."""
        return self.handle in _ANYBODYS


def named_like_machine(name: str) -> bool:
    """Whether a name has a word that people give to robots."""
    return bool(_MACHINE & set(_WORDS.findall(name.casefold())))


def logins_of(case: Case) -> list[Login]:
    """Every account that somebody may sign in as; groups, root and the providers' own are none."""
    used = _last_used(case)
    found: dict[str, Login] = {}
    for row in case.accounts:
        if row.kind not in (AccountKind.GROUP, AccountKind.ROOT, AccountKind.ROLE) and _is_own(case, row.account):
            login = _login(row.account, row.kind, row.name, row.email)
            _use(found.setdefault(login.account, login), row, used.get(row.account))
    for account in _unlisted(case):
        login = _login(account, AccountKind.UNKNOWN)
        login.last_used, login.address, login.changes = used[account]
        found.setdefault(login.account, login)
    for key in case.credentials:
        if key.credential.startswith(_KEY) and (login_of := found.get(_written(key.account))):
            login_of.keys.setdefault(key.credential, key.comment or "")
    for episode in case.episodes:
        if (episode.credential or "").startswith(_KEY) and (login_of := found.get(_written(episode.account or ""))):
            login_of.keys.setdefault(str(episode.credential), "")
    return sorted(found.values(), key=lambda login: login.account)


def _is_own(case: Case, account: str) -> bool:
    who = case.who(account).actor_class
    return who not in (ActorClass.PROVIDER, ActorClass.ROOT) and not account_name(account).workload_of


def _unlisted(case: Case) -> Iterator[str]:
    """Accounts that did something where nobody lists who may; of roles only robots."""
    listed = {(row.provider, row.scope) for row in case.accounts}
    for one in case.episodes:
        account, did = one.account, one.logins or one.changes or one.reads
        if not (account and did) or (one.provider, one.scope) in listed or not _is_own(case, account):
            continue
        if not account_name(account).is_role or named_like_machine(account.rpartition("/")[2]):
            yield account


def roles_of(case: Case, members: Mapping[str, Iterable[str]]) -> Iterator[tuple[Account, str | None, str | None]]:
    """Roles that robots become: each with whose token opens it, or which of the provider's services runs as it."""
    for row in case.accounts:
        whose = case.who(row.account).actor_class
        if row.kind != AccountKind.ROLE or whose is ActorClass.PROVIDER:
            continue
        known = list(members.get(row.account, ()))
        issuer = next((one for member in known if (one := provider(row.provider).issuer(member))), None)
        services = (one for one in known if account_name(one).actor_class is ActorClass.PROVIDER)
        if issuer or whose is ActorClass.SERVICE or named_like_machine(row.name or ""):
            yield row, issuer, next(services, "").partition(".")[0] or None


def _login(account: str, kind: str, name: str | None = None, email: str | None = None) -> Login:
    written, known = _written(account), account_name(account)
    address = email or known.email
    handle = known.user or written.rpartition("/")[2].rpartition(":")[2]
    if "@" in handle:
        address, handle = address or handle, handle.partition("@")[0]
    own = name if name and " " in name else None
    if written.partition(":")[0].endswith(_KEYS):
        # What stands beside a key is what somebody calls it: a person, or a laptop.
        handle, own = (name or written.partition(":")[2][:_FEW]).casefold(), None
    return Login(written, handle, kind, email=address and address.casefold(), name=own)


def _written(account: str) -> str:
    """As auditor.yaml names it best: a login of hosts for all of them, everything else whole."""
    known = account_name(account)
    return known.spellings[-1] if known.login or known.user else known.spellings[0]


def _use(login: Login, row: Account, used: tuple[datetime, str | None, int] | None) -> None:
    login.enabled = row.enabled if login.enabled is None else login.enabled or row.enabled is not False
    times = [(time, address) for time, address in ((row.last_used_at, None), (used or (None, None, 0))[:2]) if time]
    for time, address in times:
        if login.last_used is None or time > login.last_used or (address and not login.address):
            login.last_used, login.address = max(time, login.last_used or time), address or login.address
    login.changes += used[2] if used else 0


def _last_used(case: Case) -> Mapping[str, tuple[datetime, str | None, int]]:
    used: dict[str, tuple[datetime, str | None, int]] = {}
    for episode in sorted(case.episodes, key=lambda one: one.ends_at):
        if episode.account:
            before = used.get(episode.account, (None, None, 0))[2]
            used[episode.account] = (episode.ends_at, next(iter(episode.source_ips), None), before + episode.changes)
    return used
