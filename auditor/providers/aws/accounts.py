"""AWS's accounts by name: how the configuration may write one, which are AWS's own, and which only machines become."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from msgspec.structs import replace

from auditor.activity.results import Caller, JudgedEvent
from auditor.model.details import as_list, as_objects, details
from auditor.model.groups import grouped
from auditor.model.tables import Account, Policy
from auditor.model.vocabulary import ActorClass
from auditor.model.written import written
from auditor.providers.protocol.names import SUBJECT, AccountName, SessionName

IDENTITY_CENTER = "identity-center:"
IDENTITY_CENTER_GROUP = "identity-center-group:"
OF_IDENTITY_CENTER = (IDENTITY_CENTER, IDENTITY_CENTER_GROUP)
RESERVED = "/AWSReservedSSO_"
PERMISSION_SET = ":permissionSet/"
PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_SESSION = re.compile(r"arn:(aws[\w-]*):sts::(\d*):assumed-role/([^/]+)/(.+)")
# How other accounts' logs tell it: the role's id alone.
_ELSEWHERE = re.compile(r"AROA[A-Z0-9]{12,}:(.+)")
# A role, a user or a session; what they are declared by beside the ARN that their account has.
_BY_ANOTHER_NAME = re.compile(rf"arn:aws[\w-]*:iam:|A(?:ID|RO)A[A-Z0-9]|{IDENTITY_CENTER}")
# A user of Identity Center as its directory has it: by ARN, within the store, or by the id alone.
_OF_DIRECTORY = re.compile(
    rf"(?:arn:aws[\w-]*:identitystore:.*:user/|{IDENTITY_CENTER}d-\w+/|(?=[\da-f-]+$))"
    r"((?:[\da-f]{10}-)?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})",
    re.IGNORECASE,
)
_FEDERATED = re.compile(r"arn:aws[\w-]*:sts::\d*:federated-user/(.+)")
_WITH_PATH = re.compile(r"(arn:aws[\w-]*:iam::\d*:(?:role|user)/).+/([^/]+)")
# What only AWS can have made: a service, or a role linked to one.
_OWN = re.compile(r".*/aws-service-role/.*|.*\.amazonaws\.com|AWS Internal")
# EC2 and ECS name the session that they hand an instance or a task after that.
_MACHINE = re.compile(r"i-[0-9a-f]{8,17}|[0-9a-f]{32}")

# Who signs people in, beside pipelines and clusters.
_OF_PEOPLE = re.compile(
    r"accounts\.google\.com|cognito-identity\.|graph\.facebook|www\.amazon\.|login\.microsoftonline\.|sts\.windows\."
    r"|[^/]*(?:okta|oktapreview|auth0|onelogin|jumpcloud|pingidentity)\.com|[^:]*/realms/"
)
_CLUSTER = re.compile(r":oidc-provider/oidc\.eks\.[\w-]+\.amazonaws\.com")


@cache
def balancers() -> frozenset[str]:
    """AWS's own accounts as which load balancers write their logs into buckets."""
    return frozenset(written(__package__, "balancers", dict[str, str]).values())


def account_name(account: str) -> AccountName | None:
    """An ARN, a service's name or a user of Identity Center; sessions and paths may be named by their role alone."""
    own = _OWN.fullmatch(account)
    if not own and not account.startswith(("arn:", IDENTITY_CENTER)):
        return None
    opened = _SESSION.fullmatch(account)
    shorter = _role_of(opened) if opened else _without_path(account)
    return AccountName(
        tuple(dict.fromkeys((account, shorter))),
        is_role=":role/" in account,
        short=_short(account) if account.startswith("arn:") else None,
        actor_class=ActorClass.ROOT if account.endswith(":root") else ActorClass.PROVIDER if own else None,
        any_case=True,
    )


def _short(arn: str) -> str:
    """`role/deploy`, and `root of 111122223333`: each account has one."""
    *_, account, name = arn.rsplit(":", 2)
    return f"root of {account}" if name == "root" else name


def in_full(declared: Iterable[str], rows: Iterable[Account]) -> Mapping[str, str]:
    """The accounts as rows have them of those that are declared by another name.

    That is a user's or role's id, also with a session behind it (`AROA…:name`), an ARN without its path or in another
    case, all sessions of a role, or somebody in Identity Center by user name or by the directory's ARN.
    """
    plain = {text: _plain(text) for text in declared}
    known = {row.account: row for row in rows if row.account.startswith(("arn:", IDENTITY_CENTER))}
    sought = {text: name for text, name in plain.items() if name not in known and _BY_ANOTHER_NAME.match(name)}
    names = grouped((name.casefold(), row.account) for row in known.values() for name in _names(row)) if sought else {}
    found = {text: name for text, name in plain.items() if name != text}
    for text, name in sought.items():
        start, _, session = name.partition(":") if name.startswith("A") else (name, "", "")
        accounts = names.get(_without_path(start).casefold(), ())
        if len(accounts) == 1:
            found[text] = _session_of(accounts[0], session) if session else accounts[0]
    return found


