"""The company's GitLab: who belongs to it, what is protected from whom, and a month of releases."""

from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from auditor.demo import issues
from auditor.demo.calendar import DAY, Calendar, clock
from auditor.demo.gitlab.state import Place, Record, State, Token
from auditor.demo.releases import LASTS, ROBOT, Release, releases

TOKEN = "HARBOUR_GITLAB_TOKEN"
"""The environment variable that holds the audit's token."""
VALUE = "harbour-shop-demo"
ADDRESS = "https://gitlab.harbour.example"
CHECKOUT, OPS = "harbour/checkout", "harbour/ops"
PEOPLE = {"nina": 1, "mia": 2, "leon": 3, "tom": 4, "sam": 5, "frida": 6, "piet": 7, "auditor": 8, "release-bot": 9}
_DEVELOPER, _MAINTAINER, _OWNER = 30, 40, 50
_GROUP, _CHECKOUT, _OPS = 70, 71, 72
# In the morning, on a working day: the favour that Mia does Nina, and how long it is meant to last.
_FAVOUR, _FAVOUR_LASTS = 10, timedelta(days=30)
_SYSTEM, _TESTS = "checkout", timedelta(minutes=6)


def forge(calendar: Calendar) -> State:
    """Everything that GitLab knows at this night's audit."""
    group = Place(
        {"id": _GROUP, "full_path": "harbour", "name": "Harbour Shop", "shared_with_groups": []},
        {"members": [_member(calendar, "mia", _OWNER, 900)]},
    )
    places = [_checkout(calendar, group), _ops(calendar, group)]
    group.lists["projects"] = [place.document for place in places]
    return State(
        tokens={VALUE: Token(PEOPLE["auditor"])},
        users=[_user(name, bot=name in ("auditor", "release-bot")) for name in PEOPLE],
        groups=[group],
        projects=places,
        tier="premium",
    )


def _checkout(calendar: Calendar, group: Place) -> Place:
    """The shop's checkout: its pipeline and the two who answer for it deploy, and nobody else."""
    given = clock(calendar.workday(_FAVOUR), "09:40")
    ends = (given + _FAVOUR_LASTS).date()
    place = _project(_CHECKOUT, CHECKOUT)
    place.inherited = group.lists["members"]
    place.lists = {
        "members": [
            {**_member(calendar, "nina", _MAINTAINER, 0), "created_at": _text(given), "expires_at": f"{ends}"},
            _member(calendar, "leon", _DEVELOPER, 800),
            _member(calendar, "piet", _DEVELOPER, 400),
            _member(calendar, "auditor", _MAINTAINER, 60),
            _member(calendar, "release-bot", _MAINTAINER, 300),
        ],
        "protected_branches": [
            {"id": 1, "name": "main", "push_access_levels": [_level(0)], "merge_access_levels": [_level(_DEVELOPER)]}
        ],
        "protected_environments": [
            {
                "name": "production",
                "deploy_access_levels": [_who("mia"), _who("leon"), _who("release-bot")],
                "required_approval_count": 0,
            }
        ],
        "audit_events": [_given(given, ends)],
    }
    place.lists["issues"], below = issues.issues("PAY", calendar)
    place.below = {**below, **_releases(place, calendar)}
    return place


def _ops(calendar: Calendar, group: Place) -> Place:
    """Where the company asks for access."""
    place = _project(_OPS, OPS)
    place.inherited = group.lists["members"]
    place.lists["members"] = [
        _member(calendar, name, 20, 700) for name in ("nina", "leon", "tom", "sam", "frida", "auditor")
    ]
    place.lists["issues"], place.below = issues.issues("OPS", calendar)
    return place


def _project(number: int, path: str) -> Place:
    held = {"project_access": {"access_level": _MAINTAINER}, "group_access": None}
    return Place(
        {
            "id": number,
            "path_with_namespace": path,
            "default_branch": "main",
            "shared_with_groups": [],
            "permissions": held,
        }
    )


def _releases(place: Place, calendar: Calendar) -> dict[tuple[str, int, str], Any]:
    """The pipeline's deployments, each with its merge request and who approved that."""
    below: dict[tuple[str, int, str], Any] = {}
    deployments = place.lists.setdefault("deployments", [])
    pipelines = place.lists.setdefault("pipelines", [])
    requests = place.lists.setdefault("merge_requests", [])
    own = [release for release in releases(calendar) if release.system == _SYSTEM]
    for release in sorted(own, key=attrgetter("begins")):
        number = release.number
        deployments.append(_deployment(release))
        pipelines.append(_pipeline(release))
        request = {"iid": number, "web_url": f"{ADDRESS}/{CHECKOUT}/-/merge_requests/{number}"}
        requests.append(request)
        below["deployments", number, "merge_requests"] = [request]
        below["merge_requests", number, "approvals"] = {"approved_by": [{"user": _user(release.approver)}]}
    return below


def _pipeline(release: Release) -> Record:
    """Its tests take six minutes before the release itself begins."""
    return {
        "id": release.number,
        "iid": release.number,
        "project_id": _CHECKOUT,
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


def _deployment(release: Release) -> Record:
    number, begins, ends = release.number, release.begins, release.begins + LASTS
    pipeline = {"id": number, "web_url": f"{ADDRESS}/{CHECKOUT}/-/pipelines/{number}"}
    who = _user(release.by, bot=release.by == ROBOT)
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


def _given(moment: datetime, ends: date) -> Record:
    """The audit event of a member added: Mia gives, Nina gets."""
    return {
        "id": 4001,
        "author_id": PEOPLE["mia"],
        "entity_id": _CHECKOUT,
        "entity_type": "Project",
        "event_type": "member_created",
        "created_at": _text(moment),
        "details": {
            "add": "user_access",
            "as": "Maintainer",
            "author_name": "Mia",
            "author_class": "User",
            "target_id": PEOPLE["nina"],
            "target_type": "User",
            "target_details": "Nina",
            "expiry_to": f"{ends}",
            "ip_address": "198.51.100.24",
            "entity_path": CHECKOUT,
        },
    }


def _user(name: str, *, bot: bool = False) -> Record:
    # The one who left was blocked the same day.
    state = "blocked" if name == "piet" else "active"
    return {"id": PEOPLE[name], "username": name, "name": name.title(), "state": state, "bot": bot}


def _member(calendar: Calendar, name: str, level: int, days: int) -> Record:
    since = calendar.first - days * DAY
    known = {key: value for key, value in _user(name).items() if key != "bot"}
    return {**known, "access_level": level, "expires_at": None, "created_at": _text(since)}


def _who(name: str) -> Record:
    return {"access_level": None, "user_id": PEOPLE[name], "group_id": None}


def _level(level: int) -> Record:
    return {"access_level": level, "user_id": None, "group_id": None}


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
