"""What a CloudTrail record was done to, named as fully as the record allows.

Systems are matched by patterns on this text, so the names that a call concerns must stand in it. Where a call concerns
several things, they stand side by side with a space between.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from auditor.model.details import as_object, as_objects
from auditor.model.written import written
from collectors.aws.cloudtrail.shapes import HIDDEN, NOTHING, Entry, loose, text

if TYPE_CHECKING:
    import msgspec

MOST_NAMES = 20

_DEEPEST = 3
_ASIDE = ("filter", "tag")

_GLOBAL = frozenset({"iam", "route53"})
_WITHOUT_ACCOUNT = frozenset({"apigateway", "route53"})
_INSTANCE = re.compile(r"m?i-[0-9a-f]+$")
# How a session is asked for in a container of ECS.
_TASK = re.compile(r"ecs:(?P<cluster>[\w-]+)_(?P<task>[0-9a-f]+)_[0-9a-f]+-\d+")
_ACCOUNT = re.compile(r"\d{12}")
_REFUSED = re.compile(r" on resource: (?P<arn>arn:[^\s*]+?)(?=[.,]?(?:\s|$))")
_ARN_SERVICE = {"monitoring": "cloudwatch", "ec2-instance-connect": "ec2"}
_TELLING = ("name", "names", "identifier", "identifiers", "id", "ids")
# Each of what a call of theirs names may be the one that tells the system: a copy and what it is made from.
_SEVERAL = frozenset({"batch", "codedeploy", "eks", "elasticache", "rds"})
# These keep names in small letters, however a call writes them.
_SMALL_NAMES = frozenset({"elasticache", "rds", "redshift"})
_TAGGING = frozenset({"tagSet", "tagSpecificationSet"})
_NOT_TELLING = frozenset(
    {"clientrequesttoken", "requestid", "host", "rolesessionname", "registryid", "accountid", "delegationrequestid"}
)


def resource(
    service: str, region: str | None, account: str, params: Any, listed: Sequence[str], depth: int = 0
) -> str | None:
    """The resource of one record, as far as its request tells; see `answered_resource` for the rest.

    Args:
        service: the event source without `.amazonaws.com`.
        region: `awsRegion`.
        account: account id for the ARNs that are put together from names.
        params: `requestParameters`, decoded, any shape.
        listed: ARNs in `resources`, none of them of a thing of the service called.
        depth: how deep in the parameters these stand: what names nothing itself may wrap what does.
    """
    params = _small(as_object(params))
    if (registry := text(params.get("registryId"))) and _ACCOUNT.fullmatch(registry):
        account = registry
    found = _from_parameters(service, region, account, params) if params else None
    found = found or _join(_arns(params)) or _join(listed) or _join(_telling(params))
    if found or depth == _DEEPEST:
        return found
    inner = (resource(service, region, account, one, (), depth + 1) for one in _within(params))
    return _join(filter(None, inner))


def _within(params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects in parameters, but for what only narrows or marks what is asked for."""
    for name, value in params.items():
        if not name.lower().startswith(_ASIDE):
            yield from as_objects([value] if isinstance(value, dict) else value)


