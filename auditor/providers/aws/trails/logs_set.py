"""What a call that sets many things asks for of a log: a database's, a balancer's, what is typed in containers."""

from collections.abc import Mapping
from typing import Any

from auditor.model.details import as_object, as_objects, texts
from auditor.providers.database_logs import is_of_a_log, log_settings


def database_logs(asked: Mapping[str, Any]) -> Any:
    """Which logs of a database are to be kept outside it, and which no more."""
    return asked.get("cloudwatchLogsExportConfiguration")


def database_settings(asked: Mapping[str, Any]) -> dict[str, str]:
    """Settings of what databases write into their own logs, by name; an option that does it and is removed is `off`."""
    gone = {name: "off" for name in texts(asked.get("optionsToRemove")) if is_of_a_log(name)}
    return {**log_settings(asked.get("parameters"), "parameterName", "parameterValue"), **gone}


def settings_taken_back(asked: Mapping[str, Any]) -> list[str]:
    """The settings of what databases write into their own logs that are to be as they were at first."""
    named = (str(one.get("parameterName")) for one in as_objects(asked.get("parameters")))
    return [name for name in named if is_of_a_log(name)]


def search_log(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is to become of a search domain's log of who asked for what."""
    return as_object(as_object(asked.get("logPublishingOptions")).get("AUDIT_LOGS"))


def commands_log(asked: Mapping[str, Any]) -> Any:
    """How a cluster is to keep what is typed in its containers."""
    return as_object(asked.get("configuration")).get("executeCommandConfiguration")


def balancer_logs(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is to become of a balancer's logs, by the name of each setting; a classic one's has the name `enabled`."""
    classic = as_object(as_object(asked.get("loadBalancerAttributes")).get("accessLog"))
    pairs = ((str(one.get("key")), one.get("value")) for one in as_objects(asked.get("attributes")))
    return {**classic, **{key: value for key, value in pairs if "_logs.s3." in key}}
