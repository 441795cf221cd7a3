"""A small company by hand: what rule and resolve tests build their cases from. Everybody in it is invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.activity.results import Episode, JudgedEvent
from auditor.activity.times import microseconds
from auditor.case.case import Case
from auditor.case.people import People
from auditor.case.releases import Release
from auditor.case.ticket_people import Reader
from auditor.case.windows import ticket_refs
from auditor.config.models import Config
from auditor.model.entitlements import Entitlement, Grant, Identity
from auditor.model.findings import Clear, Evidence, Finding, NotJudged
from auditor.model.hosts import Places
from auditor.model.tables import Account, Credential, Deployment, Policy, Ticket
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.providers.systems import Systems
from auditor.rules.base import Rule

AT = datetime(2026, 10, 2, 12, tzinfo=UTC)
AWS = "111122223333"
PIXEL = Evidence(source="trail", origin="a.json.gz", record=3, sha256="ab", event_id="e-1")


def hour(hours: float) -> timedelta:
    return timedelta(hours=hours)


def config(**changes: Any) -> Config:
    """Harbour Shop: Mia and Leon own checkout, Nina is an engineer, Sam is support, Piet has left."""
    base: dict[str, Any] = {
        "organisation": "Harbour Shop",
        "timezone": "Europe/Berlin",
        "people": [
            {"id": "mia", "name": "Mia", "email": "mia@harbour.example", "job": "owner", "accounts": ["ssh:mia"]},
            {"id": "leon", "name": "Leon", "email": "leon@harbour.example", "job": "owner", "accounts": ["ssh:leon"]},
            {
                "id": "nina",
                "name": "Nina",
                "email": "nina@harbour.example",
                "job": "engineer",
                "accounts": [f"arn:aws:iam::{AWS}:user/nina", "ssh:nina", "ssh-key:SHA256:nina"],
            },
            {"id": "sam", "name": "Sam", "email": "sam@harbour.example", "job": "support"},
            {"id": "tom", "name": "Tom", "email": "tom@harbour.example", "job": "lead"},
            {
                "id": "piet",
                "name": "Piet",
                "job": "contractor",
                "left": "2026-09-30",
                "accounts": ["ssh-key:SHA256:piet"],
            },
        ],
        "service_accounts": [
            {
                "id": "ci",
                "owner": "mia",
                "purpose": "deploys",
                "pipeline": "gitlab",
                "accounts": [f"arn:aws:iam::{AWS}:role/ci-deploy"],
            }
        ],
        "break_glass": [{"id": "glass", "accounts": [f"arn:aws:iam::{AWS}:user/glass"], "keeper": "tom"}],
        "jobs": {
            "owner": [c.value for c in Capability],
            "engineer": ["read-logs", "deploy", "restart", "change-config", "shell"],
            "support": ["read-logs"],
            "lead": ["read-logs"],
            "contractor": [],
        },
        "systems": [
            {
                "id": "checkout",
                "name": "Checkout",
                "primary": "mia",
                "backup": "leon",
                "aliases": ["production checkout service"],
                "resources": [
                    {"provider": "aws", "account": AWS, "match": ["*checkout*"]},
                    {"provider": "ssh", "host": "web-*.harbour.example"},
                ],
            },
            {
                "id": "search",
                "name": "Search",
                "primary": "leon",
                "resources": [{"provider": "aws", "account": AWS, "match": ["*search*"]}],
            },
        ],
        "policy": {"approvers": ["tom"]},
        "sources": [],
    }
    return Config.model_validate({**base, **changes})


def _elsewhere() -> Config:
    place = {"provider": "gcp", "project": "reports"}
    systems = [one.model_dump(mode="json", exclude_unset=True) for one in config().systems]
    return config(systems=[*systems, {"id": "reports", "name": "Reports", "primary": "mia", "resources": [place]}])


ELSEWHERE = _elsewhere()
"""With one more system, in a place of its own."""


def case(*, tickets: list[Ticket] | None = None, **parts: Any) -> Case:
    """A case at noon UTC of 2 October 2026 over thirty days."""
    settings = parts.pop("config", None) or config()
    people = People(settings, parts.get("accounts", ()), parts.get("credentials", ()))
    rows, duties = tickets or [], parts.get("duties")
    done = (one.place[1] for one in (*parts.get("episodes", ()), *parts.get("grants", ())) if one.place)
    known = Places((*done, *(line.scope for line in parts.get("coverage", ()))))
    refs = ticket_refs(rows, Reader(people, Systems(settings), settings, duties, known), AT)
    return Case(
        config=settings,
        at=AT,
        period_from=AT - timedelta(days=30),
        tickets=rows,
        tickets_until=parts.pop("tickets_until", AT),
        refs={ref.ticket: ref for ref in refs},
        **parts,
    )


def judged(rule: Rule, case: Case) -> list[Finding]:
    """The findings of one rule; every outcome must be of a known kind and of that rule."""
    outcomes = list(rule(case))
    assert all(isinstance(o, Finding | NotJudged | Clear) and o.rule == rule.name for o in outcomes)
    return [o for o in outcomes if isinstance(o, Finding)]


def row(**fields: Any) -> dict[str, Any]:
    """What every evidence row carries."""
    return {"source": "iam", "collected_at": AT, "origin": "dump.json", **fields}


def access_key(user: str = "nina", **changes: Any) -> Credential:
    """An access key, made 200 days ago."""
    fields: dict[str, Any] = {
        "credential": "AKIA1",
        "kind": "access-key",
        "account": f"arn:aws:iam::{AWS}:{user if user == 'root' else f'user/{user}'}",
        "provider": "aws",
        "created_at": AT - timedelta(days=200),
    }
    return Credential(**row(**{**fields, **changes}))


def release(began: datetime = AT - timedelta(hours=26), number: int = 1, **changes: Any) -> Release:
    """Mia's release of checkout, four minutes long."""
    fields: dict[str, Any] = {
        "deployment_id": f"{number}",
        "time": began,
        "finished_at": began + timedelta(minutes=4),
        "system_hint": "harbour/checkout",
        "environment": "production",
        "actor": "gitlab:mia",
        "pipeline": f"https://gitlab.example/harbour/checkout/-/pipelines/{number}",
        "status": "success",
    }
    return Release(row=Deployment(**row(**{**fields, **changes})), system="checkout")


