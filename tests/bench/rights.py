"""The rights of a large AWS account: roles that lead to each other in circles, and policies of everybody's own."""

from __future__ import annotations

import os
import time
from functools import partial

from tests.bench.measure import Line, at_most, interleaved, task

ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
USERS, ROLES = 2_000, 3_000
_SERVICES = ("lambda", "ec2", "ecs-tasks")


def rights() -> list[Line]:
    """Processor seconds and memory for every path of everybody."""
    cost = interleaved({"rights": partial(task, "rights")}, ROUNDS)["rights"]
    what = f"rights of an account with {USERS:,} users, {ROLES:,} roles and as many policies"
    return [
        at_most(what, cost, cost.cpu, 10, "s of the processor"),
        at_most(f"{what}: memory", cost, cost.peak_mb, 500, "MB"),
    ]


def paths() -> float:
    """Seconds to work them out."""
    from auditor.config.models import Config
    from auditor.evidence.snapshots import Snapshots
    from auditor.providers.aws.rights import aws_access
    from tests.providers.conftest import AT, Iam, identify

    systems = [
        {
            "id": f"s{n}",
            "name": f"S{n}",
            "resources": [{"provider": "aws", "account": Iam.number, "match": [f"*s{n}x*"]}],
        }
        for n in range(10)
    ]
    company = _company(Iam())
    tables = ("accounts", "memberships", "policies", "grants", "credentials", "service_uses")
    rows = Snapshots(**{table: getattr(company, table) for table in tables})
    config = Config.model_validate({"organisation": "Large", "systems": systems})
    begin = time.perf_counter()
    found = aws_access(config, rows, identify, AT)
    assert len(found.access) > USERS
    return time.perf_counter() - begin


def _company(iam):  # type: ignore[no-untyped-def]
    """Users and roles, some of whom may pass roles on, and nobody of whom holds everything."""
    own = iam.arn("user", "${aws:username}")
    iam.group("all", inline={"self": [_may(["iam:CreateAccessKey", "iam:UpdateLoginProfile"], own)]})
    for number in range(ROLES):
        before, after = (iam.arn("role", f"r{(number + step) % ROLES}") for step in (-1, 1))
        by_service = {"Service": f"{_SERVICES[number % len(_SERVICES)]}.amazonaws.com"}
        statements = [_release(number), _may(["sts:AssumeRole"], after)]
        iam.role(f"r{number}", trust=by_service if number % 2 else {"AWS": before}, inline={"p": statements})
    for number in range(USERS):
        passing = _may(["iam:PassRole", "lambda:*"], "*" if number % 100 == 0 else iam.arn("role", f"r{number}*"))
        statements = [_release(number), *([passing] if number % 20 == 0 else [])]
        iam.user(f"u{number}", groups=["all"], inline={"p": statements}, tags="{}")
    return iam


def _may(actions: list[str], on: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": actions, "Resource": on}


def _release(number: int) -> dict[str, object]:
    return _may(["ecs:UpdateService", "s3:GetObject"], f"arn:aws:ecs:eu-west-1:111122223333:service/s{number % 10}x/*")
