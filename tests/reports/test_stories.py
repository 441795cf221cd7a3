"""Access stories as people read them."""

import dataclasses

from auditor.model.findings import Finding
from reports.stories import tell
from tests.subjects import about


def told(shop, stories=None, findings=None):
    return tell(
        shop.stories if stories is None else stories, shop.audit.findings if findings is None else findings, shop.config
    )


def test_stories_with_a_missing_link_come_first_then_the_newest(shop):
    whole, unasked = shop.stories
    later = dataclasses.replace(whole, ticket="PAY-190", starts_at=whole.ends_at)
    view = told(shop, (whole, later, unasked))
    assert [story.ticket for story in view.told] == ["no ticket", "PAY-190", "PAY-184"]
    assert view.sentence == (
        "3 pieces of work in production: 2 told from the request to the closeout, 1 with a link missing."
    )


def test_a_story_names_people_and_systems_and_says_what_is_missing(shop):
    unasked = told(shop).told[0]
    assert (unasked.who, unasked.systems) == ("Nina Alvarez", "Web hosts and elsewhere")
    assert unasked.missing == "request, approval and closeout"
    assert [link.mark for link in unasked.links] == ["✗", "✗", "\N{EN DASH}", "?", "✓", "✗"]
    assert [link.style for link in unasked.links][2:4] == ["link-not-needed", "link-unknown"]


def test_each_link_says_when_by_whom_and_what(shop):
    links = {link.name: link for link in told(shop).told[1].links}
    assert links["request"].told == "by Leon Weiss: Payments time out <b>"
    assert links["approval"].told == "by tom@harbour.example: Approved PAY-184"
    assert links["grant"].told == "1 right, by role/broker, until 1 Oct 2026 05:00 CEST: jit"
    assert links["session"].when == "1 Oct 2026 04:00 to 05:00 CEST"
    assert links["changes"].told == "3 changes, by Leon Weiss: ecs:UpdateService"


def test_findings_on_the_ticket_stand_with_the_story_of_that_person(shop):
    assert [story.findings for story in told(shop).told] == [
        (),
        ("▲ Leon Weiss changed Checkout service 14 minutes after PAY-184's window ended",),
    ]
    of_another = [finding for finding in shop.audit.findings if finding.ticket]
    assert isinstance(of_another[0], Finding)
    elsewhere = [about(of_another[0], person="mia")]
    assert told(shop, findings=elsewhere).told[1].findings == ()


def test_of_many_findings_on_a_ticket_five_are_told(shop):
    own = next(finding for finding in shop.audit.findings if finding.ticket == "PAY-184")
    found = told(shop, findings=[about(own, thing=str(number)) for number in range(2000)]).told[1].findings
    assert (len(found), found[-1]) == (6, "and 1,995 more on this ticket")


def test_many_stories_are_cut_and_none_are_said(shop):
    whole = shop.stories[0]
    many = [dataclasses.replace(whole, ticket=f"PAY-{number}") for number in range(2000)]
    view = told(shop, many)
    assert (len(view.told), view.more) == (300, "And 1,700 more stories, in stories.json.")
    assert told(shop, ()).sentence.startswith("No access was asked for")