def person(name: str, account: str | None = None) -> Identity:
    return Identity(
        account=account or f"ssh:{name}", actor_class=ActorClass.PERSON, person=name, how="declared in auditor.yaml"
    )


def access(name: str, system: str | None = "checkout", **changes: Any) -> Entitlement:
    """A standing path of somebody to a system: deploy by an inline policy."""
    arn = f"arn:aws:iam::{AWS}:user/{name}"
    fields: dict[str, Any] = {
        "identity": person(name, arn),
        "account": arn,
        "provider": "aws",
        "scope": AWS,
        "system": system,
        "capabilities": frozenset({Capability.DEPLOY}),
        "level": Level.WRITE,
        "path": (f"user {name}", "inline policy deploy"),
        "handles": ('{"type": "inline-user-policy"}',),
        "evidence": (PIXEL,),
    }
    return Entitlement(**{**fields, **changes})


def episode(name: str | None = "nina", system: str | None = "checkout", **changes: Any) -> Episode:
    """Ten minutes of one person's changes on a system this morning, outside every window."""
    starts = changes.pop("starts_at", AT - hour(4))
    ends = changes.pop("ends_at", starts + timedelta(minutes=10))
    fields: dict[str, Any] = {
        "person": name,
        "actor_class": ActorClass.PERSON,
        "account": f"arn:aws:iam::{AWS}:user/{name}",
        "actor": f"arn:aws:iam::{AWS}:user/{name}",
        "session": None,
        "credential": "AKIA1",
        "provider": "aws",
        "scope": AWS,
        "system": system,
        "starts_at": starts,
        "ends_at": ends,
        "first_event": f"{name} {system} {starts.isoformat()}",
        "events": 3,
        "logins": 0,
        "reads": 0,
        "changes": 3,
        "denied": 0,
        "secrets": 0,
        "secrets_at_most": 0,
        "objects": 0,
        "through": None,
        "uncovered": 3,
        "uncovered_from": starts,
        "uncovered_to": ends,
        "change_actions": ("ecs:UpdateService",),
        "login_targets": (),
        "login_addresses": (),
        "whole": True,
        "actions": ("ecs:UpdateService",),
        "resources": ("arn:aws:ecs:eu-west-1:111122223333:service/checkout/web",),
        "services": (),
        "source_ips": ("192.0.2.7",),
        "user_agents": ("aws-cli/2",),
        "sample": PIXEL,
    }
    times = changes.pop("login_times", ((starts, ends),) * len(changes.get("login_targets", ())))
    spans = [microseconds(one) for span in times for one in span]
    return Episode(**{**fields, "login_us": spans, **changes})