def _plain(declared: str) -> str:
    """A declared account as it is told most simply: all sessions of a role are the role."""
    if user := _OF_DIRECTORY.fullmatch(declared):
        return f"{IDENTITY_CENTER}{user[1]}"
    whole = declared.removesuffix(":*") if declared.startswith("AROA") else declared
    every = _SESSION.fullmatch(whole) if whole.endswith("/*") else None
    return _role_of(every) if every and every[4] == "*" else whole


def _names(row: Account) -> Iterator[str]:
    """What a row's account may be declared by beside its own name."""
    if row.unique_id:
        yield row.unique_id
    yield _without_path(row.account) if row.account.startswith("arn:") else f"{IDENTITY_CENTER}{row.name}"


def partition(event: JudgedEvent) -> str:
    """The part of AWS that an event is of, by its caller, as ARNs name it: `aws`, `aws-cn`."""
    start, _, rest = (event.actor or "").partition(":")
    return rest.partition(":")[0] if start == "arn" else PARTITIONS[0]


def session(actor: str) -> SessionName | None:
    """A session's name; Identity Center names a role's after the user, EC2 after the instance, ECS after the task."""
    match = _SESSION.fullmatch(actor) or _ELSEWHERE.fullmatch(actor) or _FEDERATED.fullmatch(actor)
    if match is None:
        return None
    name = match[match.re.groups]
    directory = IDENTITY_CENTER if match.re is _SESSION and f"/{match[3]}".startswith(RESERVED) else None
    return SessionName(name, directory, is_machine=_MACHINE.fullmatch(name) is not None)


def workload(caller: Caller) -> str | None:
    """A token's subject, unless an issuer gives tokens to people; the issuer alone, or that it is an instance.

    A trail that leaves out reads has not the subject, but tells the issuer in every call.
    """
    name = caller.on_behalf_of or ""
    issuer = (caller.account if caller.actor_kind == "WebIdentityUser" else name) or ""
    host = issuer.rpartition(":oidc-provider/")[2]
    if name.startswith(IDENTITY_CENTER) or _OF_PEOPLE.match(host):
        return None
    if caller.actor_kind == "WebIdentityUser":
        return name or None
    if ":oidc-provider/" in name:
        return f"token of {host}"
    return name if SUBJECT.fullmatch(name) else None


def issuer(member: str) -> str | None:
    """The host of an issuer of tokens that a role trusts, unless it gives them to people."""
    host = member.rpartition(":oidc-provider/")[2] if ":oidc-provider/" in member else ""
    return host.partition(":")[0] if host and not _OF_PEOPLE.match(host) else None


def with_name(caller: Caller, named: Callable[[str], str | None]) -> Caller:
    """A user or a role's session of another account, of which its log gives the id alone (`AIDA…`, `AROA…:name`)."""
    unique_id, _, name = (caller.actor or "").partition(":")
    account = named(unique_id) if caller.actor_kind == "AWSAccount" and unique_id.startswith(("AIDA", "AROA")) else None
    if account is None:
        return caller
    return replace(caller, account=account, actor=_session_of(account, name) if name else account)


def _without_path(arn: str) -> str:
    return _WITH_PATH.sub(r"\1\2", arn)


def _role_of(opened: re.Match[str]) -> str:
    return f"arn:{opened[1]}:iam::{opened[2]}:role/{opened[3]}"


def _session_of(role: str, name: str) -> str:
    home, _, path = role.partition(":role/")
    return f"{home.replace(':iam:', ':sts:')}:assumed-role/{path.rpartition('/')[2]}/{name}"


def names_caller(account: str, declares: Callable[[str], bool]) -> bool:
    """Of a caller from another account its number alone may be told: anybody of ours, where people have users there."""
    kind, _, number = account.partition(":")
    return kind != "aws-account" or not any(declares(f"arn:{partition}:iam::{number}:") for partition in PARTITIONS)


def machine_roles(policies: Iterable[Policy]) -> frozenset[str]:
    """Roles that AWS's services may become and nobody else: no person opens a session of theirs."""
    return frozenset(row.attached_to for row in policies if row.kind == "trust" and _only_services(row.document))


def _only_services(document: str) -> bool:
    statements = as_objects(as_list(details(document).get("Statement")))
    allowed = [one for one in statements if one.get("Effect") == "Allow"]
    return bool(allowed) and all(_is_service(one.get("Principal")) for one in allowed)


def _is_service(principal: Any) -> bool:
    """Whether a principal is a service, or whatever a cluster of the account gives tokens to."""
    if not isinstance(principal, dict) or not set(principal) <= {"Service", "Federated"}:
        return False
    issuers = principal.get("Federated", [])
    return all(_CLUSTER.search(str(one)) for one in ([issuers] if isinstance(issuers, str) else issuers))
