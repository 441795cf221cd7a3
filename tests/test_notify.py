"""The short word after a run."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from auditor.errors import ReportError
from auditor.ledger import Ledger
from auditor.model.findings import Audit, CoverageLine, Finding
from auditor.model.vocabulary import Severity, Status
from auditor.notify import inert, message, notify, send
from auditor.options import RunResult
from tests import subjects
from tests.cases import AT, config, hour
from tests.copies import replace


def finding(number: int, status: Status = Status.NEW, **changes: object) -> Finding:
    base = subjects.finding(
        rule="standing/write-access",
        severity=Severity.HIGH,
        thing=str(number),
        summary=f"finding {number}",
        why="because",
        next_step="do",
        status=status,
    )
    return replace(base, **changes)


def audit(*findings: Finding, complete: bool = True) -> Audit:
    return Audit(
        run="r",
        organisation="Harbour Shop",
        audited_at=AT,
        period_from=AT - hour(24),
        period_to=AT,
        complete=complete,
        findings=findings,
        not_judged=(),
        clear={},
        coverage=(),
    )


def test_new_findings_are_told_and_old_ones_only_counted() -> None:
    some = audit(finding(1), finding(2, Status.OPEN), finding(3, Status.REOPENED))
    title, body = message(some, [some.findings[0], some.findings[2]], "")
    assert title == "Harbour Shop: 2 new of 3 findings, worst: high"
    assert body.splitlines() == [
        f"- HIGH: finding 1 ({some.findings[0].id[:8]})",
        f"- HIGH: finding 3 ({some.findings[2].id[:8]})",
    ]


def test_the_worst_come_first_with_system_and_person_and_the_end_says_what_went_and_where_all_is() -> None:
    low = replace(finding(1), severity=Severity.LOW)
    worst = subjects.about(replace(finding(2), severity=Severity.CRITICAL), system="checkout", person="piet")
    names = {"checkout": "Checkout", "piet": "Piet Old"}
    body = message(audit(low, worst), [low, worst], "", gone=3, where=["Report: /srv/output/run"], names=names)[1]
    assert body.splitlines() == [
        f"- CRITICAL Checkout, Piet Old: finding 2 ({worst.id[:8]})",
        f"- LOW: finding 1 ({low.id[:8]})",
        "Gone since the last message: 3",
        "Report: /srv/output/run",
    ]


def test_whom_and_what_a_sentence_names_is_not_said_before_it() -> None:
    told = subjects.about(replace(finding(1), summary="Piet Old changed it"), system="checkout", person="piet")
    body = message(audit(told), [told], "", names={"piet": "Piet Old"})[1]
    assert body == f"- HIGH checkout: Piet Old changed it ({told.id[:8]})"


def test_findings_under_an_exception_are_not_told() -> None:
    title, _ = message(audit(finding(1, Status.EXCEPTED, exception={"reason": "agreed"})), [], "")
    assert title == "Harbour Shop: 0 new of 0 findings"


def test_a_long_list_is_cut_and_says_so() -> None:
    many = audit(*(finding(n) for n in range(13)))
    body = message(many, many.findings, "")[1]
    assert body.splitlines()[-1] == "and 8 more in the report"


def line(source: str, status: str) -> CoverageLine:
    return CoverageLine(source=source, scope=source, from_=None, to=None, status=status)


def stranger(number: int) -> Finding:
    return finding(number, facts={"undeclared": f"ssh-key:{number}"})


def test_accounts_to_be_named_are_one_line_on_the_first_night_and_where_they_are_many() -> None:
    some = audit(finding(1), *map(stranger, range(2, 4)))
    first = message(some, some.findings, "", first=True)[1].splitlines()
    assert first[0].startswith("This is the first run: everything is new")
    assert first[1:] == [
        "Tell us who: 2 accounts that auditor.yaml does not know; the report has the line for each",
        f"- HIGH: finding 1 ({some.findings[0].id[:8]})",
    ]
    assert len(message(some, some.findings, "")[1].splitlines()) == 3
    many = audit(*map(stranger, range(6)))
    assert message(many, many.findings, "")[1].splitlines() == [
        "Tell us who: 6 accounts that auditor.yaml does not know; the report has the line for each"
    ]


def test_what_was_not_seen_is_announced() -> None:
    blind = replace(audit(complete=False), coverage=(line("trail", "partial"),))
    title, body = message(blind, [], "")
    assert title.endswith("incomplete")
    assert body.splitlines()[-1] == "Not seen, or only in part: trail"


def test_a_source_that_could_not_be_read_is_named_once() -> None:
    dead = subjects.about(replace(finding(1), rule="evidence/source-failed"), thing="tickets")
    blind = replace(audit(dead, complete=False), coverage=(line("trail", "partial"), line("tickets", "failed")))
    assert message(blind, [], "")[1].splitlines()[1:] == [
        "Could not be read: tickets",
        "Not seen, or only in part: trail",
    ]


def test_what_is_seen_again_is_told() -> None:
    assert message(audit(), [], "trail")[1].splitlines() == ["No new findings.", "Seen again: trail"]
    still = replace(audit(complete=False), coverage=(line("iam", "failed"),))
    assert message(still, [], "iam, trail")[1].splitlines()[1:] == [
        "Not seen, or only in part: iam",
        "Seen again: trail",
    ]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("<!channel> and <@U123>", "\u2039!channel\u203a and \u2039@\u200bU123\u203a"),
        ("@everyone <users/all>", "@\u200beveryone \u2039users/all\u203a"),
        ("[here](javascript:x)", "[here]\u200b(javascript:x)"),
        ("https://evil.example/x", "https:\u200b//evil.\u200bexample/x"),
        ("www.evil.example", "www.\u200bevil.\u200bexample"),
        ("**a** `b` ~c~ ||d||", "\u2217\u2217a\u2217\u2217 'b' \u223cc\u223c \u00a6\u00a6d\u00a6\u00a6"),
        ("1.5 h, a\tb\x0bc\n- d", "1.5 h, a b c\n- d"),
    ],
)
def test_outside_words_mention_nobody_and_link_nowhere(written: str, sent: str) -> None:
    assert inert(written) == sent


Night = Callable[..., list[str]]


@pytest.fixture
def night(hook: tuple[str, list[dict[str, str]]], tmp_path: Path) -> Iterator[Night]:
    """Records a run of so many days later, tells of it, and gives the titles that were sent."""
    address, sent = hook
    with Ledger(tmp_path / "ledger.sqlite") as ledger:

        def run(
            day: float,
            *findings: Finding,
            source: str = "ok",
            tell: bool = True,
            refused: dict[str, float] | None = None,
        ) -> list[str]:
            when, before = AT + timedelta(days=day), len(sent)
            recorded = ledger.record(f"day {day}", when, findings)
            made = replace(audit(*recorded, complete=source == "ok"), audited_at=when, coverage=(line("iam", source),))
            if tell:
                lost = {said: AT + timedelta(days=last) for said, last in (refused or {}).items()}
                notify(config(notify=[address]), RunResult(audit=made, folder=tmp_path, refused=lost), ledger)
            return [message["title"].removeprefix("Harbour Shop: ") for message in sent[before:]]

        yield run


def test_news_is_what_was_never_delivered(night: Night) -> None:
    assert night(0, finding(1), tell=False) == []
    assert night(1, finding(1), finding(2)) == ["2 new of 2 findings, worst: high"]
    assert night(1, finding(1), finding(2)) == []
    assert night(2, finding(1), finding(2)) == []


def test_what_came_back_is_news_until_it_is_delivered(night: Night) -> None:
    assert night(0, finding(1)) == ["1 new of 1 finding, worst: high"]
    assert night(1) == []
    assert night(2, finding(1), tell=False) == []
    assert night(3, finding(1)) == ["1 new of 1 finding, worst: high"]


def test_what_a_cleanup_left_without_a_way_is_news_whenever_it_happens_again(
    night: Night, hook: tuple[str, list[dict[str, str]]]
) -> None:
    said = "Missed since: 2 times refused"
    assert night(0, finding(1)) == ["1 new of 1 finding, worst: high"]
    assert night(1, finding(1), refused={said: 0.5}) == ["0 new of 1 finding"]
    assert said in hook[1][-1]["message"]
    assert night(2, finding(1), refused={said: 0.5}) == []
    assert night(3, finding(1), refused={said: 2.5}) == ["0 new of 1 finding"]


def test_what_comes_out_of_an_exception_unheard_is_news(night: Night) -> None:
    agreed = {"reason": "agreed", "approved_by": "tom", "until": "2026-12-31"}
    assert night(0, finding(1, Status.EXCEPTED, exception=agreed)) == []
    assert night(1, finding(1)) == ["1 new of 1 finding, worst: high"]


def test_a_dead_source_is_named_every_day_and_once_when_it_is_back(night: Night) -> None:
    dead = subjects.finding(
        rule="evidence/source-failed", severity=Severity.HIGH, thing="iam", summary="", why="", next_step=""
    )
    assert night(0, dead, source="failed") == ["1 new of 1 finding, worst: high, incomplete"]
    assert night(0.1, dead, source="failed") == []
    assert night(1, dead, source="failed") == ["0 new of 1 finding, incomplete"]
    assert night(2, source="ok") == ["0 new of 0 findings"]
    assert night(3, source="ok") == []


def test_a_source_that_is_read_in_part_is_named_once(night: Night) -> None:
    assert night(0, source="partial") == ["0 new of 0 findings, incomplete"]
    assert night(1, source="partial") == []


class _Drip(BaseHTTPRequestHandler):
    """Takes a message, and answers a letter at a time."""

    taken: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.taken.append(self.path)
        if self.path == "/slow":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(200):
                self.wfile.write(b"x")
                time.sleep(0.1)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_service_that_hangs_costs_its_own_message_and_its_time() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Drip) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        place = f"json://127.0.0.1:{server.server_port}"
        with pytest.raises(ReportError, match="could not be sent to every service"):
            send(config(notify=[f"{place}/slow", f"{place}/quick"]), "title", "body", timedelta(seconds=1))
        server.shutdown()
    assert _Drip.taken == ["/slow", "/quick"]