def event(**changes: Any) -> JudgedEvent:
    """A trail stopped by the pipeline's neighbour."""
    fields: dict[str, Any] = {
        "event_id": "e-9",
        "time": AT - hour(30),
        "person": None,
        "actor_class": ActorClass.SERVICE,
        "provider": "aws",
        "scope": AWS,
        "account": f"arn:aws:iam::{AWS}:role/terraform",
        "actor": f"arn:aws:sts::{AWS}:assumed-role/terraform/apply",
        "credential": None,
        "category": "audit-trail",
        "action": "cloudtrail:StopLogging",
        "outcome": "ok",
        "resource": None,
        "source_ip": "10.0.0.1",
        "user_agent": "terraform",
        "invoked_by": None,
        "ticket": None,
        "detail": "{}",
        "evidence": PIXEL,
    }
    return JudgedEvent(**{**fields, **changes})


def ticket(name: str = "PAY-184", **changes: Any) -> Ticket:
    """Nina's clean hour on checkout this morning, approved by Tom."""
    starts = changes.pop("starts_at", AT - hour(4))
    fields: dict[str, Any] = {
        "ticket": name,
        "kind": "access",
        "work": "routine",
        "reason": "Customers cannot finish checkout",
        "requester": "nina",
        "person": "nina",
        "systems": ("checkout",),
        "level": "write",
        "opened_at": AT - hour(5),
        "starts_at": starts,
        "ends_at": starts + hour(1) if starts else None,
        "approver": "tom",
        "approved_at": AT - hour(4.5),
        "approval": f"Approved {name} for Nina: write on checkout until 11:00",
        "closed_at": AT - hour(2.9),
        "closeout": "Raised the timeout; no errors since",
        "removal_confirmed": True,
    }
    return Ticket(**row(**{**fields, **changes}))


def key(name: str, login: str, host: str = "web-1.harbour.example", **changes: Any) -> Credential:
    """A line of authorized_keys: whose key, in whose login."""
    fields: dict[str, Any] = {
        "credential": f"ssh-key:SHA256:{name}",
        "kind": "ssh-key",
        "account": f"ssh:{login}@{host}",
        "provider": "ssh",
        "resource": host,
        "expires_at": AT + timedelta(days=30),
        "handle": f'{{"host": "{host}"}}',
    }
    return Credential(**row(**{**fields, **changes}))


def user(name: str, **changes: Any) -> Account:
    """An IAM user with a way in."""
    fields: dict[str, Any] = {
        "account": f"arn:aws:iam::{AWS}:user/{name}",
        "provider": "aws",
        "scope": AWS,
        "kind": "person",
        "name": name,
        "enabled": True,
    }
    return Account(**row(**{**fields, **changes}))


def grant(name: str = "nina", **changes: Any) -> Grant:
    """A write policy on checkout, given this morning."""
    arn = f"arn:aws:iam::{AWS}:user/{name}"
    fields: dict[str, Any] = {
        "time": AT - hour(4),
        "granted_by": f"arn:aws:iam::{AWS}:role/access-broker",
        "recipient": arn,
        "identity": person(name, arn),
        "systems": ("checkout",),
        "level": Level.WRITE,
        "what": "inline policy jit",
        "ticket": None,
        "evidence": PIXEL,
    }
    return Grant(**{**fields, **changes})


def audited(**above: Any) -> list[Policy]:
    """Google project quay-shop, which asks for no audit logs, and what is known of its organisation."""
    documents = {
        "quay-shop": {"number": "42", "ancestors": ["organizations/9"], "audit": []},
        "organizations/9": {"number": "", "ancestors": [], **above},
    }
    return [
        Policy(**row(policy=name, kind="ancestry", attached_to=name, name=name, document=json.dumps(document)))
        for name, document in documents.items()
    ]
