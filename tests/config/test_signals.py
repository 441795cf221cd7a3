"""Saved searches in auditor.yaml, and the mistakes that are made with them."""

import pytest

from auditor.config import load
from auditor.errors import ConfigError

WHOLE = """
organisation: Harbour Shop
systems: [{id: checkout, name: Checkout}]
sources:
  - {name: metrics, kind: prometheus, url: https://prometheus.harbour.example}
  - {name: crashes, kind: sentry, path: saved}
  - {name: tickets, kind: tickets-file, path: tickets.csv}
signals:
  - {system: checkout, name: errors, source: metrics, query: up, unit: errors/s, step: 30s}
  - {system: checkout, name: crashes, source: crashes, project: web}
"""


@pytest.fixture
def mistakes(tmp_path):
    def of(old, new):
        assert old in WHOLE
        path = tmp_path / "auditor.yaml"
        path.write_text(WHOLE.replace(old, new))
        with pytest.raises(ConfigError) as raised:
            load(path)
        return [str(mistake) for mistake in raised.value.mistakes]

    return of


def test_saved_searches_are_read(tmp_path):
    path = tmp_path / "auditor.yaml"
    path.write_text(WHOLE)
    errors, crashes = load(path).signals
    assert (errors.seconds, errors.unit, errors.alive) == (30, "errors/s", None)
    assert (crashes.seconds, crashes.project, crashes.query) == (60, "web", "")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("source: metrics", "source: metric", "did you mean metrics?"),
        ("source: metrics", "source: tickets", "expected the name of a source of monitoring"),
        ("system: checkout, name: errors", "system: chekout, name: errors", "did you mean checkout?"),
        ("name: crashes, source: crashes", "name: errors, source: crashes", "has a search 'errors' already"),
        ("query: up, ", "", "expected query"),
        (", project: web", "", "expected project"),
        ("query: up", "query: up, project: web", "expected project only where Sentry is asked"),
        ("project: web", "project: web, alive: up", "expected alive only where"),
        ("step: 30s", "step: 1s", "step"),
        ("url: https://prometheus.harbour.example", "url: https://a.example, path: saved", "either url or path"),
        ("url: https://prometheus.harbour.example", "url: https://a.example, user_env: U", "expected token_env"),
        ("path: saved", "url: https://sentry.io, token_env: T", "expected organization"),
    ],
)
def test_a_mistake_is_told_where_it_is(mistakes, old, new, told):
    found = mistakes(old, new)
    assert any(told in mistake for mistake in found), found
