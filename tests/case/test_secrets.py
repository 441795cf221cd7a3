"""What password managers told of secrets."""

from typing import Any

import pytest

from auditor.case.people import People
from auditor.case.secrets import secrets
from auditor.evidence.store import Store
from auditor.model.tables import Activity
from tests.activity.acts import act
from tests.cases import AT, config, hour
from tests.stored import store_run

VAULTS = tuple(
    {"name": name, "kind": "vault-events", "service": "1password", "path": f"{name}.json"} for name in ("one", "two")
)


def opened(
    hours: float, item: str = "vault-item:db", who: str | None = "nina@harbour.example", **told: Any
) -> Activity:
    told = {"source": "one", "provider": "1password", "action": "usage", "category": "read", "level": "read", **told}
    return act(AT - hour(hours), on=None, account=item, on_behalf_of=who, **told)


@pytest.fixture
def known(tmp_path):
    def run(*rows: Activity) -> Any:
        store = Store(str(tmp_path / "evidence"))
        store_run(store, "night", AT, *rows, read=["one", "two", "trail"])
        settings = config(sources=VAULTS)
        return secrets(store, settings, People(settings).named, AT)

    return run


def test_the_last_time_that_each_person_opened_a_secret_counts_and_when_it_was_changed_last(known) -> None:
    changed = {"category": "secret", "who": "tom@harbour.example"}
    found = known(
        opened(3),
        opened(2),
        opened(5, "vault-item:api", "leon@harbour.example"),
        opened(4, who="eve@partner.example"),
        opened(4, who=None),
        opened(1, outcome="denied"),
        opened(-1),
        opened(9, **changed),
        opened(8, **changed),
        opened(7, category="secret"),
        opened(6, source="two"),
        opened(50, source="trail"),
    )
    assert [(one.account, one.person, one.at) for one in found.opened] == [
        ("vault-item:api", "leon", AT - hour(5)),
        ("vault-item:db", "nina", AT - hour(2)),
    ]
    assert found.changed == {"vault-item:db": AT - hour(7)}
    assert found.since == AT - hour(6)


@pytest.mark.parametrize("rows", [(), (opened(3),)])
def test_where_a_source_told_nothing_what_was_before_is_not_known(known, rows) -> None:
    assert known(*rows).since == AT
