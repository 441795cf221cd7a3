"""What stands between a value from outside and whoever reads it."""

import jinja2
import pytest

from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Level
from reports import html, pack
from reports.environment import environment, prose
from reports.history import History
from reports.view import build_view
from tests.copies import replace
from tests.reports.conftest import AT, path
from tests.reports.test_trend import gone
from tests.subjects import about

HOSTILE = "gro.live\u202e\x1b[2J\u200b\ud800<b>"


@pytest.fixture
def hostile(shop):
    """A view of which every text came from somebody who wanted to deceive."""
    night = shop.audit
    text = dict.fromkeys(("rule", "summary", "why", "next_step", "resource", "credential", "ticket"), HOSTILE)
    (finding, *others) = night.findings
    lie = about(replace(finding, **text, facts={HOSTILE: [HOSTILE]}), person=HOSTILE, system=HOSTILE)
    agreed = replace(lie, exception=dict.fromkeys(("reason", "approved_by", "until"), HOSTILE))
    lines = [replace(line, source=HOSTILE, scope=HOSTILE, reason=HOSTILE) for line in night.coverage]
    unjudged = replace(night.not_judged[0], reason=HOSTILE, subject=Subject(kind=SubjectKind.LOG, thing=HOSTILE))
    audit = replace(
        night,
        run=HOSTILE,
        organisation=HOSTILE,
        findings=(lie, about(agreed, thing="x"), *others),
        coverage=tuple(lines),
        not_judged=(unjudged,),
        days={HOSTILE: (AT.date(),)},
    )
    links = [replace(link, who=HOSTILE, said=HOSTILE) for link in shop.stories[0].links]
    story = replace(
        shop.stories[0], ticket=HOSTILE, title=HOSTILE, person=HOSTILE, systems=(HOSTILE,), links=tuple(links)
    )
    held = path(HOSTILE, HOSTILE, (), Level.WRITE, HOSTILE, provider=HOSTILE, scope=HOSTILE)
    past = History(closed=[replace(gone(1), summary=HOSTILE)])
    return build_view(audit, shop.config, (held, *shop.access), {HOSTILE: "ab" * 32}, past, (story,))


@pytest.mark.parametrize("printed", [html.render, pack.html])
def test_nothing_on_a_page_hides_turns_the_writing_round_or_is_no_unicode(hostile, printed):
    page = printed(hostile)
    assert page.count("gro.live\ufffd\ufffd[2J\ufffd\ufffd") > 20
    assert not {"\u202e", "\x1b", "\u200b", "\ud800"} & set(page)
    assert "live\ufffd\ufffd[2J\ufffd\ufffd<b>" not in page


def test_a_name_that_is_not_there_is_an_error_and_none_is_nothing(shop):
    jinja = environment(shop.config)
    assert jinja.from_string("{{ value }}").render(value=None) == ""
    with pytest.raises(jinja2.UndefinedError):
        jinja.from_string("{{ value }}").render()


def test_what_stands_between_backticks_is_code_and_no_markup_of_its_own():
    assert prose("Ask `auditor run` or `<b>` & <i>, not `this") == (
        "Ask <code>auditor run</code> or <code>&lt;b&gt;</code> &amp; &lt;i&gt;, not `this"
    )


def test_a_ticket_stands_beside_a_summary_that_names_only_one_that_begins_like_it(shop):
    (finding, *others) = shop.audit.findings
    told = replace(finding, summary="Nina went on under OPS-18", ticket="OPS-1")
    page = html.render(build_view(replace(shop.audit, findings=(told, *others)), shop.config))
    assert "Nina went on under OPS-18</b> (OPS-1)" in page
    told = replace(told, ticket="OPS-18")
    page = html.render(build_view(replace(shop.audit, findings=(told, *others)), shop.config))
    assert "Nina went on under OPS-18</b> →" in page
