"""The package's extras: which modules each brings, and what to install where one is missing."""

from importlib.util import find_spec

_EXTRAS = {
    "aws": ("boto3", "botocore"),
    "database": ("psycopg", "pymysql"),
    "demo": ("flask", "flask_cors", "moto", "recurring_ical_events"),
    "github": ("github",),
    "gitlab": ("gitlab",),
    "google": ("google", "google_auth_httplib2", "googleapiclient", "httplib2"),
    "gs": ("gcsfs",),
    "jira": ("jira",),
    "oncall": ("icalendar", "recurring_ical_events"),
    "s3": ("s3fs",),
    "slack": ("slack_sdk",),
    "spark": ("pyspark", "sqlglot"),
    "ssh": ("asyncssh",),
    "vpn": ("json5", "ldif"),
}
_BROUGHT_BY = {module: extra for extra, modules in _EXTRAS.items() for module in modules}


def remedy(error: ImportError) -> str | None:
    """What to install so that a failed import succeeds, one sentence; None where no extra brings the module."""
    module = (error.name or "").partition(".")[0]
    extra = _BROUGHT_BY.get(module)
    return _sentence(module, extra) if extra else None


def lacking(extra: str) -> str | None:
    """What to install to have an extra, one sentence; None where it is there."""
    missing = [module for module in _EXTRAS[extra] if find_spec(module) is None]
    return _sentence(missing[0], extra) if missing else None


def _sentence(module: str, extra: str) -> str:
    return f"{module} is not installed: install the extra that brings it, production-access-auditor[{extra}]."
