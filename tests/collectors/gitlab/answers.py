"""GitLab's answers on access by hand, and their rows as tests compare them."""

import json
from datetime import UTC, datetime

from auditor.config.sources import GitlabAccess
from auditor.model.arrow import from_arrow
from collectors.base import Raw, missing
from collectors.gitlab.access import GitlabAccessCollector
from tests.collectors.rows import columns

NOW = "2026-02-20T10:00:00Z"
TEN = datetime(2026, 2, 20, 10, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
PROJECT = {"id": 7, "path_with_namespace": "quay/shop", "default_branch": "main"}
GROUP = {"id": 70, "name": "Quay", "created_at": NOW}
NINA = {"id": 1, "username": "nina", "state": "active", "access_level": 30}
MIA = {"id": 3, "username": "mia", "state": "active", "access_level": 50}


def reader(context):
    """Rows of a table, whole, and the line of coverage; of answers by their name after `gitlab:`, each a part and records."""

    def run(table, answers, **known):
        source = GitlabAccess(
            name="code", kind="gitlab-access", url="https://g.example", token_env="T", **{"groups": ["quay"], **known}
        )
        batch = [
            Raw(f"gitlab:{name}", lambda records=records: json.dumps(records).encode(), part=part)
            if records is not None
            else missing(f"gitlab:{name}", part)
            for name, (part, records) in answers.items()
        ]
        got = GitlabAccessCollector(source, context).normalise(batch)
        rows = [columns(row) for row in from_arrow(table, got.tables[table])] if table in got.tables else []
        for row in rows:
            for name in {"handle", "document"} & row.keys():
                row[name] = json.loads(row[name])
        return rows, got.coverage[0]

    return run


def shop(*members, part="members", **more):
    return {"quay/shop#project": ("project", PROJECT), f"quay/shop#{part}/page-1": (part, list(members)), **more}


def known(user=None, keys=None, missing_=None):
    return {"#users": ("users", [{"user": user, "keys": keys, "missing": missing_}])}
