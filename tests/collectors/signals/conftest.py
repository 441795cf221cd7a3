from datetime import UTC, datetime

import pytest
import yaml
from pydantic import TypeAdapter

from auditor.config import load
from auditor.config.signals import SavedSearch
from auditor.config.sources import AnySource
from auditor.discovery.check import reached
from collectors.registry import collector_for
from tests.monitoring import TOKEN

ANY = TypeAdapter(AnySource)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("MONITORING_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def check(tmp_path, monkeypatch):
    """What `auditor check` says of one source of monitoring with one saved search, and its status."""
    monkeypatch.setenv("WRONG_TOKEN", "wrong")

    def run(kind, url, token_env="MONITORING_TOKEN", query="sum(x)"):
        source = {"name": "monitoring", "kind": kind, "url": url}
        search = {"system": "checkout", "name": "errors", "source": "monitoring", "query": query}
        if token_env:
            source["token_env"] = token_env
        if kind == "sentry":
            source["organization"], search["project"] = "harbour", "checkout-web"
        whole = {"organisation": "Harbour", "systems": [{"id": "checkout", "name": "Checkout"}]}
        (tmp_path / "auditor.yaml").write_text(yaml.safe_dump({**whole, "sources": [source], "signals": [search]}))
        (told,) = reached(load(tmp_path / "auditor.yaml"), datetime.now(UTC))
        return told.status, told.told

    return run


@pytest.fixture
def read(context, collect):
    """Read a source of a kind from call to rows, with saved searches of it."""

    def run(kind, searches, seen=None, at=None, **settings):
        if "url" in settings:
            settings = {"token_env": "MONITORING_TOKEN", **settings}
        source = ANY.validate_python({"name": "monitoring", "kind": kind, **settings})
        asked = tuple(SavedSearch(**{"system": "checkout", "source": "monitoring", **search}) for search in searches)
        told = {field: getattr(context, field) for field in ("collected_at", "base", "zone")} | {"signals": asked}
        if at:
            told["collected_at"] = at
        return collect(collector_for(source, type(context)(**told)), seen)

    return run
