"""The company's GitLab: who belongs to it, what is protected from whom, and a month of releases."""

from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from auditor.demo import issues
from auditor.demo.calendar import DAY, Calendar, clock
from auditor.demo.data import read
from auditor.demo.gitlab.state import Place, Record, State
from auditor.demo.releases import LASTS, ROBOT, Release, releases

TOKEN = "HARBOUR_GITLAB_TOKEN"
"""The environment variable that holds the audit's token."""
VALUE = "harbour-shop-demo"
ADDRESS = "https://gitlab.harbour.example"
CHECKOUT, OPS = "harbour/checkout", "harbour/ops"
_PROJECT = 71
# In the morning, on a working day: the favour that Mia does Nina, and how long it is meant to last.
_FAVOUR, _FAVOUR_LASTS = 10, timedelta(days=30)
_SYSTEM, _TESTS = "checkout", timedelta(minutes=6)


def forge(calendar: Calendar) -> State:
    """Everything that GitLab knows at this night's audit."""
    given = clock(calendar.workday(_FAVOUR), "09:40")
    ends = (given + _FAVOUR_LASTS).date()
    times = {"given": _text(given), "ends": f"{ends}", "noticed": _text(clock(calendar.workday(14), "12:00"))}
    state = read("gitlab.yaml", State, token=VALUE, checkout=CHECKOUT, ops=OPS, **times)
    (group,), (checkout, ops) = state.groups, state.projects
    for place in (group, checkout, ops):
        for member in place.lists["members"]:
            if isinstance(days := member["created_at"], int):
                member["created_at"] = _text(calendar.first - days * DAY)
    group.lists["projects"] = [checkout.document, ops.document]
    for project, prefix in ((checkout, "PAY"), (ops, "OPS")):
        project.inherited = group.lists["members"]
        found, project.below = issues.issues(prefix, calendar)
        project.lists.setdefault("issues", []).extend(found)
    checkout.below |= _releases(checkout, calendar, {user["username"]: user for user in state.users})
    return state


def _releases(place: Place, calendar: Calendar, users: dict[str, Record]) -> dict[tuple[str, int, str], Any]:
    """The pipeline's deployments, each with its merge request and who approved that."""
    below: dict[tuple[str, int, str], Any] = {}
    deployments = place.lists.setdefault("deployments", [])
    pipelines = place.lists.setdefault("pipelines", [])
    requests = place.lists.setdefault("merge_requests", [])
    own = [release for release in releases(calendar) if release.system == _SYSTEM]
    for release in sorted(own, key=attrgetter("begins")):
        number = release.number
        deployments.append(_deployment(release, users[release.by]))
        pipelines.append(_pipeline(release))
        request = {"iid": number, "web_url": f"{ADDRESS}/{CHECKOUT}/-/merge_requests/{number}"}
        requests.append(request)
        below["deployments", number, "merge_requests"] = [request]
        below["merge_requests", number, "approvals"] = {"approved_by": [{"user": users[release.approver]}]}
    return below


def _pipeline(release: Release) -> Record:
    """Its tests take six minutes before the release itself begins."""
    return {
        "id": release.number,
        "iid": release.number,
        "project_id": _PROJECT,
        "status": "success",
        "source": "push" if release.by == ROBOT else "web",
        "ref": "main",
        "sha": _commit(release),
        "web_url": f"{ADDRESS}/{CHECKOUT}/-/pipelines/{release.number}",
        "created_at": _text(release.begins - _TESTS),
        "updated_at": _text(release.begins + LASTS),
    }


def _commit(release: Release) -> str:
    return f"{release.chance.getrandbits(160):040x}"


def _deployment(release: Release, who: Record) -> Record:
    number, begins, ends = release.number, release.begins, release.begins + LASTS
    pipeline = {"id": number, "web_url": f"{ADDRESS}/{CHECKOUT}/-/pipelines/{number}"}
    return {
        "id": number,
        "iid": number,
        "created_at": _text(begins),
        "updated_at": _text(ends),
        "status": "success",
        "ref": "main",
        "sha": _commit(release),
        "user": who,
        "environment": {"id": 1, "name": "production"},
        "deployable": {
            "id": number,
            "status": "success",
            "started_at": _text(begins),
            "finished_at": _text(ends),
            "user": who,
            "pipeline": pipeline,
        },
    }


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
