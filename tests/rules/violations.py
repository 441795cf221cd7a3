"""For every rule a case in which it finds something, with more in it than one act or one path where it can be."""

import json
from datetime import timedelta
from typing import Any

from auditor.activity.results import AlternatingUse, Episode, Silence
from auditor.case.case import Case
from auditor.case.loosened import PolicyChange, loosened
from auditor.case.policy_changes import PolicyChanges
from auditor.case.secrets import Opened, Secrets
from auditor.config.models import Config
from auditor.model.entitlements import ForeignTrust
from auditor.model.findings import CoverageLine
from auditor.model.tables import Credential, Pipeline, Policy, Ticket, Trail
from auditor.model.trail_files import Alteration, Break, TrailFiles
from auditor.model.vocabulary import ActorClass, Capability, Level
from tests.cases import (
    AT,
    AWS,
    PIXEL,
    access,
    access_key,
    case,
    config,
    episode,
    event,
    grant,
    hour,
    key,
    release,
    row,
    ticket,
    user,
)
from tests.copies import replace

DAY = timedelta(days=1)
CI = f"arn:aws:iam::{AWS}:role/ci-deploy"
GLASS = f"arn:aws:iam::{AWS}:user/glass"
NINA = f"arn:aws:iam::{AWS}:user/nina"
ROBOT = f"arn:aws:iam::{AWS}:user/metrics"
HOST = "web-1.harbour.example"
PROJECT = "harbour/checkout"
SENT = replace(PIXEL, record=4, event_id="e-2")


def kept_key(user_: str = "nina", **changes: Any) -> Credential:
    return access_key(user_, **{"handle": '{"type": "access-key"}', **changes})


def policy_changes(before: dict[str, Any], after: dict[str, Any]) -> PolicyChanges:
    """What changed from last night's auditor.yaml to today's."""
    found = loosened(config(**before), config(**after), AT.date())
    return PolicyChanges(tuple(PolicyChange(one, "20261001T120000Z", AT - DAY, AT) for one in found), compared=True)


def twice(**changes: Any) -> list[Episode]:
    """Two episodes of one sitting, the longer one first, from two places."""
    first = {"starts_at": AT - hour(4), "ends_at": AT - hour(3), "source_ips": ("203.0.113.9", "192.0.2.7")}
    second = {
        "starts_at": AT - hour(3.9),
        "ends_at": AT - hour(3.5),
        "actions": ("ecs:UpdateService", "ecs:StopTask"),
        "change_actions": ("ecs:UpdateService", "ecs:StopTask"),
        "user_agents": ("terraform", "aws-cli/2"),
        "sample": SENT,
    }
    return [episode(**{**changes, **second}), episode(**{**changes, **first})]


def incident(**changes: Any) -> Ticket:
    return ticket("INC-1", **{"kind": "incident", "work": "incident", "ends_at": None, **changes})


def chain() -> list[Ticket]:
    """An hour that was extended twice."""
    starts = [AT - hour(hours) for hours in (6, 5, 4)]
    return [
        ticket(
            f"PAY-{number}",
            starts_at=start,
            ends_at=start + hour(1),
            closed_at=start + hour(1),
            extends=f"PAY-{number - 1}" if number > 1 else None,
        )
        for number, start in enumerate(starts, 1)
    ]


def gitlab() -> Config:
    resources = [
        {"provider": "aws", "account": AWS, "match": ["*checkout*"]},
        {"provider": "gitlab", "project": PROJECT, "environment": "production"},
    ]
    system = {"id": "checkout", "name": "Checkout", "primary": "mia", "backup": "leon", "on_duty": ["tom"]}
    people = [{"id": name, "name": name.title(), "accounts": [f"gitlab:{name}"]} for name in ("mia", "leon", "tom")]
    base = {"organisation": "Harbour Shop", "timezone": "Europe/Berlin", "people": people}
    return Config.model_validate({**base, "systems": [{**system, "resources": resources}]})


def read(scope: str, source: str = "code", status: str = "ok", reason: str | None = None) -> CoverageLine:
    return CoverageLine(source=source, scope=scope, from_=AT - 90 * DAY, to=AT, status=status, reason=reason)


