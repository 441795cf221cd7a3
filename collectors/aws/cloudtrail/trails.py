"""Which trails an account has and what they record, asked of CloudTrail; one line for each call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.config.sources import AwsCloudTrail
from auditor.errors import SourceError
from collectors.aws import session as aws
from collectors.aws.cloudtrail.listing import login_of
from collectors.aws.lines import kept, written
from collectors.base import Context, Raw
from collectors.files import named_file

TRAILS = "trails"
"""The part of the raw object that they are in."""
DESCRIBE, LIST, GET = "cloudtrail:DescribeTrails", "cloudtrail:ListTrails", "cloudtrail:GetTrail"
SELECTORS, STATUS = "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"
PERMISSIONS = (DESCRIBE, LIST, GET, SELECTORS, STATUS)

_PREFIX = "cloudtrail:trails/"
_Line = dict[str, Any]


def read_trails(source: AwsCloudTrail, context: Context) -> Iterator[Raw]:
    """The trails of the login's own account, those of the organisation among them; or of a file, where one is named.

    Raises:
        SourceError: signing in failed, or the file cannot be read.
    """
    if source.trails:
        yield named_file(source.name, source.trails, context, part=TRAILS)
    elif source.path is None:
        calls = _Calls(source)
        yield kept(f"{_PREFIX}{calls.account}", calls.lines(), part=TRAILS)


class _Calls:
    """Asks CloudTrail in the regions that trails are at home in."""

    def __init__(self, source: AwsCloudTrail) -> None:
        self._login = login_of(source)
        self._signed_in = aws.session(source)
        self._region = aws.region_of(self._signed_in, source)
        self._clients: dict[str, Any] = {}
        self.account: str = aws.caller(source, self._signed_in)["Account"]

    def lines(self) -> Iterator[_Line]:
        """What every call answered; one that was refused says so."""
        homes: dict[str, str] = {}
        described = self._line(DESCRIBE, self._region, {"includeShadowTrails": True}, "describe_trails")
        yield described
        for trail in described.get("reply", {}).get("trailList", ()):
            homes[trail["TrailARN"]] = trail.get("HomeRegion") or self._region
        # Trails of a single other region are told by name and region only.
        listed = self._line(LIST, self._region, {}, "list_trails")
        yield listed
        for trail in listed.get("reply", {}).get("Trails", ()):
            arn, home = trail["TrailARN"], trail["HomeRegion"]
            if arn not in homes:
                homes[arn] = home
                yield self._line(GET, home, {"Name": arn}, "get_trail")
        for arn, home in homes.items():
            yield self._line(SELECTORS, home, {"TrailName": arn}, "get_event_selectors")
            yield self._line(STATUS, home, {"Name": arn}, "get_trail_status")

    def _line(self, call: str, region: str, asked: dict[str, Any], method: str) -> _Line:
        told = {**asked, "account": self.account}
        try:
            with aws.explained(f"calling {call} in {region}"):
                return written(call, told, reply=self._reply(region, method, asked), region=region)
        except SourceError as error:
            return written(call, told, error=error.what.rstrip("."), region=region)

    def _reply(self, region: str, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        client = self._client(region)
        if client.can_paginate(method):
            whole: dict[str, Any] = client.get_paginator(method).paginate(**asked).build_full_result()
            return whole
        answer: dict[str, Any] = getattr(client, method)(**asked)
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def _client(self, region: str) -> Any:
        if region not in self._clients:
            login = self._login.model_copy(update={"region": region})
            self._clients[region] = aws.client(login, "cloudtrail", patient=True, signed_in=self._signed_in)
        return self._clients[region]
