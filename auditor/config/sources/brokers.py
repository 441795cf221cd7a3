"""Sources of access brokers: what people asked them for, and what they gave."""

from typing import Literal

from pydantic import Field

from auditor.config.base import Text, optional, several
from auditor.config.sources.aws import AwsLogin
from auditor.config.sources.base import Source
from auditor.config.sources.google import GoogleLogin


class BrokerSource(Source):
    """What the requests of every access broker need to be understood."""

    FEEDS = ("tickets",)
    FORGETS = True

    systems: dict[Text, tuple[Text, ...]] = Field(
        default={},
        description="the systems behind a role, account or resource that the broker names in its own way, as in "
        "`{prod-db: [checkout]}`; an empty list says that it is no production",
    )
    levels: dict[Text, Literal["read", "write", "admin"]] = Field(
        default={},
        description="how far a role goes, as in `{on-call-shell: write}`; one that is not listed and not named for "
        "reading is asked for with all that it gives",
    )


class TeamRequests(BrokerSource, AwsLogin):
    """AWS TEAM's requests: its DynamoDB table, or an export of it."""

    ONE_OF = ("table", "path")

    kind: Literal["team-requests"]
    table: Text | None = optional("name of the table, such as requests-abc123-main")
    path: Text | None = optional("its items as CSV, as the console exports them, or as `aws dynamodb scan` prints them")


class GooglePam(BrokerSource, GoogleLogin):
    """The grants of Google's Privileged Access Manager: live, or from saved answers."""

    ONE_OF = ("scopes", "path")

    kind: Literal["google-pam"]
    scopes: tuple[Text, ...] = several(
        "projects/…, folders/… and organizations/… whose entitlements are read, each by itself"
    )
    path: Text | None = optional("file or folder of grants, as `gcloud pam grants list --format=json` prints them")


class TeleportRequests(BrokerSource):
    """Teleport's access requests, as tctl prints them."""

    kind: Literal["teleport-requests"]
    path: Text = Field(
        description="file or folder of what `tctl requests ls --format=json` or `tctl get access_requests "
        "--format=json` prints"
    )
