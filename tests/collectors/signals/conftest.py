import pytest
from pydantic import TypeAdapter

from auditor.config.signals import SavedSearch
from auditor.config.sources import AnySource
from collectors.registry import collector_for
from tests.monitoring import TOKEN


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("MONITORING_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def read(context, collect):
    """Read a source of a kind from call to rows, with saved searches of it."""

    def run(kind, searches, seen=None, at=None, **settings):
        if "url" in settings:
            settings = {"token_env": "MONITORING_TOKEN", **settings}
        source = TypeAdapter(AnySource).validate_python({"name": "monitoring", "kind": kind, **settings})
        asked = tuple(SavedSearch(**{"system": "checkout", "source": "monitoring", **search}) for search in searches)
        told = {field: getattr(context, field) for field in ("collected_at", "base", "zone")} | {"signals": asked}
        if at:
            told["collected_at"] = at
        return collect(collector_for(source, type(context)(**told)), seen)

    return run
