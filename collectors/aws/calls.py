"""Calls to AWS whose answers are kept as lines: one that is refused costs what it was to tell, and says so."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from auditor.config.sources.aws import AwsLogin
from auditor.errors import SourceError
from collectors.aws import session as aws

CONNECTIONS = 4
"""So many calls of one service may be under way."""

Answers = list[dict[str, Any]]


class Calls:
    """The clients of one login.

    Raises:
        SourceError: signing in failed.
    """

    def __init__(self, login: AwsLogin) -> None:
        self._login = login
        self._session = aws.session(login)
        self._clients: dict[tuple[str, str], Any] = {}
        self.region = aws.region_of(self._session, login)

    @cached_property
    def account(self) -> str:
        """The account that the login is of; raises SourceError."""
        found: str = aws.caller(self._login, self._session)["Account"]
        return found

    def pages(
        self, service: str, call: str, asked: Mapping[str, Any], *, region: str = "", absent: str = "", **noted: str
    ) -> Answers:
        """A call's pages; the last is an error where there should have been more.

        Args:
            service: as boto3 names it.
            call: the client's method.
            asked: what is asked.
            region: another region than the login's.
            absent: the error code with which the service says that there is nothing.
            noted: what else the lines say of the call.
        """
        client = self._client(service, region or self.region)
        name = f"{service}:{client.meta.method_to_api_mapping[call]}"
        about = asked.get("AccountId") or asked.get("PermissionSetArn") or asked.get("GroupId")
        where = f" for {about}" if about else f" in {region}" if region else ""
        line = {"call": name, "asked": {**asked, **noted}, "region": region or self.region}
        answers: Answers = []
        try:
            with aws.explained(f"calling {name}{where}"):
                for reply in aws.replies(client, call, asked):
                    answers.append({**line, "reply": reply})
        except SourceError as error:
            nothing = absent and aws.code_of(error.__cause__) == absent
            answers.append({**line, "reply": {}} if nothing else {**line, "error": error.why})
        return answers

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = aws.client(
                self._login, service, region=region, connections=CONNECTIONS, patient=True, signed_in=self._session
            )
        return self._clients[service, region]


def entries(answers: Answers, member: str) -> Iterator[Any]:
    """What the replies list under a name, or hold there."""
    for answer in answers:
        found = answer.get("reply", {}).get(member)
        yield from found if isinstance(found, list) else [found] if found else []
