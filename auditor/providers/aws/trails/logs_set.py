"""What a call that sets many things asks for of a log: a database's, a balancer's, what is typed in containers."""

import re
from collections.abc import Mapping
from typing import Any

from auditor.model.details import as_object, as_objects

_OF_A_LOG = re.compile(r"(?i)pgaudit\.log$|log_(?:statement|(?:dis)?connections)$|server_audit_|\w*_AUDIT(?:_PLUGIN)?$")


def database_logs(asked: Mapping[str, Any]) -> Any:
    """Which logs of a database are to be kept outside it, and which no more."""
    return asked.get("cloudwatchLogsExportConfiguration")


def database_settings(asked: Mapping[str, Any]) -> dict[str, str]:
    """Settings of what databases write into their own logs, by name; an option that does it and is removed is `off`."""
    pairs = ((str(one.get("parameterName")), one.get("parameterValue")) for one in as_objects(asked.get("parameters")))
    removed = asked.get("optionsToRemove")
    gone = ((str(one), "off") for one in (removed if isinstance(removed, list) else ()))
    return {name: str(value) for name, value in (*pairs, *gone) if value is not None and _OF_A_LOG.match(name)}


def commands_log(asked: Mapping[str, Any]) -> Any:
    """How a cluster is to keep what is typed in its containers."""
    return as_object(asked.get("configuration")).get("executeCommandConfiguration")


def balancer_logs(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is to become of a balancer's logs, by the name of each setting; a classic one's has the name `enabled`."""
    classic = as_object(as_object(asked.get("loadBalancerAttributes")).get("accessLog"))
    pairs = ((str(one.get("key")), one.get("value")) for one in as_objects(asked.get("attributes")))
    return {**classic, **{key: value for key, value in pairs if "_logs.s3." in key}}
