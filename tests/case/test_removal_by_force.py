"""Replay against brute force: each act by itself, rows rebuilt for each removal, judged by nothing but one act.

The company's rights and acts are made up at random; `field` asks the same of the exam's company, where it is there.
"""

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.activity.limits import Limits
from auditor.case.attribution import attributed
from auditor.case.people import People
from auditor.case.removal import Fate, removal
from auditor.case.replayed import rights_rows
from auditor.config import load
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Store
from auditor.model.handles import read_handle, write_handle
from auditor.model.tables import Credential
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from auditor.providers.systems import Systems
from tests.activity.acts import AWS, used
from tests.copies import replace
from tests.providers.conftest import AT, PLACE, Iam

REMOVALS = 50
EXAM = Path(__file__).parents[3] / "shared" / "exam" / "company-2"
SERVICES = [f"arn:aws:ecs:eu-central-1:{AWS}:service/prod/{name}" for name in ("web", "api", "jobs")]
CALLS = [
    *(("ecs:UpdateService", one) for one in SERVICES),
    ("ecs:DescribeServices", SERVICES[0]),
    ("s3:GetObject", "arn:aws:s3:::shop/a"),
    ("s3:ListObjects", "arn:aws:s3:::shop"),
    ("ec2:DescribeInstances", None),
    ("sts:GetCallerIdentity", None),
    ("nothing:Known", None),
]
WHAT = ["ecs:*", "ecs:UpdateService", "ecs:Describe*", "s3:*", "s3:GetObject", "ec2:*", "*", "sts:AssumeRole"]
WHERE = ["*", *SERVICES, f"arn:aws:ecs:*:{AWS}:service/prod/*", "arn:aws:s3:::shop*", "arn:aws:s3:::shop/*"]


