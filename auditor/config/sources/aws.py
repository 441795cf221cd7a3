"""Sources of AWS."""

from typing import Literal

from pydantic import Field, model_validator

from auditor.config.base import AwsAccount, Model, Text, WebAddress, optional, several
from auditor.config.sources.base import RIGHTS, Source

_LATE_DAYS = 3


class AwsLogin(Model):
    """How to reach AWS; the default credential chain when nothing is named."""

    profile: Text | None = optional("profile of ~/.aws/config")
    role_arn: Text | None = optional("role to assume with it")
    region: Text | None = optional("region to ask")
    endpoint_url: WebAddress | None = optional("another endpoint, for tests and the demo")


class AwsIam(Source, AwsLogin):
    """IAM of an AWS account or a whole organisation: live, or from authorization details and what goes with them."""

    FEEDS = (*RIGHTS, "service_uses")
    NEVER_EMPTY = True
    ONE_OF = ("account", "organisation")
    BESIDE = (("credential_report", "file"), ("services_last_accessed", "file"))

    kind: Literal["aws-iam"]
    account: AwsAccount | None = optional("AWS account, twelve digits, in quotes")
    organisation: bool = Field(default=False, description="find the accounts of the organisation, and read each")
    member_role: Text = Field(
        default="production-access-auditor", description="role to assume in each account of the organisation"
    )
    file: Text | None = optional("get-account-authorization-details, JSON; live if left out")
    credential_report: Text | None = optional("credential report, CSV, beside `file`")
    services_last_accessed: Text | None = optional(
        "get-service-last-accessed-details of each user and role, JSON, each with its `Arn`, beside `file`"
    )

    @model_validator(mode="after")
    def _read_live(self) -> "AwsIam":
        if self.organisation and self.file:
            raise ValueError("expected a file beside account only; an organisation is read live")
        return self


class AwsCloudTrail(Source, AwsLogin):
    """CloudTrail: files in an S3 bucket or a local folder, or its own event history of management events."""

    FEEDS = ("activity", "digests", "trails")
    ONE_OF = ("bucket", "path", "lookup")
    BESIDE = (("regions", "lookup"), ("trails", "path"))

    kind: Literal["aws-cloudtrail"]
    bucket: Text | None = optional("S3 bucket that the trail writes to")
    prefix: str = Field(default="", description="start of the object keys")
    path: Text | None = optional("folder or file")
    lookup: bool = Field(default=False, description="ask for the event history of the last 90 days, without a bucket")
    regions: tuple[Text, ...] = several("regions whose event history is read; `region` and us-east-1 if left out")
    trails: Text | None = optional("what CloudTrail said of the trails themselves, JSON lines, beside `path`")

    @property
    def in_bucket(self) -> bool:
        """Whether it reads a trail's own bucket."""
        return self.bucket is not None

    @property
    def days_again(self) -> int | None:
        """Files may arrive late in a bucket."""
        return _LATE_DAYS if self.bucket else None


class AwsIdentityCenter(Source, AwsLogin):
    """Identity Center's users, groups, permission sets and assignments: live, or from a dump of the same answers."""

    FEEDS = ("accounts", "memberships", "grants", "policies")
    NEVER_EMPTY = True

    kind: Literal["aws-identity-center"]
    accounts: tuple[AwsAccount, ...] = several(
        "AWS accounts whose assignments are read; all of the organisation if left out"
    )
    file: Text | None = optional('answers as JSON lines: `{"call": …, "asked": …, "reply": …}`; live if left out')


class AwsOrganizations(Source, AwsLogin):
    """An organisation's units, accounts and the policies over them: live, or from a dump of the same answers."""

    FEEDS = ("policies",)

    kind: Literal["aws-organizations"]
    file: Text | None = optional('answers as JSON lines: `{"call": …, "asked": …, "reply": …}`; live if left out')


class AwsAccountSource(Source, AwsLogin):
    """A source of one AWS account, in several regions: live, or from a dump."""

    account: AwsAccount
    regions: tuple[Text, ...] = several("regions to read; `region` if left out")
    file: Text | None = None


class AwsEc2Keys(AwsAccountSource):
    """EC2 key pairs and the instances started with them: live, or from a dump of the same answers."""

    FEEDS = ("credentials", "grants")

    kind: Literal["aws-ec2-keys"]
    file: Text | None = optional('answers as JSON lines: `{"call": …, "reply": …, "region": …}`; live if left out')


class AwsResourcePolicies(AwsAccountSource):
    """The policies that an account's resources carry themselves: live, or from a dump of the same answers."""

    FEEDS = ("policies",)

    kind: Literal["aws-resource-policies"]
    aws_auth: dict[Text, Text] = Field(
        default={},
        description="the ConfigMap aws-auth of each EKS cluster by its name, YAML or JSON, as kubectl writes it",
    )
    file: Text | None = optional(
        'answers as JSON lines: `{"call": …, "asked": …, "reply": …, "region": …}`; live if left out'
    )


class AwsResources(AwsAccountSource):
    """What has which tags, for the `tags` of systems: live, or from the answer of the tagging API."""

    FEEDS = ("policies",)

    kind: Literal["aws-resources"]
    file: Text | None = optional("answer of `aws resourcegroupstaggingapi get-resources`; live if left out")
