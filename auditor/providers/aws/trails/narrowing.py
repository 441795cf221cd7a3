"""What a change to a trail, to what keeps it, or to another recorder leaves of the log."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.model.details import as_list, as_object, as_objects, details, texts
from auditor.model.globs import matches
from auditor.model.vocabulary import Category
from auditor.providers.aws.trails.logs_set import ENDS_LOG

SHORTEST_KEEPING = 90
"""Days: CloudTrail itself remembers events for as long, so that a bucket that keeps less adds nothing."""

_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_LOGS = "AWSLogs/"  # what the names of a trail's objects begin with, behind a prefix of its own
# What GuardDuty takes for "off", by the name of a setting.
_DETECTOR_OFF: Mapping[str, tuple[object, ...]] = {
    "enable": (False,),
    "status": ("DISABLED",),
    "autoEnable": (False, "NONE"),
    "autoEnableOrganizationMembers": ("NONE",),
}

Asked = dict[str, Any]


def narrows(event: JudgedEvent) -> bool:
    """Whether less is recorded, or kept, afterwards.

    A change to what keeps a log does so only by what is known to lose some of it; one to a recorder, which may name
    what keeps its log, by whatever is not known to leave as much. What was asked for is unknown where the log does not
    say it.
    """
    asked = details(event.detail)
    if event.action in _POLICY or (event.keeps_log and event.category != Category.AUDIT_TRAIL):
        judge = _OF_STORES.get(event.action)
        return judge is not None and judge(asked)
    judge = _OF_RECORDERS.get(event.action)
    return judge is None or judge(asked)


def names_cloudtrail(event: JudgedEvent) -> bool:
    """Whether an event sets the policy of a bucket or key that speaks of CloudTrail: it is where a trail is kept."""
    policy = _POLICY.get(event.action)
    stated = _statements(details(event.detail), policy) if policy else ()
    return any(_CLOUDTRAIL in _services(one) for one in stated if isinstance(one.get("Principal"), dict))


def _always(asked: Asked) -> bool:
    del asked
    return True


def _switched_off(*flags: str) -> Callable[[Asked], bool]:
    return lambda asked: any(asked.get(flag) is False for flag in flags)


def _trail(asked: Asked) -> bool:
    """A trail gives something up, or is sent elsewhere: a bucket that is asked for alone is another one."""
    settings = {name for name, value in asked.items() if value is not None} - {"name", "s3KeyPrefix"}
    moved = settings == {"s3BucketName"} or asked.get("cloudWatchLogsLogGroupArn") == ""
    flags = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "isOrganizationTrail")
    return moved or _switched_off(*flags)(asked)


def _event_selectors(asked: Asked) -> bool:
    basic, advanced = as_objects(asked.get("eventSelectors")), as_objects(asked.get("advancedEventSelectors"))
    return not (any(map(_is_whole, basic)) or any(map(_is_whole_advanced, advanced)))


def _is_whole(selector: Asked) -> bool:
    whole = selector.get("includeManagementEvents", True) is True and selector.get("readWriteType", "All") == "All"
    return whole and not selector.get("excludeManagementEventSources")


def _is_whole_advanced(selector: Asked) -> bool:
    """Whether it keeps all management events: it selects them and excludes nothing."""
    fields = as_objects(selector.get("fieldSelectors"))
    chosen = [field.get("equals") for field in fields if field.get("field") == "eventCategory"]
    return len(chosen) == len(fields) and any("Management" in (names or ()) for names in chosen)


def _data_store(asked: Asked) -> bool:
    selects = "advancedEventSelectors" in asked and _event_selectors(asked)
    off = _switched_off("multiRegionEnabled", "organizationEnabled", "terminationProtectionEnabled")
    return selects or off(asked) or _shorter("retentionPeriod")(asked)


def _detector(asked: Asked) -> bool:
    """A detector, one of what it watches, or either for accounts to come is switched off."""
    parts = [asked, *as_objects(asked.get("features")), *_within(as_object(asked.get("dataSources")))]
    return not asked or any(part.get(flag) in off for part in parts for flag, off in _DETECTOR_OFF.items())


def _within(part: Asked) -> Iterator[Asked]:
    """An object, and those in it, a few levels deep."""
    yield part
    for inner in map(as_object, part.values()):
        yield inner
        yield from (as_object(value) for value in inner.values())


def _recorder(asked: Asked) -> bool:
    group = as_object(as_object(asked.get("configurationRecorder")).get("recordingGroup"))
    return group.get("allSupported") is False


def _access_log(asked: Asked) -> bool:
    return not as_object(as_object(asked.get("BucketLoggingStatus")).get("LoggingEnabled"))


def _cluster_log(asked: Asked) -> bool:
    """A cluster's log is switched off, its audit log among others; other settings of a cluster are no recorder's."""
    logs = as_objects(as_object(asked.get("logging")).get("clusterLogging"))
    return any(one.get("enabled") is False for one in logs)


def _no_destination(asked: Asked) -> bool:
    return not as_object(asked.get("loggingConfiguration")).get("logDestinationConfigs")


def _session_log(asked: Asked) -> bool:
    """Sessions of Systems Manager are kept nowhere any more; a document without content is deleted."""
    kept = as_object(details(str(asked.get("content") or "{}")).get("inputs"))
    return not (kept.get("s3BucketName") or kept.get("cloudWatchLogGroupName"))


def _shorter(days: str) -> Callable[[Asked], bool]:
    """Whether what is kept for so many days is kept for fewer than the shortest."""

    def judge(asked: Asked) -> bool:
        kept = asked.get(days)
        return isinstance(kept, int) and kept < SHORTEST_KEEPING

    return judge


_OF_RECORDERS: Mapping[str, Callable[[Asked], bool]] = {
    "cloudtrail:UpdateTrail": _trail,
    "cloudtrail:PutEventSelectors": _event_selectors,
    "cloudtrail:PutInsightSelectors": lambda asked: not asked.get("insightSelectors"),
    "cloudtrail:UpdateEventDataStore": _data_store,
    "config:PutConfigurationRecorder": _recorder,
    "config:PutRetentionConfiguration": _shorter("retentionPeriodInDays"),
    "guardduty:UpdateDetector": _detector,
    "guardduty:UpdateMemberDetectors": _detector,
    "guardduty:UpdateOrganizationConfiguration": _detector,
    "guardduty:CreateFilter": lambda asked: asked.get("action") == "ARCHIVE",
    "guardduty:UpdateFilter": lambda asked: asked.get("action") == "ARCHIVE",
    "guardduty:CreateIPSet": lambda asked: asked.get("activate") is True,
    "guardduty:UpdateIPSet": lambda asked: asked.get("activate") is True,
    "macie2:UpdateMacieSession": lambda asked: asked.get("status") == "PAUSED",
    "ssm:UpdateDocument": _session_log,
    **ENDS_LOG,
    "s3:PutBucketLogging": _access_log,
    "eks:UpdateClusterConfig": _cluster_log,
    "network-firewall:UpdateLoggingConfiguration": _no_destination,
}
"""What is not here always narrows: it stops or deletes."""


def _expires_soon(asked: Asked) -> bool:
    rules = as_objects(as_list(as_object(asked.get("LifecycleConfiguration")).get("Rule")))
    return any(rule.get("Status") == "Enabled" and _meets_logs(rule) and _ends_soon(rule) for rule in rules)


def _meets_logs(rule: Asked) -> bool:
    """Whether a rule of a lifecycle is about log files: one for another folder is not."""
    stated = as_object(rule.get("Filter"))
    prefix = rule.get("Prefix") or stated.get("Prefix") or as_object(stated.get("And")).get("Prefix") or ""
    return not isinstance(prefix, str) or _LOGS in prefix + "/" or _LOGS.startswith(prefix)


def _ends_soon(rule: Asked) -> bool:
    expiry = as_object(rule.get("Expiration"))
    return _shorter("Days")(expiry) or "Date" in expiry


def _stops_versions(asked: Asked) -> bool:
    return as_object(asked.get("VersioningConfiguration")).get("Status") == "Suspended"


def _shuts_out(asked: Asked, policy: str) -> bool:
    """Whether a policy lets CloudTrail write no more.

    A refusal of everybody under a condition, such as of whoever does not use TLS, does not keep CloudTrail out.
    """
    about = [one for one in _statements(asked, policy) if _CLOUDTRAIL in _services(one)]
    refused = any(one.get("Effect") == "Deny" and _writes(one) and not _spares(one) for one in about)
    return refused or all(one.get("Effect") != "Allow" for one in about)


def _spares(statement: Asked) -> bool:
    return bool(statement.get("Condition")) and statement.get("Principal") in ("*", {"AWS": "*"})


def _writes(statement: Asked) -> bool:
    """Whether CloudTrail needs what it is about: to put an object, to look at the bucket, to use a key."""
    needed = ("s3:PutObject", "s3:GetBucketAcl", "kms:GenerateDataKey", "kms:DescribeKey")
    actions = texts(as_list(statement.get("Action")))
    return "NotAction" in statement or any(matches(action, one) for action in actions for one in needed)


_POLICY: Mapping[str, str] = {"s3:PutBucketPolicy": "bucketPolicy", "kms:PutKeyPolicy": "policy"}

_OF_STORES: Mapping[str, Callable[[Asked], bool]] = {
    "s3:DeleteBucket": _always,
    "s3:DeleteBucketPolicy": _always,
    "s3:DeleteObject": _always,
    "s3:DeleteObjects": _always,
    "s3:PutBucketLifecycle": _expires_soon,
    "s3:PutBucketLifecycleConfiguration": _expires_soon,
    "s3:PutBucketVersioning": _stops_versions,
    "s3:PutBucketLogging": _access_log,
    "s3:DeleteBucketReplication": _always,
    "s3:PutBucketObjectLockConfiguration": lambda asked: (
        not as_object(asked.get("ObjectLockConfiguration")).get("Rule")
    ),
    "s3:PutBucketPolicy": lambda asked: _shuts_out(asked, "bucketPolicy"),
    "kms:ScheduleKeyDeletion": _always,
    "kms:DisableKey": _always,
    "kms:DeleteImportedKeyMaterial": _always,
    "kms:PutKeyPolicy": lambda asked: _shuts_out(asked, "policy"),
    "firehose:DeleteDeliveryStream": _always,
    "logs:DeleteLogGroup": _always,
    "logs:DeleteLogStream": _always,
    "logs:DeleteSubscriptionFilter": _always,
    "logs:PutRetentionPolicy": _shorter("retentionInDays"),
}


def _statements(asked: Asked, policy: str) -> list[Asked]:
    stated = asked.get(policy)
    document = details(stated) if isinstance(stated, str) else as_object(stated)
    return as_objects(as_list(document.get("Statement")))


def _services(statement: Asked) -> Collection[str]:
    """The services whom a statement is about; CloudTrail too where it names everybody."""
    principal = statement.get("Principal")
    if principal == "*" or as_object(principal).get("AWS") == "*":
        return (_CLOUDTRAIL,)
    return texts(as_list(as_object(principal).get("Service")))
