"""Sources of chat: approvals that were given there."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from auditor.config.base import Duration, Text, Variable, WebAddress, optional, several
from auditor.config.sources.base import Source


class SlackApprovals(Source):
    """Approvals in Slack's channels, live or from the folder of an export."""

    FEEDS = ("approvals",)
    ONE_OF = ("token_env", "path")
    BESIDE = (("token_env", "channels"),)

    kind: Literal["slack-approvals"]
    token_env: Variable | None = optional("name of the environment variable that holds the token of an app")
    channels: tuple[Text, ...] = several(
        "ids of the channels whose threads are read, such as C024BE91L; names, of an export"
    )
    within: Duration = Field(default=timedelta(days=90), description="how far back threads are read")
    url: WebAddress = Field(default="https://slack.com/api/", description="address of the API")
    path: Text | None = optional("folder of an export, unpacked")
