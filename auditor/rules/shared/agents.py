"""What agents did in people's sessions."""

from collections.abc import Iterator

from auditor.case.case import Case
from auditor.case.placement import Where
from auditor.model.findings import Outcome
from auditor.model.vocabulary import Severity
from auditor.rules.base import Rule, controls, session_rule
from auditor.rules.episodes import about, did, facts, subject
from auditor.rules.words import moment


@session_rule(
    "shared/agent-beyond-task",
    heading="Agents at work without a task",
    severity=Severity.HIGH,
    reads=("activity", "tickets"),
    why="An agent does what it was asked to and what it believes was meant; its person answers for both.",
    controls=controls(
        soc2="CC6.1 CC8.1", iso="A.8.2 A.8.32", pci="8.2.2 10.2.1.2", nist="AC-6 CM-5 AU-6(3)", cis="5.4"
    ),
)
def agent_beyond_task(self: Rule, case: Case) -> Iterator[Outcome]:
    """An agent changed production in a person's session with no window of that person's near it.

    Agents are what the provider says is one (AWS's MCP server) and programs that say so themselves. What one changed
    before or after a window, or on another system, is told by the rules for that. One finding an episode.
    """
    for episode, placement in case.placements:
        if not case.by_agent(episode):
            continue
        if placement.where is Where.UNKNOWN:
            yield self.not_judged(**subject(episode), reason=placement.reason)
        elif placement.where is not Where.NOWHERE:
            yield self.clear(**subject(episode))
        else:
            yield self.finding(
                **about(episode),
                summary=f"{case.doer(episode)} changed {case.system_name(episode.system)} on "
                f"{moment(episode.stretch[0], case.config.zone)} ({did(episode)}) with no ticket",
                next_step="Ask what it was told to do, check the changes with the owner, and write the ticket; give it "
                "a role of its own that can do no more than its tasks.",
                facts=facts(case, episode),
            )
