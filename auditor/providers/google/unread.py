"""What the evidence does not tell of rights in Google Cloud: which may reach a system, where, and who has them."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from auditor.model.entitlements import IdentityOf, Unresolved
from auditor.model.groups import grouped
from auditor.model.tables import Grant
from auditor.model.vocabulary import ActorClass
from auditor.providers.google.crowds import is_staff
from auditor.providers.google.projects import ProjectTree
from auditor.providers.google.reach import NUMBERED, account_project


def unread(land: ProjectTree) -> Iterator[Unresolved]:
    """What could not be told for want of a place's policy, or of where it lies."""
    yield from _above(land)
    yield from _adrift(land)
    yield from _numbered(land)


def _above(land: ProjectTree) -> Iterator[Unresolved]:
    """Folders and organizations that projects with systems lie in, and whose own policies were not read."""
    with_systems = (one for one in land.projects.values() if land.systems_of(one.id, ()))
    above = ((name, one.id) for one in with_systems for name in one.ancestors if name not in land.seen)
    unseen = grouped((name, project) for name, project in above if name.startswith(("folders/", "organizations/")))
    for name, projects in sorted(unseen.items()):
        reason = f"Rights given on {name} reach into {', '.join(sorted(projects))} and are not in the evidence."
        yield Unresolved.of_account(name, reason, Grant.TABLE)


def _adrift(land: ProjectTree) -> Iterator[Unresolved]:
    """Folders and organizations of which it is unknown what lies in them, where some system's place is unknown too."""
    loose = sorted(one.id for one in land.projects.values() if not one.ancestors and land.systems_of(one.id, ()))
    for name in sorted(land.seen) if loose else ():
        if name.startswith(("folders/", "organizations/")) and not land.under(name):
            reason = f"Rights given on {name} may reach {', '.join(loose)}: what lies in it is not in the evidence."
            yield Unresolved.of_account(name, reason, Grant.TABLE)


def _numbered(land: ProjectTree) -> Iterator[Unresolved]:
    """Projects of which nothing but the number is known, and which may be a system's."""
    numbers, ids = land.unmatched
    for project in numbers if ids else ():
        reason = f"Rights in it are known by its number: whether it is {' or '.join(ids)} is not in the evidence."
        yield Unresolved.of_account(f"projects/{project}", reason, Grant.TABLE)


def unseen_homes(land: ProjectTree, accounts: Iterable[str]) -> Iterator[Unresolved]:
    """Service accounts that can change something, and live in a project whose bindings were not read."""
    for name in sorted(accounts):
        home = account_project(name, {}, land)
        if home and home not in land.seen:
            reason = f"Who can act as it is told by {home}, whose bindings are not in the evidence."
            yield Unresolved.of_account(name, reason, Grant.TABLE)


def unnamed(resources: Iterable[str]) -> Iterator[Unresolved]:
    """Service accounts as which somebody can act, and of which nothing but their number is known."""
    for resource in sorted(filter(NUMBERED.search, resources)):
        reason = "It is named by its number: which account it is, a list of the service accounts tells."
        yield Unresolved.of_account(resource, reason, Grant.TABLE)


def unknown_staff(accounts: Iterable[str], who: IdentityOf) -> Iterator[Unresolved]:
    """Sets of people whose members nothing in the evidence tells."""
    for name in sorted(filter(is_staff, accounts)):
        if who(name).actor_class is ActorClass.UNKNOWN:
            reason = "Who is in it only the identity provider tells that signs them in."
            yield Unresolved.of_account(name, reason, Grant.TABLE)


def uncounted(land: ProjectTree, sets: Mapping[str, str], listed: Collection[str]) -> Iterator[Unresolved]:
    """Sets of all service accounts of a place, some of whose projects listed none of theirs."""
    for name, place in sorted(sets.items()):
        if not set(land.under(place)).issubset(listed):
            reason = f"Which service accounts live in {place} is not all in the evidence."
            yield Unresolved.of_account(name, reason, Grant.TABLE)