def pipelines_case() -> Case:
    runs = [AT - 24 * hour(number) for number in (1, 2, 3)]
    own = {"actor_class": ActorClass.PIPELINE, "account": CI, "actor": "ci-deploy/gitlab-81"}
    usual = [episode(None, **own, starts_at=began + hour(0.1)) for began in runs]
    rows = [
        Pipeline(**row(pipeline=f"{n}", time=began, updated_at=began + hour(0.3), project=PROJECT, status="success"))
        for n, began in enumerate(runs)
    ]
    alone = [replace(one, **own, person=None) for one in twice(session="gitlab-82")]
    return case(coverage=[read(f"{PROJECT} pipelines")], pipelines=rows, episodes=[*usual, *alone])


def ssh_session(start: float, end: float, address: str) -> Episode:
    times = {"starts_at": AT - hour(start), "ends_at": AT - hour(end)}
    known = {"provider": "ssh", "credential": "ssh-key:SHA256:nina", "logins": 1, "session": f"at {address}"}
    return episode(**known, **times, login_addresses=(address,))


def trail() -> Trail:
    place = {"trail": f"arn:aws:cloudtrail:eu-central-1:{AWS}:trail/main", "account": AWS, "name": "main"}
    kept = {"multi_region": False, "global_events": False, "logging": True, "management": ("write",), "data": ()}
    return Trail(**row(**place, **kept, home_region="eu-central-1"))


def altered() -> TrailFiles:
    gone = Alteration(
        kind=Break.LOG_FILES_GONE,
        account=AWS,
        chain=f"{AWS} eu-central-1 trail all",
        resource="s3://trail/AWSLogs/a.json.gz",
        starts_at=AT - hour(5),
        ends_at=AT - hour(4),
        signatures="checked",
        reason="listed by a digest, and not there",
        missing=("one.json.gz", "two.json.gz"),
        evidence=(PIXEL,),
    )
    return TrailFiles(accounts=frozenset({AWS}), alterations=(gone,))


ENGINEERS = {"capabilities": frozenset({Capability.DEPLOY, Capability.WRITE_DATABASE})}
ADMIN = {"system": None, "unrestricted": True, "level": Level.ADMIN, "capabilities": frozenset(Capability)}
DATA = {"level": Level.READ, "capabilities": frozenset({Capability.READ_DATA})}
LATER = {"path": ("user nina", "assumes role operator"), "conditions": ("only with a second factor",)}
HIGHER = {"level": Level.ADMIN, "systems": ("checkout", "search")}
OPERATOR = f"arn:aws:iam::{AWS}:role/operator"
ROOT = f"arn:aws:iam::{AWS}:root"

