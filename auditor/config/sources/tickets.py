"""Sources of tickets that are no part of a forge's access: files, and trackers."""

from typing import Literal

from pydantic import Field

from auditor.config.base import Text, Variable, WebAddress, optional, several
from auditor.config.sources.base import Source, Within


class TicketsFile(Source):
    """Tickets from a CSV or JSON lines file with the columns of the tickets table."""

    FEEDS = ("tickets",)

    kind: Literal["tickets-file"]
    path: Text = Field(description="file ending in .csv, .json or .jsonl")
    columns: Literal["jira", "linear", "gitlab", "github", "trello", "pagerduty"] | dict[Text, Text] = Field(
        default={},
        description="the tracker that wrote the file, or what the table's columns are called in it, as in "
        "`{ticket: Key, person: Access for}`",
    )


TicketColumn = Literal["person", "systems", "level", "work", "reason", "starts_at", "ends_at", "extends", "kind"]


class JiraTickets(Source):
    """Jira issues as tickets."""

    FEEDS = ("tickets",)
    ONE_OF = ("projects", "jql")

    kind: Literal["jira-tickets"]
    url: WebAddress = Field(description="address of Jira")
    token_env: Variable = Field(description="name of the environment variable that holds the token")
    user_env: Variable | None = optional(
        "name of the environment variable that holds the user's e-mail, for Jira Cloud"
    )
    projects: tuple[Text, ...] = several("project keys")
    jql: Text | None = optional("a query that finds the tickets, instead of projects")
    fields: dict[TicketColumn, Text] = Field(
        default={}, description="ids of Jira's fields by column, as in `{person: customfield_10010}`"
    )
    approved_status: Text = Field(default="Approved", description="status that an approver gives")
    updated_within: Within = None
