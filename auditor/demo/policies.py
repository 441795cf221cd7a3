"""The company's policies and roles, as documents."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from auditor.demo.stand_in import REGION

Document = dict[str, Any]
Maker = Callable[[str], Document]


def document(*statements: Document) -> Document:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def text(policy: Document) -> str:
    """As the API takes it."""
    return json.dumps(policy)


def allow(*actions: str, on: tuple[str, ...], when: Document | None = None) -> Document:
    """A statement that allows."""
    statement: Document = {"Effect": "Allow", "Action": list(actions), "Resource": list(on)}
    return {**statement, "Condition": when} if when else statement


def arn(service: str, account: str, resource: str) -> str:
    """An ARN in the company's region."""
    return f"arn:aws:{service}:{REGION}:{account}:{resource}"


def _of(system: str, account: str) -> tuple[str, ...]:
    """Everything that a system consists of."""
    return (
        arn("ecs", account, f"service/{system}-prod/*"),
        arn("ecs", account, f"task/{system}-prod/*"),
        arn("ecs", account, f"task-definition/{system}-*:*"),
        arn("ssm", account, f"parameter/{system}/*"),
    )


def _operate(system: str) -> Maker:
    return lambda account: document(
        allow("ecs:UpdateService", "ecs:StopTask", "ecs:RunTask", "ecs:Describe*", on=_of(system, account)[:3]),
        allow("ssm:GetParameter*", "ssm:PutParameter", on=_of(system, account)[3:]),
    )


def jobs_write(account: str) -> Document:
    """What an incident on the background jobs needs."""
    return _operate("jobs")(account)


def checkout_fix(account: str, until: str) -> Document:
    """Twenty minutes on checkout: AWS itself ends them at `until`."""
    return document(
        allow(
            "ecs:UpdateService",
            "ecs:Describe*",
            on=_of("checkout", account)[:3],
            when={"DateLessThan": {"aws:CurrentTime": until}},
        ),
        allow(
            "ssm:GetParameter*",
            "ssm:PutParameter",
            on=_of("checkout", account)[3:],
            when={"DateLessThan": {"aws:CurrentTime": until}},
        ),
    )


def become_operator(account: str) -> Document:
    """Step up to an operator's role."""
    return document(allow("sts:AssumeRole", on=(f"arn:aws:iam::{account}:role/*-operator",)))


def _release(system: str) -> Maker:
    return lambda account: document(
        allow("ecs:UpdateService", on=_of(system, account)[:1]),
        allow("ecs:RegisterTaskDefinition", "ecs:Describe*", on=_of(system, account)[2:3]),
    )


def _ci(account: str) -> Document:
    both = (*_of("checkout", account), *_of("jobs", account))
    return document(
        allow("ecs:*", on=tuple(name for name in both if ":ecs:" in name)),
        allow("ecr:*", on=(arn("ecr", account, "repository/checkout"), arn("ecr", account, "repository/jobs"))),
        allow("ecr:GetAuthorizationToken", "ecs:RegisterTaskDefinition", on=("*",)),
    )


def _infrastructure(_: str) -> Document:
    return document(
        allow("ec2:*", "ecs:*", "elasticloadbalancing:*", "cloudwatch:*", "cloudtrail:*", "s3:*Bucket*", on=("*",)),
        allow("iam:Get*", "iam:List*", on=("*",)),
    )


def _broker(account: str) -> Document:
    users = tuple(f"arn:aws:iam::{account}:user/{name}" for name in ("nina", "mia", "leon", "tom"))
    return document(allow("iam:PutUserPolicy", "iam:DeleteUserPolicy", "iam:ListUserPolicies", on=users))


def _task(account: str) -> Document:
    return document(
        allow(
            "secretsmanager:GetSecretValue",
            on=(arn("secretsmanager", account, "secret:checkout/*"), arn("secretsmanager", account, "secret:jobs/*")),
        ),
    )


MANAGED: dict[str, Maker] = {
    "checkout-operate": _operate("checkout"),
    "jobs-operate": _operate("jobs"),
    "jobs-release": _release("jobs"),
    "checkout-restart": lambda account: document(
        allow("ecs:StopTask", on=(arn("ecs", account, "task/checkout-prod/*"),))
    ),
    "ci-deploy": _ci,
    "infrastructure": _infrastructure,
    "access-broker": _broker,
    "shop-task": _task,
}


@dataclass(frozen=True, slots=True)
class Role:
    """A role, who may become it, and the company's own policies that it holds."""

    name: str
    description: str
    trust: Maker
    managed: tuple[str, ...]


def _people(*names: str) -> Maker:
    return lambda account: document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{account}:user/{name}" for name in names]},
            "Action": "sts:AssumeRole",
        }
    )


def _service(host: str) -> Maker:
    return lambda _: document({"Effect": "Allow", "Principal": {"Service": host}, "Action": "sts:AssumeRole"})


def _gitlab(project: str) -> Maker:
    return lambda account: document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/gitlab.harbour.example"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringLike": {"gitlab.harbour.example:sub": f"project_path:harbour/{project}:ref_type:branch:ref:main"}
            },
        }
    )


ROLES = (
    Role("checkout-operator", "Runs checkout", _people("mia", "leon"), ("checkout-operate",)),
    Role("jobs-operator", "Runs the background jobs", _people("mia", "tom"), ("jobs-operate",)),
    Role("ci-deploy", "Deploys from GitLab", _gitlab("*"), ("ci-deploy",)),
    Role("terraform", "Plans and applies the infrastructure", _gitlab("infrastructure"), ("infrastructure",)),
    Role("access-broker", "Gives and takes temporary access", _service("lambda.amazonaws.com"), ("access-broker",)),
    Role("shop-task", "What the containers run as", _service("ecs-tasks.amazonaws.com"), ("shop-task",)),
)
