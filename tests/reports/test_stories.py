"""Access stories as people read them."""

import re

from reports import html
from reports.stories import link_words, sentence, tell
from reports.view import build_view
from tests.copies import replace
from tests.subjects import about


def page(shop, stories, findings=None):
    """The stories on the page, without markup."""
    audit = replace(shop.audit, findings=shop.audit.findings if findings is None else findings)
    text = html.render(build_view(audit, shop.config, stories=stories))
    section = text.split('<section id="stories"')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).split())


def test_stories_with_a_missing_link_come_first_then_the_newest(shop):
    whole, unasked = shop.stories
    later = replace(whole, ticket="PAY-190", starts_at=whole.ends_at)
    stories = (whole, later, unasked)
    assert [told.story.ticket for told in tell(stories, ())] == [None, "PAY-190", "PAY-184"]
    assert sentence(stories, shop.config) == (
        "3 pieces of work in production: 2 complete from the request to the closeout, "
        "0 complete with a finding on a link, 1 with a link missing."
    )


def test_people_with_agents_are_counted_and_named(shop):
    whole, unasked = shop.stories
    links = tuple(
        replace(link, who="leon", agents=("AWS MCP server",)) if link.kind == "changes" else link
        for link in whole.links
    )
    told = replace(whole, links=links)
    said = sentence((told, told, unasked), shop.config)
    assert said.endswith("1 person had an agent change something there: Leon Weiss (AWS MCP server).")
    (changes,) = [link for link in links if link.kind == "changes"]
    assert "by Leon Weiss and an agent of theirs (AWS MCP server)" in link_words(changes, shop.config)


def test_a_story_names_people_and_systems_and_says_what_is_missing(shop):
    said = page(shop, shop.stories)
    assert "✗ ✗ \N{EN DASH} ? ✓ ✗ no ticket Nina Alvarez, Web hosts and elsewhere" in said
    assert "request, approval and closeout missing" in said
    assert "✓ ✓ ✓ ✓ ✓ ✓ PAY-184 Leon Weiss, Checkout service 1 Oct 2026 04:00 to 05:00 CEST" in said


def test_each_link_says_when_by_whom_and_what(shop):
    links = {link.kind: link_words(link, shop.config) for link in shop.stories[0].links}
    assert links["request"] == "by Leon Weiss: Payments time out <b>"
    assert links["approval"] == "by tom@harbour.example: Approved PAY-184"
    assert links["grant"] == "1 right, by role/broker, until 1 Oct 2026 05:00 CEST: jit"
    assert links["changes"] == "3 changes, by Leon Weiss: ecs:UpdateService"
    assert "1 session, by Leon Weiss: 192.0.2.7 1 Oct 2026 04:00 to 05:00 CEST" in page(shop, shop.stories)


def test_findings_on_the_ticket_stand_with_the_story_of_that_person(shop):
    said = "▲ Leon Weiss changed Checkout service 14 minutes after PAY-184's window ended"
    assert page(shop, shop.stories).replace("&#39;", "'").endswith(f"findings {said}")
    of_another = [about(finding, person="mia") for finding in shop.audit.findings if finding.ticket]
    assert [told.findings for told in tell(shop.stories, of_another)] == [(), ()]


def test_of_many_findings_on_a_ticket_five_are_told(shop):
    own = next(finding for finding in shop.audit.findings if finding.ticket == "PAY-184")
    said = page(shop, shop.stories, tuple(about(own, thing=str(number)) for number in range(2000)))
    assert said.count("Leon Weiss changed Checkout service") == 5
    assert said.endswith("and 1,995 more on this ticket")


def test_many_stories_are_cut_and_none_are_said(shop):
    whole = shop.stories[0]
    said = page(shop, [replace(whole, ticket=f"PAY-{number}") for number in range(2000)])
    assert said.count("✓ ✓ ✓ ✓ ✓ ✓ PAY-") == 300
    assert said.endswith("And 1,700 more stories, in stories.json.")
    assert sentence((), shop.config).startswith("No access was asked for")
