"""Rotas over real HTTP: a calendar by its address, and PagerDuty's API."""

import pytest
from flask import Flask, request

from auditor.config.sources.duty import OnCall
from auditor.errors import SourceError
from auditor.model.tables import Duty
from collectors.duty.on_call import OnCallCollector
from tests.collectors.duty.test_calendar import calendar, event, times
from tests.stand_ins import StandIn, running

MIA = {"id": "PMIA", "summary": "Mia", "email": "mia@harbour.example"}


def on_call(number=0, **changes):
    return {
        "escalation_policy": {"id": "PPOL", "summary": "Shop"},
        "escalation_level": 1,
        "schedule": {"id": "PI7DH85", "summary": "Shop, first"},
        "user": MIA,
        "start": f"2026-02-{number % 27 + 1:02}T08:00:00Z",
        "end": f"2026-02-{number % 27 + 1:02}T16:00:00+00:00",
        **changes,
    }


class Pager(StandIn):
    """PagerDuty's `GET /oncalls`, and a calendar at a secret address."""

    def __init__(self):
        super().__init__(Flask("pager"))
        self.told = [on_call(number) for number in range(120)]

        @self.app.get("/oncalls")
        def oncalls():
            if request.headers["Authorization"] != "Token token=auditor-key":
                return self.refusal(401, "Unauthorized"), 401
            begin, size = int(request.args["offset"]), int(request.args["limit"])
            page = self.told[begin : begin + size]
            return {
                "oncalls": page,
                "limit": size,
                "offset": begin,
                "more": begin + size < len(self.told),
                "total": None,
            }

        @self.app.get("/private-f00d/basic.ics")
        def feed():
            return calendar(event()), 200, {"Content-Type": "text/calendar"}

    def refusal(self, status, message):
        return {"error": {"code": status, "message": message or "refused"}}


@pytest.fixture
def pager():
    with running(Pager()) as served:
        yield served


@pytest.fixture
def read(pager, context, collect, monkeypatch):
    monkeypatch.setenv("PAGER_KEY", "auditor-key")
    monkeypatch.setenv("ROTA", f"{pager.url}/private-f00d/basic.ics")

    def run(**settings):
        pagers = {"token_env": "PAGER_KEY", "schedules": {"PI7DH85": ("checkout",)}, "api": pager.url}
        return collect(OnCallCollector(OnCall(name="rota", kind="on-call", **(settings or pagers)), context))

    return run


def test_every_page_is_read_for_the_stretch_that_is_looked_at(read, pager):
    pager.fails("/oncalls", 429, retry_after=0, times=1)
    got = read()
    assert len(got.rows(Duty)) == 27 + 20  # one after another says the same twice; a page is looked at by itself
    (row, *_) = got.rows(Duty)
    assert (row.system, row.schedule, row.names) == ("checkout", "Shop, first", ("mia@harbour.example",))
    assert times(got)[0] == "02-01 08:00/02-01 16:00"
    assert {line.status for line in got.coverage} == {"ok"}
    assert "since=2025-12-16T03%3A00%3A00" in pager.calls[-1]
    assert "offset=100" in pager.calls[-1]


def test_duty_without_a_beginning_or_an_end_lasts_as_long_as_is_looked_at(read, pager):
    pager.told = [on_call(start=None, end=None, user={"summary": "Mia"})]
    (row,) = read().rows(Duty)
    assert row.ends_at - row.starts_at == Duty.BACK + Duty.AHEAD
    assert row.names == ("Mia",)


def test_odd_on_calls_are_said(read, pager):
    pager.told = [7, on_call(start="soon"), on_call(user=7), on_call(schedule=None), on_call()]
    got = read()
    assert len(got.rows(Duty)) == 1
    assert [line.status for line in got.coverage] == ["partial"]


@pytest.mark.parametrize(
    ("status", "told"), [(401, "does not accept the token, or it has expired"), (403, "oncalls.read"), (400, "400")]
)
def test_a_refusal_is_said_with_what_it_takes(read, pager, status, told):
    pager.fails("/oncalls", status)
    (line,) = read().coverage
    assert line.status == "failed"
    assert told in line.reason


def test_a_calendar_is_read_by_an_address_that_stays_secret(read, pager):
    got = read(url_env="ROTA", systems=("checkout",))
    assert times(got) == ["02-16 08:00/02-16 16:00"]
    assert [line.scope for line in got.coverage] == ["calendar:rota"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "message": "no such calendar"},
        {"status": 403, "message": "/private-f00d/basic.ics is not for you"},
        {"status": 301, "headers": {"Location": "https://elsewhere.example/private-f00d/basic.ics"}.items()},
    ],
)
def test_no_refusal_tells_a_secret_address(read, pager, answer):
    pager.fails("private", **answer)
    with pytest.raises(SourceError) as refused:
        read(url_env="ROTA", systems=("checkout",))
    assert "f00d" not in " ".join(refused.value.diagnostics())


@pytest.mark.parametrize(
    "settings",
    [
        {"path": "a.ics"},
        {"path": "a.ics", "url_env": "ROTA", "systems": ("checkout",)},
        {"token_env": "PAGER_KEY"},
        {"token_env": "PAGER_KEY", "systems": ("checkout",)},
        {"path": "a.ics", "systems": ("checkout",), "schedules": {"P": ("checkout",)}},
    ],
)
def test_a_rota_is_one_thing_and_says_for_what(settings):
    with pytest.raises(ValueError, match="expected"):
        OnCall(name="rota", kind="on-call", **settings)