def statement(chance):
    found = {
        "Effect": "Deny" if chance.random() < 0.15 else "Allow",
        "Action": chance.choice(WHAT),
        "Resource": chance.choice(WHERE),
    }
    if chance.random() < 0.2:
        found["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    return found


def company(chance):
    """Users, groups and roles with a few policies each, and a handle for everything that can be taken away."""
    iam = Iam(AWS)

    def policies():
        return {f"p{n}": [statement(chance) for _ in range(chance.randint(1, 2))] for n in range(chance.randint(0, 3))}

    groups = ["g0", "g1"]
    for group in groups:
        iam.group(group, inline=policies())
    users = [iam.user(f"u{n}", inline=policies(), groups=chance.sample(groups, chance.randint(0, 2))) for n in range(6)]
    roles = [iam.role(f"r{n}", trust={"AWS": chance.choice(users)}, inline=policies()) for n in range(3)]
    iam.grants = [replace(grant, handle=handle_of(grant)) for grant in iam.grants]
    for number, user in enumerate(users):
        name = user.rpartition("/")[2]
        key = {**PLACE, "account": user, "provider": "aws", "kind": "access-key", "credential": f"AKIA{number}"}
        iam.credentials.append(
            Credential(**key, handle=write_handle("aws", "access-key", AWS, user=name, key=f"AKIA{number}"))
        )
    return iam, users, roles


def handle_of(grant):
    kind, _, name = grant.principal.rpartition(":")[2].partition("/")
    right = grant.role.rpartition("/")[2]
    if ":role/" in grant.role:
        return write_handle("aws", "trust", AWS, role=right, principal=grant.principal)
    if ":group/" in grant.role:
        return write_handle("aws", "group-membership", AWS, user=name, group=right)
    return write_handle("aws", f"inline-{kind}-policy", AWS, **{kind: name, "policy": right})


def acts(chance, users, roles):
    for number, user in enumerate(users):
        for _ in range(20):
            action, resource = chance.choice([*CALLS, *(("sts:AssumeRole", role) for role in roles)])
            key = chance.choice([f"AKIA{number}", None])
            how = chance.choice(["ok", "ok", "ok", "denied"])
            times = chance.randint(1, 9)
            yield used(account=user, action=action, resource=resource, credential=key, outcome=how, events=times)
    for role in roles:
        for _ in range(10):
            action, resource = chance.choice(CALLS)
            yield used(account=role, opener=chance.choice(users), action=action, resource=resource)


def by_force(config, rows, handle, some, at):
    """What becomes of some acts, by their numbers, one by one: rows without the right are made anew for each."""
    found = {}
    for number, act in some:
        room = provider(act.provider)
        if act.outcome != "ok":
            continue
        after = provider(handle["provider"]).without(rows, [handle])
        (before,) = room.permitted(config, rows, [act], at)
        (then,) = room.permitted(config, after, [act], at)
        if then.answer is Answer.DENIED and before != then:
            found[number] = Fate.FAILED
        elif then.answer is Answer.ALLOWED and before != then:
            found[number] = Fate.OTHER_PATH
        elif then.answer is Answer.UNKNOWN and before != then:
            found[number] = Fate.UNKNOWN
    return found


def compared(config, rows, handle, every, at, others=None):
    """Both answers for the acts whose fate a removal can change; `others` is how many acts of anybody else are tried."""

    def asked(accounts):
        return [act for act in every if act.account in accounts or act.resource in accounts]

    told = removal(config, rows, [handle], asked, at)
    own = asked(told.accounts)
    mine = {id(act) for act in own}
    some = [(number, act) for number, act in enumerate(every) if id(act) in mine]
    rest = [(number, act) for number, act in enumerate(every) if id(act) not in mine]
    some += rest if others is None else random.Random(len(own)).sample(rest, min(others, len(rest)))
    forced = by_force(config, rows, handle, some, at)
    places = {id(act): number for number, act in enumerate(every)}
    found = {places[id(one.act)]: one.fate for one in told.judged}
    # What the rights of today do not explain, or nobody can tell, is the same with the right and without.
    found = {number: fate for number, fate in found.items() if number in forced or fate is not Fate.UNKNOWN}
    assert found == forced, (handle, [every[n] for n in found.keys() ^ forced.keys()])
    assert sum(every[n].events for n, fate in forced.items() if fate is Fate.FAILED) == sum(
        one.act.events for one in told.of(Fate.FAILED)
    )
    return Counter(forced.values())


@pytest.mark.parametrize("seed", range(5))
def test_replay_says_of_each_act_what_brute_force_says(seed):
    chance = random.Random(seed)
    config = Config(organisation="Quay")
    iam, users, roles = company(chance)
    rows = Snapshots(
        accounts=iam.accounts,
        memberships=iam.memberships,
        policies=iam.policies,
        grants=iam.grants,
        credentials=iam.credentials,
    )
    every = list(acts(chance, users, roles))
    handles = [read_handle(row.handle) for row in (*rows.grants, *rows.credentials)]
    seen = Counter()
    for handle in chance.choices(handles, k=REMOVALS // 5):
        seen += compared(config, rows, handle, every, AT)
    assert seen[Fate.FAILED]


@pytest.mark.field
@pytest.mark.skipif(not EXAM.exists(), reason="needs ../shared/exam")
def test_on_the_exams_company_too(tmp_path):
    from datetime import datetime

    from auditor import run
    from auditor.options import RunOptions, Silence

    at = datetime.fromisoformat((EXAM / "audit-at.txt").read_text().strip())
    config = load(EXAM / "auditor.yaml")
    evidence, output = str(tmp_path / "evidence"), tmp_path / "output"
    period = timedelta(days=90)
    run.collect(RunOptions(config=config, at=at, period=period, evidence=evidence, output=output, workers=1), Silence())
    store = Store(evidence)
    rows = rights_rows(store, config, at)
    people = People(config, rows.accounts, rows.credentials, rows.policies)
    handles = [read_handle(row.handle) for row in (*rows.grants, *rows.credentials) if row.handle]
    chosen = random.Random(7).sample(handles, REMOVALS)
    every = {row.account for row in rows.accounts} | {row.principal for row in rows.grants}
    limits = Limits(period_from=at - period, period_to=at)
    with attributed(store, limits, people, Systems(config), config.engine) as activity:
        told = activity.used_acts(every)
    assert told
    seen = Counter()
    for handle in chosen:
        if provider(handle["provider"]).without(rows, [handle]) is not None:
            seen += compared(config, rows, handle, told, at, others=5)
    assert seen[Fate.FAILED], seen
