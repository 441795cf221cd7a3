"""The policy that fits what a user or role of AWS did, beside what it holds."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from shlex import quote

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.few import few
from auditor.model.tables import Account
from auditor.providers.aws.accounts import RESERVED
from auditor.providers.aws.actions import NONE, Actions, dependents, services_of, union
from auditor.providers.aws.callers import within
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.fit_policy import Right, documents, rights_of
from auditor.providers.aws.policy import given
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.runners import runners
from auditor.providers.aws.trails.recorded import unrecorded
from auditor.providers.fitted import Fitted, Work

_NO_NAME = re.compile(r"[^A-Za-z0-9+=,.@-]+")
_SET = re.compile(rf"{RESERVED}(?P<name>.+)_[0-9a-f]{{16}}$")
_OF_IAM = re.compile(r"arn:[^:]*:iam::[0-9]{12}:(?:user|role)/")
_NO_POLICY = "it was done as no user or role of IAM, and no policy of IAM gives it"
_PASSING = ("iam:PassRole",)
_TOLD = 3
_KEYED = ("dynamodb", "ebs", "kinesis", "logs", "rds", "s3", "secretsmanager", "sns", "sqs", "ssm")
"""Services whose data is often encrypted with a key of one's own, which calls then need too."""


def fitted_policy(config: Config, rows: Snapshots, work: Work) -> Fitted:  # noqa: ARG001 - as the protocol has it
    """A policy of the actions that were called, on what they were done to, with an end for what is not to stand."""
    if not _OF_IAM.match(work.account):
        return Fitted(left=tuple((action, _NO_POLICY) for action in sorted({act.action for act in work.acts})))
    rights, left = rights_of(work)
    texts = documents(rights)
    directory = Directory.of(rows)
    row = directory.accounts.get(directory.called(work.account))
    principal = directory.principal(row, work.at) if row else None
    used, held = union(right.action for right in rights), _held(principal, work.at) if principal else None
    names = dict.fromkeys(
        f"policy-{number}.json" if len(texts) > 1 else "policy.json" for number in range(1, len(texts) + 1)
    )
    everywhere = _held_everywhere(principal, work.at) if principal else NONE
    lost = {number for right in rights for number in set(map(id, right.acts)) - set(map(id, right.covered))}
    return Fitted(
        files=dict(zip(names, texts, strict=True)),
        steps=tuple(_steps(work, principal, rows, names)) if texts else (),
        covered=tuple({id(act): act for right in rights for act in right.covered if id(act) not in lost}.values()),
        left=left,
        rows=_rows(rows, work, texts, row) if texts else None,
        keeps=capabilities(used),
        ending=capabilities(union(right.action for right in rights if right.ends)),
        drops=capabilities(held) - capabilities(used) if held else frozenset(),
        unit="action",
        rights=used.bit_count(),
        dropped=None if held is None else (held & ~used).bit_count(),
        narrowed=sum(right.resources != ("*",) and bool(right.action & everywhere) for right in rights),
        added=tuple(right.name for right in rights if held is not None and not right.action & held),
        wide=tuple((right.name, right.why) for right in rights if right.why),
        unseen=tuple(_unseen(rows, work, rights)),
    )


def _held(principal: Principal, at: datetime) -> Actions:
    """The actions that a principal's own policies allow on anything at all."""
    allowed = union(
        one.actions
        for source in principal.sources
        if source.ends is None or source.ends > at
        for one in source.statements
        if one.allow and one.terms.hold(at)
    )
    for ceiling in principal.limits.ceilings:
        allowed &= union(one.actions for one in ceiling if one.terms.hold(at))
    denies = given(principal.limits.denies, within(principal.row.scope))
    whole = (one for one in denies if one.terms.hold(at) and not one.terms.facts and "*" in one.resources)
    return allowed & ~union(one.actions for one in whole if not one.others)


