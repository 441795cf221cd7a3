"""Calls that set many things, and logs among them: a database's, a search domain's, a balancer's, what is typed."""

from collections.abc import Callable, Mapping
from typing import Any

from auditor.model.details import as_object, as_objects, texts
from auditor.providers.database_logs import is_of_a_log, log_settings, silences

_BALANCED = ("access", "connection")

Asked = Mapping[str, Any]


def sets_log(asked: Asked) -> bool:
    """Whether one of them is set; of a search domain's, which may be told besides what gives rights, that it is off."""
    return bool(
        _database_logs(asked)
        or _database_settings(asked)
        or _taken_back(asked)
        or _ends_search_log(asked)
        or _commands_log(asked)
        or _balancer_logs(asked)
    )


def _database_logs(asked: Asked) -> Any:
    """Which logs of a database are to be kept outside it, and which no more."""
    return asked.get("cloudwatchLogsExportConfiguration")


def _ends_database_log(asked: Asked) -> bool:
    return bool(as_object(_database_logs(asked)).get("disableLogTypes"))


def _database_settings(asked: Asked) -> dict[str, str]:
    """Settings of what databases write into their own logs, by name; an option that does it and is removed is `off`."""
    gone = {name: "off" for name in texts(asked.get("optionsToRemove")) if is_of_a_log(name)}
    return {**log_settings(asked.get("parameters"), "parameterName", "parameterValue"), **gone}


def _silences_database(asked: Asked) -> bool:
    return silences(_database_settings(asked))


def _taken_back(asked: Asked) -> bool:
    """Whether settings of what databases write into their own logs are to be as they were at first."""
    return any(is_of_a_log(str(one.get("parameterName"))) for one in as_objects(asked.get("parameters")))


def _ends_search_log(asked: Asked) -> bool:
    """Whether a search domain's log of who asked for what is switched off."""
    return as_object(as_object(asked.get("logPublishingOptions")).get("AUDIT_LOGS")).get("enabled") is False


def _commands_log(asked: Asked) -> Any:
    """How a cluster is to keep what is typed in its containers."""
    return as_object(asked.get("configuration")).get("executeCommandConfiguration")


def _ends_commands_log(asked: Asked) -> bool:
    return as_object(_commands_log(asked)).get("logging") == "NONE"


def _balancer_logs(asked: Asked) -> dict[str, Any]:
    """What is to become of a balancer's logs, by the name of each setting; a classic one's has the name `enabled`."""
    classic = as_object(as_object(asked.get("loadBalancerAttributes")).get("accessLog"))
    pairs = ((str(one.get("key")), one.get("value")) for one in as_objects(asked.get("attributes")))
    return {**classic, **{key: value for key, value in pairs if "_logs.s3." in key}}


def _ends_balancer_log(asked: Asked) -> bool:
    logs = _balancer_logs(asked)
    return logs.get("enabled") is False or any(logs.get(f"{log}_logs.s3.enabled") == "false" for log in _BALANCED)


ENDS_LOG: Mapping[str, Callable[[Asked], bool]] = {
    "ecs:UpdateCluster": _ends_commands_log,
    "rds:ModifyDBInstance": _ends_database_log,
    "rds:ModifyDBCluster": _ends_database_log,
    "rds:ModifyDBParameterGroup": _silences_database,
    "rds:ModifyDBClusterParameterGroup": _silences_database,
    "rds:ModifyOptionGroup": _silences_database,
    "rds:ResetDBParameterGroup": _taken_back,
    "rds:ResetDBClusterParameterGroup": _taken_back,
    "redshift:ModifyClusterParameterGroup": _silences_database,
    "redshift:ResetClusterParameterGroup": _taken_back,
    "es:UpdateElasticsearchDomainConfig": _ends_search_log,
    "es:UpdateDomainConfig": _ends_search_log,
    "elasticloadbalancing:ModifyLoadBalancerAttributes": _ends_balancer_log,
}
"""Whether a call leaves less of a log, by the action."""
