"""Google's principals as rows name them: `user:…`, `serviceAccount:…`, `group:…`, `principal://…`."""

import re

from auditor.model.vocabulary import AccountKind
from collectors.rows import Rows

GCP = Rows("gcp")
"""Makes Google Cloud's rows."""

ANYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
_KINDS = {
    "user": AccountKind.PERSON,
    "serviceAccount": AccountKind.SERVICE,
    "group": AccountKind.GROUP,
    "domain": AccountKind.GROUP,
    "principalSet": AccountKind.UNKNOWN,
    "principal": AccountKind.UNKNOWN,
}
# Members of storage policies that stand for whoever holds a basic role on a project.
_BASIC = re.compile(r"project(?:Owner|Editor|Viewer):.+")
# Sets of a company's own: of what it signs in elsewhere, and of the service accounts that live somewhere.
_SET = re.compile(
    r"principalSet://(?:iam\.googleapis\.com/locations/global/workforcePools/|cloudresourcemanager\.googleapis\.com/).+"
)


def kind_of(member: str) -> AccountKind | None:
    """What a member of a binding is; None for what is no account: anybody, deleted ones, holders of basic roles."""
    if member in ANYBODY or is_deleted(member) or _BASIC.fullmatch(member):
        return None
    if _SET.fullmatch(member):
        return AccountKind.GROUP
    return _KINDS.get(member.split(":", 1)[0], AccountKind.UNKNOWN)


def is_deleted(member: str) -> bool:
    """Whether Google keeps the member only as the shadow of somebody who was deleted."""
    return member.startswith("deleted:")


def member(text: str) -> str:
    """A member with its e-mail address in lower case: Google does not tell cases apart."""
    kind, colon, name = text.partition(":")
    return f"{kind}:{name.lower()}" if colon and kind in ("user", "serviceAccount", "group", "domain") else text


def of_email(email: str) -> str:
    """The member that an e-mail address is: a service account by its domain, else a user."""
    address = email.lower()
    return f"serviceAccount:{address}" if address.endswith("gserviceaccount.com") else f"user:{address}"


def email_of(account: str) -> str | None:
    """The e-mail address in a member."""
    kind, _, name = account.partition(":")
    return name if kind in ("user", "serviceAccount", "group") and "@" in name else None
