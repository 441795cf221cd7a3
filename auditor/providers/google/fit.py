"""The custom roles that fit what somebody did in Google Cloud, bound with a condition where they are to end."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from shlex import quote

from msgspec.structs import replace

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.groups import distinct
from auditor.providers.fitted import Fitted, Work, stamp
from auditor.providers.google.holders import Directory
from auditor.providers.google.permissions import capabilities
from auditor.providers.google.permitted import checked

_NO_ID = re.compile(r"[^A-Za-z0-9]+")
_UNNAMED = "the log, as it was read, does not name the permissions that it took"
_ABOVE = "it was checked on a folder or an organization, where roles are given with care: by hand"

Needed = Mapping[tuple[str, datetime | None], set[str]]
"""Permissions by project, and by when they are to end."""


def fitted_roles(config: Config, rows: Snapshots, work: Work) -> Fitted:
    """A custom role in each project of the permissions that were checked; one more for those that are to end."""
    covered, left = [], dict[tuple[str, str], None]()
    by_permission: defaultdict[tuple[str, str], list[UsedAct]] = defaultdict(list)
    for act, asked in checked(config, rows, work.acts, work.at):
        if asked is None or any(place.project.startswith(("folders/", "organizations/")) for _, place in asked):
            left[act.action, _ABOVE if asked else _UNNAMED] = None
            continue
        covered.append(act)
        for permission, place in asked:
            by_permission[place.project, permission].append(act)
    needed = distinct(
        ((project, work.ends(capabilities([permission]), acts)), permission)
        for (project, permission), acts in by_permission.items()
    )
    used = capabilities(permission for _, permission in by_permission)
    return Fitted(
        files=dict(_files(work, needed)),
        steps=tuple(_steps(rows, work, needed)),
        covered=tuple(covered),
        left=tuple(left),
        rows=_rows(rows, work, needed) if needed else None,
        keeps=used,
        ending=capabilities(one for (_, ends), found in needed.items() if ends for one in found),
        drops=work.holds - used,
        unit="permission",
        rights=len({permission for _, permission in by_permission}),
        unseen=(
            "reads that Data Access logs record only where they are switched on",
            "permissions that cannot be in a custom role: gcloud names them when the role is made",
        ),
    )


def _role(work: Work, ends: datetime | None) -> str:
    """The id of a role: letters and digits alone."""
    name = _NO_ID.sub("_", work.account.partition(":")[2].partition("@")[0]).strip("_")[:40] or "somebody"
    return f"fitted_{name}_until_an_end" if ends else f"fitted_{name}"


def _places(needed: Needed) -> Iterator[tuple[str, datetime | None, list[str], str]]:
    """Each project with the end, the permissions and the name that its files begin with."""
    for (project, ends), permissions in sorted(needed.items(), key=lambda item: (item[0][0], item[0][1] is not None)):
        yield project, ends, sorted(permissions), f"{_NO_ID.sub('-', project)}{'-ending' if ends else ''}"


def _condition(ends: datetime) -> dict[str, str]:
    return {"title": f"until {stamp(ends)}", "expression": f'request.time < timestamp("{stamp(ends)}")'}


def _files(work: Work, needed: Needed) -> Iterator[tuple[str, str]]:
    """Roles and conditions as gcloud takes them: JSON is YAML."""
    for project, ends, permissions, name in _places(needed):
        described = f"What the work of {work.account} in {project} needed"
        role = {"title": _role(work, ends), "description": described, "stage": "GA", "includedPermissions": permissions}
        yield f"{name}-role.yaml", json.dumps(role, indent=2) + "\n"
        if ends:
            yield f"{name}-condition.yaml", json.dumps(_condition(ends), indent=2) + "\n"


def _steps(rows: Snapshots, work: Work, needed: Needed) -> Iterator[str]:
    """What a person does with the files."""
    known = Directory.of(rows).roles
    for project, ends, permissions, name in _places(needed):
        role, place = _role(work, ends), quote(project)
        yield f"gcloud iam roles create {role} --project={place} --file={name}-role.yaml"
        condition = f"--condition-from-file={name}-condition.yaml" if ends else "--condition=None"
        bound = quote(f"projects/{project}/roles/{role}")
        bind = f"gcloud projects add-iam-policy-binding {place} --member={quote(work.account)} --role={bound}"
        yield f"{bind} {condition}"
        holding = ((len(held), other) for other, held in known.items() if held and held >= set(permissions))
        if found := min(holding, default=None):
            yield f"Or bind {found[1]}, which has these and {found[0] - len(permissions)} more."
    if needed and work.held:
        yield work.instead


def _rows(rows: Snapshots, work: Work, needed: Needed) -> Snapshots:
    """The rows with these roles in the place of the account's own bindings and groups."""
    policies, grants = list(rows.policies), [one for one in rows.grants if one.principal != work.account]
    for project, ends, permissions, _ in _places(needed):
        role = f"projects/{project}/roles/{_role(work, ends)}"
        document = json.dumps({"includedPermissions": permissions})
        condition = json.dumps(_condition(ends)) if ends else None
        policies.append(work.policy(role, "role-definition", project, document))
        grants.append(work.grant(role, project, "gcp", condition=condition))
    own = [one for one in rows.memberships if one.member != work.account]
    return replace(rows, grants=grants, policies=policies, memberships=own)
