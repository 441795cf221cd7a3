"""The company's GitLab: who belongs to it, what is protected from whom, and its releases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from auditor.demo import issues
from auditor.demo.calendar import DAY, Calendar, clock
from auditor.demo.data import read, shaped
from auditor.demo.gitlab.state import Place, Record, State
from auditor.demo.releases import LASTS, ROBOT, releases

TOKEN = "HARBOUR_GITLAB_TOKEN"
"""The environment variable that holds the audit's token."""
VALUE, MIAS_VALUE = "harbour-shop-demo", "harbour-shop-mia"
ADDRESS = "https://gitlab.harbour.example"
CHECKOUT, OPS = "harbour/checkout", "harbour/ops"
# In the morning, on a working day: the favour that Mia does Nina, and how long it is meant to last.
_FAVOUR, _FAVOUR_LASTS = 3, timedelta(days=30)
# In days: when one that she did before was over.
_FIRST_OVER = 41
_SYSTEM, _TESTS = "checkout", timedelta(minutes=6)


def forge(calendar: Calendar) -> State:
    """Everything that GitLab knows at this night's audit."""
    given = clock(calendar.workday(_FAVOUR), "09:40")
    ends = (given + _FAVOUR_LASTS).date()
    times = {
        "given": _text(given),
        "ends": f"{ends}",
        "ended": f"{calendar.day(_FIRST_OVER)}",
        "removed": _text(calendar.cleaned_up),
        "noticed": _text(clock(calendar.workday(14), "12:00")),
    }
    names = {"token": VALUE, "mias_token": MIAS_VALUE, "checkout": CHECKOUT, "ops": OPS}
    state = read("gitlab.yaml", State, **names, **times)
    (group,), (checkout, ops) = state.groups, state.projects
    for place in (group, checkout, ops):
        place.lists["members"] = list(_members(place, calendar))
        for name in ("issues", "audit_events"):
            place.lists[name] = [one for one in place.lists.get(name, ()) if one["created_at"] < _text(calendar.at)]
    group.lists["projects"] = [checkout.document, ops.document]
    for project, prefix in ((checkout, "PAY"), (ops, "OPS")):
        project.inherited = group.lists["members"]
        found, project.below = issues.issues(prefix, calendar)
        project.lists["issues"].extend(found)
    checkout.below |= _releases(checkout, calendar, {user["username"]: user for user in state.users})
    return state


def _members(place: Place, calendar: Calendar) -> Iterator[Record]:
    """Those who belong to it at this night's audit."""
    for member in place.lists["members"]:
        if isinstance(days := member["created_at"], int):
            member["created_at"] = _text(calendar.told - days * DAY)
        gone = member.pop("gone", None)
        if member["created_at"] < _text(calendar.at) and (gone is None or not calendar.over(gone)):
            yield member


def _releases(place: Place, calendar: Calendar, users: dict[str, Record]) -> dict[tuple[str, int, str], Any]:
    """The pipeline's deployments, each with its merge request and who approved that."""
    below: dict[tuple[str, int, str], Any] = {}
    deployments = place.lists.setdefault("deployments", [])
    pipelines = place.lists.setdefault("pipelines", [])
    requests = place.lists.setdefault("merge_requests", [])
    own = [release for release in releases(calendar) if release.system == _SYSTEM]
    for release in sorted(own, key=attrgetter("begins")):
        number, begins = release.number, release.begins
        told = {"number": number, "project": f"{ADDRESS}/{CHECKOUT}", "ends": _text(begins + LASTS)}
        told |= {"commit": f"{release.chance.getrandbits(160):040x}"}
        source = "push" if release.by == ROBOT else "web"
        deployments.append(shaped("deployment", who=users[release.by], begins=_text(begins), **told))
        pipelines.append(shaped("pipeline", source=source, made=_text(begins - _TESTS), **told))
        request = shaped("request", **told)
        requests.append(request)
        below["deployments", number, "merge_requests"] = [request]
        below["merge_requests", number, "approvals"] = {"approved_by": [{"user": users[release.approver]}]}
    return below


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