def _small(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters by names as most calls write them: some begin with a capital."""
    if not next(iter(params), "")[:1].isupper():
        return params
    return {name[:1].lower() + name[1:]: value for name, value in params.items()}


def listed_arns(entries: Sequence[Entry]) -> list[str]:
    """The ARNs in a record's `resources`."""
    return [arn for one in entries[:MOST_NAMES] if (arn := one.arn or one.small)]


def own_resource(service: str, entries: Sequence[Entry]) -> str | None:
    """The resource of a record where its `resources` name things of the service called; a role assumed is IAM's."""
    begins = _begins(service)
    own: list[str] = []
    for one in entries[:MOST_NAMES]:
        arn = one.arn or one.small
        if arn and (arn.startswith(begins) or is_of(service, arn)):
            own.append(arn)
    if len(own) > 1:
        # A bucket that something in it is named of says no more; a copy has what it is made from beside it.
        lines = "\n".join(["", *own])
        return _join([one for one in own if f"\n{one}/" not in lines])
    return own[0] if own else None


@lru_cache(maxsize=1024)
def _begins(service: str) -> tuple[str, ...]:
    """How the ARNs of a service's things begin nearly everywhere."""
    return (f"arn:aws:{service}:", "arn:aws:iam:") if service == "sts" else (f"arn:aws:{service}:",)


def is_of(service: str, arn: str) -> bool:
    """Whether an ARN names a thing of the service called; of sts, one of IAM's too."""
    # An ARN has its service as its third part, with a fourth behind it.
    parts = arn.split(":", 3)
    return len(parts) > 3 and (parts[2] == service or (service == "sts" and parts[2] == "iam"))  # noqa: PLR2004


def answered_resource(response: msgspec.Raw, asked: str | None = None) -> str | None:
    """What the request named, and beside it ARNs in `responseElements`, groups of ECS tasks, what keeps a trail."""
    # An object that names anything is longer than `null`.
    answered = loose(response) if len(response) > len(NOTHING) else None
    if not isinstance(answered, dict):
        return asked
    listed = [one for part in answered.values() if isinstance(part, list) for one in part[:MOST_NAMES]]
    parts = [as_object(part) for part in (answered, *answered.values(), *listed)]
    groups = (group for part in parts if "taskArn" in part for group in _strings(part.get("group")))
    arns = [arn for part in parts for arn in _arns(part)]
    # A role that a thing acts as is not what was made or changed.
    things = [arn for arn in arns if ":iam:" not in arn]
    kept = _kept(answered, "") if "trailARN" in answered else ()
    return _join([*(asked or "").split(" "), *(things or arns), *groups, *kept])


def refused_resource(message: str | None) -> str | None:
    """What somebody was refused, where the request is not told: IAM's own words name it."""
    named = _REFUSED.search(message) if message else None
    return named["arn"] if named else None


def _from_parameters(service: str, region: str | None, account: str, params: dict[str, Any]) -> str | None:
    start = _start(service, region, account)
    if (own := _OWN_WAYS.get(service)) and (found := _join(own(params, start))):
        return found
    named: list[str] = []
    for name, prefix in _parameters().get(service, {}).items():
        if name in params:
            # What is called so may be an execution or an alias of a thing that stands beside it.
            of = _own_arns(service, params) if name == "name" else []
            named += of or _names(params[name], start + prefix)
            if service in _SMALL_NAMES:
                named = list(map(str.lower, named))
            if named and service not in _SEVERAL:
                break
    return _join(named)


@cache
def _parameters() -> dict[str, dict[str, str]]:
    return written(__package__, "resources", dict[str, dict[str, str]])


@lru_cache(maxsize=1024)
def _start(service: str, region: str | None, account: str) -> str:
    partition = "aws-cn" if region and region.startswith("cn-") else "aws"
    if region and region.startswith("us-gov-"):
        partition = "aws-us-gov"
    place = "" if service in _GLOBAL else region or ""
    owner = "" if service in _WITHOUT_ACCOUNT else account
    return f"arn:{partition}:{_ARN_SERVICE.get(service, service)}:{place}:{owner}:"


def _s3(params: dict[str, Any], start: str) -> Iterator[str]:
    del start  # a bucket's ARN names no account
    if bucket := text(params.get("bucketName")):
        key = text(params.get("key"))
        yield f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _sts(params: dict[str, Any], start: str) -> Iterator[str]:
    """A role; or the root user of an account, and the policy of AWS that says for which task."""
    yield from _names(params.get("roleArn"), start)
    if target := text(params.get("targetPrincipal")):
        yield target if target.startswith("arn:") else f"arn:{start.split(':')[1]}:iam::{target}:root"
        yield from _names(as_object(params.get("taskPolicyArn")).get("arn"), "")


def _sqs(params: dict[str, Any], start: str) -> Iterator[str]:
    queue = text(params.get("queueUrl"))
    yield from [start + queue.rsplit("/", 1)[-1]] if queue else _names(params.get("queueName"), start)


def _ecs(params: dict[str, Any], start: str) -> Iterator[str]:
    """Services and tasks carry their cluster's name, which is often the only one that tells the system."""
    cluster = text(params.get("cluster")) or text(params.get("clusterName"))
    within = cluster.rsplit("/", 1)[-1] + "/" if cluster else ""
    kinds = {"service": "service", "services": "service", "serviceName": "service", "task": "task", "tasks": "task"}
    found = (_names(params.get(parameter), f"{start}{kind}/{within}") for parameter, kind in kinds.items())
    if names := next(filter(None, found), None):
        yield from names
    else:
        yield from _names(cluster, start + "cluster/")
        yield from _names(params.get("taskDefinition") or params.get("family"), start + "task-definition/")
    yield from _names(params.get("container"), start + "container/")
    yield from _strings(params.get("group"))


def _ssm_targets(params: dict[str, Any], start: str) -> Iterator[str]:
    """The instances of a command or session, by id or tag, what a port leads to, and what an automation is given."""
    into = text(params.get("target")) or ""
    if task := _TASK.fullmatch(into):
        yield f"{start.replace(':ssm:', ':ecs:')}task/{task['cluster']}/{task['task']}"
    else:
        yield from _names(into, start + "instance/")
    yield from _names(params.get("instanceIds"), start + "instance/")
    for target in as_objects(params.get("targets")):
        key = text(target.get("key")) or ""
        plain = start + "instance/" if key == "InstanceIds" else "" if key == "ParameterValues" else f"{key}="
        yield from _names(target.get("values"), plain)
    given = as_object(params.get("parameters"))
    yield from _strings(given.get("host"))
    yield from (start + f"instance/{one}" if _INSTANCE.match(one) else one for one in _telling(given))


def _tunnel(params: dict[str, Any], start: str) -> Iterator[str]:
    """What a tunnel goes through, and the address that it leads to."""
    yield from _names(params.get("instanceConnectEndpointId"), start + "instance-connect-endpoint/")
    yield from _strings(params.get("privateIpAddress"))


def _called(params: dict[str, Any], start: str) -> Iterator[str]:
    """A rule or a schedule, and what it has called from now on."""
    group = text(params.get("groupName")) or "default"
    yield from _names(params.get("rule"), start + "rule/")
    yield from _names(params.get("name"), start + ("rule/" if ":events:" in start else f"schedule/{group}/"))
    for target in (as_object(params.get("target")), *as_objects(params.get("targets"))):
        yield from _names(_small(target).get("arn"), "")


def _route53_records(params: dict[str, Any], start: str) -> Iterator[str]:
    """A hosted zone by its id, and the names whose records were changed."""
    zone = text(params.get("hostedZoneId")) or text(params.get("id")) or ""
    yield from _names(zone.removeprefix("/hostedzone/"), start + "hostedzone/")
    for change in as_objects(as_object(params.get("changeBatch")).get("changes")):
        yield from _strings(as_object(change.get("resourceRecordSet")).get("name"))


def _ec2(params: dict[str, Any], start: str) -> Iterator[str]:
    """What one parameter names, and the tags that are given or asked for: names of machines are tags."""
    for parameter, prefix in _parameters()["ec2"].items():
        if parameter in params and (found := _names(params[parameter], start + prefix)):
            yield from found
            break
    else:
        yield from _names(params.get("resourcesSet"), "")
    if not _TAGGING.isdisjoint(params):
        yield from _tags(params)


def _tags(params: dict[str, Any]) -> Iterator[str]:
    given = as_objects(as_object(params.get("tagSpecificationSet")).get("items"))
    tags = chain.from_iterable(
        as_objects(one) for one in (as_object(params.get("tagSet")).get("items"), *(t.get("tags") for t in given))
    )
    yield from (f"tag:{tag['key']}={tag['value']}" for tag in tags if tag.get("key") and tag.get("value"))


def _dynamodb(params: dict[str, Any], start: str) -> Iterator[str]:
    """The tables of a batch; of anything else what the table of parameters names."""
    yield from _names(list(as_object(params.get("requestItems"))), start + "table/")


def _cloudtrail(params: dict[str, Any], start: str) -> Iterator[str]:
    """A trail, and what it is kept with from now on."""
    if kept := _kept(params, start):
        yield from _names(params.get("name"), start + "trail/")
        yield from kept


def _kept(params: dict[str, Any], start: str) -> list[str]:
    """The bucket, log group and key that a trail is kept with."""
    return [
        *_names(params.get("s3BucketName"), "arn:aws:s3:::"),
        *(name.removesuffix(":*") for name in _names(params.get("cloudWatchLogsLogGroupArn"), "")),
        *_names(params.get("kmsKeyId"), start.replace(":cloudtrail:", ":kms:") + "key/"),
    ]


def _lakeformation(params: dict[str, Any], start: str) -> Iterator[str]:
    """The databases, tables and places of a lake that rights are given on, one by one or in a batch."""
    glue = start.replace(":lakeformation:", ":glue:")
    for one in (params, *as_objects(params.get("entries"))):
        for thing in as_objects(list(as_object(one.get("resource")).values())):
            base, name = _strings(thing.get("databaseName")), _strings(thing.get("name") or thing.get("resourceArn"))
            yield from _names("/".join((*base, *name)), glue + ("table/" if base else "database/"))


_OWN_WAYS: dict[str, Callable[[dict[str, Any], str], Iterator[str]]] = {
    "s3": _s3,
    "sts": _sts,
    "sqs": _sqs,
    "ecs": _ecs,
    "ssm": _ssm_targets,
    "ec2": _ec2,
    "ec2-instance-connect": _tunnel,
    "dynamodb": _dynamodb,
    "events": _called,
    "scheduler": _called,
    "route53": _route53_records,
    "cloudtrail": _cloudtrail,
    "lakeformation": _lakeformation,
}
"""How services name things whose names do not stand in one parameter."""


def _names(value: Any, prefix: str) -> list[str]:
    """Names behind their ARN's beginning; what is an ARN already stays as it is."""
    return [
        name if name.startswith("arn:") else prefix + (name.lstrip("/") if prefix.endswith("/") else name)
        for name in _strings(value)
    ]


def _strings(value: Any) -> Sequence[str]:
    """The strings in a parameter: itself, its elements, or EC2's `{"items": [{"instanceId": …}]}`."""
    if isinstance(value, str):
        return (unquote(value) if value.startswith("arn%3A") else value,) if value and value != HIDDEN else ()
    if isinstance(value, list):
        return [element for element in value[:MOST_NAMES] if isinstance(element, str) and element]
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        items = [item for item in value["items"][:MOST_NAMES] if isinstance(item, dict)]
        return [one for item in items for one in item.values() if isinstance(one, str) and one]
    return ()


def _arns(part: dict[str, Any]) -> list[str]:
    """ARNs that stand directly in a JSON object."""
    return [
        found
        for value in part.values()
        if (value.startswith("arn") if isinstance(value, str) else isinstance(value, list))
        for found in _strings(value)
        if found.startswith("arn:")
    ]


def _own_arns(service: str, params: dict[str, Any]) -> list[str]:
    """ARNs of an account's things of the service called, in the parameters or in objects among them."""
    named = (arn for part in (params, *_within(params)) for arn in _arns(part) if is_of(service, arn))
    return [arn for arn in named if arn.split(":", 5)[4].isdigit()]


def _telling(params: dict[str, Any]) -> Iterable[str]:
    """Bare names and ids, for services that the table does not know."""
    return chain.from_iterable(_strings(value) for key, value in params.items() if _tells(key))


@lru_cache(maxsize=4096)
def _tells(key: str) -> bool:
    low = key.lower()
    return low.endswith(_TELLING) and low not in _NOT_TELLING


def _join(names: Iterable[str]) -> str | None:
    kept = [name for name in names if name]
    if len(kept) > 1:
        return " ".join(list(dict.fromkeys(kept))[:MOST_NAMES])
    return kept[0] if kept else None
