"""Which trails an account has and what they record, asked of CloudTrail; one line for each answer."""

from collections.abc import Iterator

from auditor.config.sources.aws import AwsCloudTrail
from collectors.aws.calls import Answers, Calls, entries
from collectors.aws.lines import kept
from collectors.base import Context, Raw
from collectors.files import named_file

TRAILS = "trails"
"""The part of the raw object that they are in."""
DESCRIBE, LIST, GET = "cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "cloudtrail:GetTrail"
SELECTORS, STATUS = "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"
PERMISSIONS = (DESCRIBE, LIST, GET, SELECTORS, STATUS)


def read_trails(source: AwsCloudTrail, context: Context) -> Iterator[Raw]:
    """The trails of the login's own account, those of the organisation among them; or of a file, where one is named.

    Raises:
        SourceError: signing in failed, or the file cannot be read.
    """
    if source.trails:
        yield named_file(source.name, source.trails, context, part=TRAILS)
    elif source.path is None:
        calls = Calls(source)
        yield kept(f"cloudtrail:trails/{calls.account}", _answers(calls), part=TRAILS)


def _answers(calls: Calls) -> Answers:
    """What every call answered, in the regions that trails are at home in; one that was refused says so."""

    def ask(call: str, region: str = calls.region, **asked: str | bool) -> Answers:
        return calls.pages("cloudtrail", call, asked, region=region, account=calls.account)

    answers = ask("describe_trails", includeShadowTrails=True)
    homes = {one["TrailARN"]: one.get("HomeRegion") or calls.region for one in entries(answers, "trailList")}
    # Trails of a single other region are told by name and region only.
    listed = ask("list_trails")
    answers += listed
    for trail in entries(listed, "Trails"):
        arn, home = trail["TrailARN"], trail["HomeRegion"]
        if arn not in homes:
            homes[arn] = home
            answers += ask("get_trail", home, Name=arn)
    for arn, home in homes.items():
        answers += ask("get_event_selectors", home, TrailName=arn) + ask("get_trail_status", home, Name=arn)
    return answers
