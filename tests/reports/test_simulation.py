"""A drafted policy on its page and in the pack."""

import pytest

from auditor.model.findings import NotJudged
from auditor.model.subjects import Subject, SubjectKind
from reports import pack
from reports.simulation import RuleChange, Simulation, render
from reports.view import build_view
from tests.copies import replace


@pytest.fixture
def simulated(shop):
    """A draft that finds more than anybody reads, with a name that would be markup."""
    worst, *_, other = shop.audit.findings
    many = tuple(replace(worst, summary=f"finding {number} <script>") for number in range(45))
    blind = NotJudged(rule="tasks/none", subject=Subject(kind=SubjectKind.TICKET, thing="PAY-1"), reason="no ticket")
    change = RuleChange(rule=worst.rule, now=1, drafted=45, new=45, gone=1, not_judged=0, not_judged_drafted=1)
    return Simulation(
        config=shop.config,
        draft="<b>draft</b>.yaml",
        at=shop.audit.audited_at,
        period_from=shop.audit.period_from,
        changed=(("policy.max_writers", "3", "2"),),
        rules=(change,),
        new=many,
        gone=(other,),
        otherwise=(("standing/write-access", other),),
        unjudged=(blind,),
        judged=(),
    )


def test_the_page_shows_text_as_text_and_runs_nothing(simulated):
    page = render(simulated)
    assert "finding 44 &lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>draft" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_the_pack_has_it_as_a_section_where_it_was_asked_for_and_not_all_of_long_lists(shop, simulated):
    view = build_view(shop.audit, shop.config, shop.access)
    assert "were the policy" not in pack.html(view)
    told = pack.html(replace(view, simulation=simulated))
    assert "<h2>If &lt;b&gt;draft&lt;/b&gt;.yaml were the policy</h2>" in told
    assert "finding 39 &lt;script&gt;" in told
    assert "finding 40" not in told
    assert "5 more findings" in told
    assert "Could not be judged any more (1)" in told