def _held_everywhere(principal: Principal, at: datetime) -> Actions:
    statements = (one for source in principal.sources for one in source.statements if one.allow and one.terms.hold(at))
    return union(one.actions for one in statements if "*" in one.resources and not one.others)


def _rows(rows: Snapshots, work: Work, texts: Sequence[str], row: Account | None) -> Snapshots:
    """The rows with the documents in the place of the account's groups and policies; what limits it stays."""
    account, of = work.account, {"source": row.source, "collected_at": row.collected_at} if row else {}
    holder = row.account if row else account
    found = [
        work.policy(f"{account}#fitted-{number}", "identity", holder, text, name="fitted", **of)
        for number, text in enumerate(texts, 1)
    ]
    return replace(
        rows,
        credentials=(),
        grants=[one for one in rows.grants if one.principal != account],
        memberships=[one for one in rows.memberships if one.member != account or one.via != "member"],
        policies=[*(one for one in rows.policies if (one.attached_to, one.kind) != (account, "identity")), *found],
    )


def _steps(work: Work, principal: Principal | None, rows: Snapshots, names: Iterable[str]) -> Iterator[str]:
    """What a person does with the files."""
    account, own = work.account, work.account.rsplit("/", 1)[-1]
    if made := _SET.search(account):
        sets = (row for row in rows.policies if row.kind == "role-definition" and row.name == made["name"])
        arn = next((row.policy for row in sets), "PERMISSION_SET_ARN")
        instance = f"arn:aws:sso:::instance/{arn.split('/')[1]}" if arn.count("/") > 1 else "INSTANCE_ARN"
        yield "The role is of a permission set that all who are assigned share: where others need more, make a new one."
        for name in names:
            yield (
                f"aws sso-admin put-inline-policy-to-permission-set --instance-arn {quote(instance)} "
                f"--permission-set-arn {quote(arn)} --inline-policy file://{name}"
            )
    else:
        kind = "role" if (principal and principal.is_role) or ":role/" in account else "user"
        partition, scope = account.split(":")[1], account.split(":")[4]
        for number, name in enumerate(names, 1):
            policy = f"fitted-{_NO_NAME.sub('-', own)[:100]}-{number}"
            yield f"aws iam create-policy --policy-name {quote(policy)} --policy-document file://{name}"
            arn = f"arn:{partition}:iam::{scope}:policy/{policy}"
            yield f"aws iam attach-{kind}-policy --{kind}-name {quote(own)} --policy-arn {quote(arn)}"
    if principal and principal.sources:
        held = "; ".join(dict.fromkeys(", ".join(source.steps) for source in principal.sources))
        yield f"When that works, take away what it had before: {held}."


def _unseen(rows: Snapshots, work: Work, rights: Sequence[Right]) -> Iterator[str]:
    """What the log cannot show of what was needed."""
    for scope in sorted({act.scope for act in work.acts}):
        trails = [trail for trail in rows.trails if trail.account == scope and trail.asked]
        if not trails:
            yield f"what the trails of account {scope} record was not read: reads and writes of data may be missing"
        elif lacks := unrecorded(scope, trails).lacks:
            yield f"the trails of account {scope} do not record {' and '.join(lacks)}"
    used = {right.name.lower() for right in rights}
    passing = {call for _, calls in runners().passing for call in calls}
    needed: dict[str, list[str]] = {}
    for right in rights:
        passes = _PASSING if right.name in passing else ()
        for one in dict.fromkeys((*passes, *dependents().get(right.name.lower(), ()))):
            if one.lower() not in used:
                needed.setdefault(one, []).append(right.name)
    for one, names in sorted(needed.items()):
        yield f"{one}, which {few(names, _TOLD)} can need, and which the log does not show as a call"
    keyed = sorted(services_of(union(right.action for right in rights)) & set(_KEYED))
    if keyed and not used & {"kms:decrypt", "kms:generatedatakey"}:
        yield f"kms:Decrypt and kms:GenerateDataKey, where a key of your own encrypts what is in {few(keyed, _TOLD)}"
