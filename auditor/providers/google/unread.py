"""Places of Google Cloud whose rights may reach a system, and are not in the evidence, or reach nobody knows where."""

from collections.abc import Iterator

from auditor.model.entitlements import Unresolved
from auditor.model.groups import grouped
from auditor.model.tables import Grant
from auditor.providers.google.projects import ProjectTree


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