# Each by the name of the rule that finds it.
VIOLATIONS: dict[str, Case] = {
    "standing/admin-access": case(access=[access("nina", **ADMIN, last_used_at=AT - 100 * DAY)]),
    "standing/write-access": case(access=[access("nina", **LATER), access("nina")]),
    "standing/read-access": case(access=[access("mia", "search", **DATA)]),
    "standing/outlived-task": case(tickets=[ticket()], access=[access("nina", ticket="PAY-184")]),
    "standing/beyond-job": case(access=[access("nina", **ENGINEERS)]),
    "standing/departed": case(
        access=[access("piet", system="search"), access("piet")], credentials=[key("piet", "piet")]
    ),
    "standing/unknown-person": case(
        accounts=[user("test-old"), user("nina"), user("reader", kind="role")],
        credentials=[
            kept_key("test-old"),
            kept_key("test-old", enabled=False, handle='{"type": "gone"}'),
            key("stray", "ops", comment="old laptop"),
            key("gone", "ops", expires_at=AT),
            key("nina", "nina"),
        ],
        foreign_trusts=[
            ForeignTrust(
                role=OPERATOR,
                principal="arn:aws:iam::999900001111:root",
                conditions=("only when sts:ExternalId is x7",),
                access=(),
                evidence=(PIXEL,),
            )
        ],
    ),
    "standing/old-credential": case(credentials=[kept_key(last_used_at=AT - DAY, comment="laptop")]),
    "standing/unused": case(credentials=[kept_key(last_used_at=AT - 120 * DAY)]),
    "standing/too-many-writers": case(access=[access(name) for name in ("nina", "mia", "leon")]),
    "standing/conflicting-rights": case(access=[access("mia", **ENGINEERS)]),
    "standing/open-break-glass": case(
        credentials=[
            kept_key("glass", credential="AKIAGLASS", last_used_at=AT - 2 * DAY),
            kept_key("glass", credential="glass", kind="password", last_used_at=AT - 9 * DAY),
        ]
    ),
    "standing/repeated-extension": case(tickets=chain()),
    "shared/login": case(
        credentials=[
            key(name, "oncall", host=f"web-{number}.harbour.example", comment=name)
            for number in (2, 1)
            for name in ("nina", "piet")
        ]
    ),
    "shared/ssh-key": case(
        credentials=[key("nina", "mia", host=f"web-{n}.harbour.example", comment=f"copy {n}") for n in (2, 1)]
    ),
    "shared/root": case(
        episodes=[
            replace(one, person=None, actor_class=ActorClass.ROOT, account=ROOT, actor=ROOT, system=system)
            for one, system in zip(twice(), ("checkout", None), strict=True)
        ]
    ),
    "shared/service-account-by-person": case(
        judged_events=[
            event(person="nina", account=ROBOT, action=action, time=AT - hour(before), source_ip=ip, event_id=action)
            for action, before, ip in (("s3:GetObject", 4.8, "192.0.2.9"), ("s3:ListBuckets", 5, "192.0.2.10"))
        ]
    ),
    "shared/unattributable": case(
        episodes=[
            replace(one, person=None, actor_class=ActorClass.UNKNOWN, account=OPERATOR, actor="session-7")
            for one in twice(session="ASIA1")
        ]
    ),
    "shared/two-places": case(
        alternating_uses=[
            AlternatingUse(
                person="nina",
                account=NINA,
                credential="AKIA1",
                turns=4,
                first_at=AT - hour(5),
                last_at=AT - hour(4.5),
                addresses=("192.0.2.7", "198.51.100.9"),
                programs=("aws-cli/2", "Boto3/1"),
                sample=PIXEL,
            )
        ],
        episodes=[ssh_session(5, 4, "8.8.4.4"), ssh_session(4.5, 3.8, "1.1.9.9")],
    ),
    "shared/borrowed-name": case(
        episodes=twice(actor="operator/mia@harbour.example"), borrowed={("operator/mia@harbour.example", "nina"): "mia"}
    ),
    "tasks/none": case(grants=[grant()]),
    "tasks/unknown": case(tickets=[ticket()], grants=[grant("leon", ticket="PAY-184")]),
    "tasks/wider-than-approved": case(tickets=[ticket()], grants=[grant(ticket="PAY-184", **HIGHER)]),
    "tasks/unapproved": case(tickets=[ticket(approval="ok")]),
    "tasks/self-approved": case(tickets=[ticket(approver="nina")]),
    "tasks/late-approval": case(tickets=[ticket(approved_at=AT - hour(3.5))]),
    "tasks/too-long": case(tickets=[ticket(ends_at=AT - hour(2.5))]),
    "tasks/vague": case(tickets=[ticket(reason="need prod access", systems=(), title="Please")]),
    "tasks/no-second-reviewer": case(tickets=[ticket(work="risky", ends_at=AT - hour(2), second_reviewer="tom")]),
    "tasks/no-closeout": case(tickets=[ticket(closeout=" ", removal_confirmed=None)]),
    "tasks/left-open": case(tickets=[incident(starts_at=AT - hour(25), closed_at=None)]),
    "tasks/rewritten": case(tickets=[ticket(edited_at=AT - hour(3.5))]),
    "changes/by-leaver": case(
        episodes=[replace(one, person="piet", account=f"arn:aws:iam::{AWS}:user/piet") for one in twice()]
    ),
    "changes/no-window": case(episodes=[episode(session="ASIA1", uncovered=2)]),
    "changes/outside-window": case(
        tickets=[ticket(closed_at=None)],
        episodes=[episode(starts_at=AT - hour(3.2), ends_at=AT - hour(2), uncovered_from=AT - hour(2.9))],
    ),
    "changes/beyond-scope": case(tickets=[ticket()], episodes=[episode(system="search")]),
    "changes/login-without-window": case(
        episodes=[replace(one, provider="ssh", changes=0, uncovered=0, logins=1) for one in twice()]
    ),
    "shared/agent-beyond-task": case(episodes=[episode(through="aws-mcp.amazonaws.com")]),
    "changes/bulk-read": case(
        episodes=[replace(one, changes=0, uncovered=0, reads=15, secrets=15, secrets_at_most=15) for one in twice()]
    ),
    "changes/release-hours": case(
        config=gitlab(),
        coverage=[read(f"{PROJECT} deployments", "releases")],
        releases=[release(AT - hour(12), 1), release(AT - hour(11.8), 2, status="failed")],
    ),
    "changes/around-the-pipeline": pipelines_case(),
    "changes/not-named": case(
        episodes=[episode(change_actions=("ecs:UpdateService", "rds:ModifyDBInstance"), changes=5)]
    ),
    "changes/incomplete-note": case(tickets=[ticket(kind="change", note="What changes: the queue\nService: worker")]),
    "changes/refused": case(
        judged_events=[event(person="nina", actor_class=ActorClass.PERSON, outcome="denied", source_ip="192.0.2.7")]
    ),
    "changes/audit-trail": case(judged_events=[event(person="nina", source_ip="192.0.2.7")]),
    "changes/break-glass": case(
        episodes=[replace(one, person=None, actor_class=ActorClass.BREAK_GLASS, account=GLASS) for one in twice()]
    ),
    "changes/unrecorded-emergency": case(
        config=config(policy={"approvers": ["tom"], "emergency_call": True}),
        episodes=[replace(one, actor_class=ActorClass.BREAK_GLASS, account=GLASS) for one in twice()],
        tickets=[
            ticket(
                "INC-1", kind="incident", work="incident", ends_at=None, comments=(f"{AT:%Y-%m-%dT%H:%M:%SZ} tom: Hm",)
            )
        ],
    ),
    "standing/known-secret": case(
        secrets=Secrets(
            opened=[
                Opened(account=f"vault-item:{name}", person="piet", at=AT - 9 * DAY, evidence=SENT)
                for name in ("a", "b")
            ],
            changed={"vault-item:b": AT - 2 * DAY},
            since=AT - 300 * DAY,
        )
    ),
    "readiness/rollback-drill": case(
        config=config(systems=config().model_dump(mode="json", by_alias=True)["systems"][:1]),
        tickets=[
            ticket(
                f"OPS-{days}",
                kind="drill",
                note="Rollback of code: done in 16m (target 10m)",
                closed_at=AT - days * DAY,
            )
            for days in (5, 9)
        ],
    ),
    "readiness/review-after-incident": case(
        tickets=[
            incident(starts_at=AT - 11 * DAY, closed_at=AT - 10 * DAY),
            *(ticket(f"OPS-{days}", kind="review", closed_at=AT - days * DAY) for days in (1, 2)),
        ]
    ),
    "readiness/log-access": case(config=gitlab()),
    "readiness/ownership": case(
        config=config(systems=[{"id": "checkout", "name": "Checkout", "primary": "piet", "backup": None}])
    ),
    "readiness/rollback-owner": case(
        config=config(
            systems=[
                {"id": "checkout", "name": "Checkout", "rollback": {"code": {"owner": "mia", "steps": "a runbook"}}}
            ]
        )
    ),
    "evidence/source-failed": case(
        config=config(sources=[{"name": "logins", "kind": "ssh-logins", "path": "logs"}]),
        coverage=[read("logs", "logins", "failed", "no such folder")],
        failed={"logins": ("activity",)},
    ),
    "evidence/gap": case(
        silences=[
            Silence(source="logins", scope=HOST, from_=AT - hour(hours + 5), to=AT - hour(5)) for hours in (48, 13)
        ],
        heard={HOST},
    ),
    "evidence/altered": case(trail_files=altered()),
    "evidence/policy-changed": case(
        policy_changes=policy_changes(
            {"policy": {"approvers": ["tom"]}}, {"policy": {"approvers": ["nina", "tom"], "max_writers": 5}}
        )
    ),
    "evidence/not-recorded": case(trails=[trail()], coverage=[read(f"{AWS} trails", "trail")]),
    "evidence/reads-not-recorded": case(
        config=config(
            systems=[{"id": "shop", "name": "Shop", "resources": [{"provider": "gcp", "project": "quay-shop"}]}]
        ),
        policies=[
            Policy(
                **row(policy=name, kind="ancestry", attached_to=name, name=name, document=json.dumps(document)),
            )
            for name, document in {
                "quay-shop": {"number": "42", "ancestors": ["organizations/9"], "audit": []},
                "organizations/9": {"number": "", "ancestors": [], "audit": []},
            }.items()
        ],
    ),
}
