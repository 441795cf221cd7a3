"""What each kind of CloudTrail record means, worked out once for each service, name and what it says of reading."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from auditor.model.details import as_object
from auditor.model.vocabulary import SAFEGUARDS, Act
from auditor.providers.aws.trails.logs_set import sets_log
from collectors.aws.cloudtrail import agents
from collectors.aws.cloudtrail.actions import PARAMETERS, actions, classify
from collectors.aws.cloudtrail.shapes import Record, loose

# A task is asked for by its id; its service stands in the answer, and all that a trail is kept with.
_ANSWERING = frozenset({"ecs.amazonaws.com", "cloudtrail.amazonaws.com"})
# What records what is done in sessions of Systems Manager, and services that record by the organisation's leave.
_OF_SESSIONS = "SSM-SessionManagerRunShell"
_RECORDERS = ("cloudtrail", "config", "guardduty", "securityhub", "macie", "detective", "inspector2", "access-analyzer")
_MAY_TRY = "lambda:UpdateFunctionCode"  # elsewhere a dry run is a failure, or asked for in no parameter


class Kind(NamedTuple):
    """What one (service, name, readOnly) means; `act` is its number among the table's acts.

    `special` says that it needs a second look, since any of the rest holds: it may open a session, is a sign-in, has
    details to keep; `answers` says that the response tells of the thing what the request may not; `lists_calls` that
    other calls may be told in it; `hangs_on_request` that what was asked for may make it another kind.
    """

    act: int
    service: str
    special: bool
    opens_session: bool
    signs_in: bool
    detailed: bool
    answers: bool
    lists_calls: bool
    hangs_on_request: bool


class Kinds(dict[tuple[str, str, bool | None], Kind]):
    """The kinds that were met, by service, name and `readOnly`; `acts` has what each is about, by its number."""

    def __init__(self) -> None:
        super().__init__()
        self.acts: list[Act] = []
        self._asking_more: dict[tuple[str, str, bool | None, bool, bool], Kind] = {}
        self._asked: dict[tuple[int, bytes], Kind] = {}

    def __missing__(self, named: tuple[str, str, bool | None]) -> Kind:
        """A kind that was not met before."""
        kind = self[named] = self._new(named)
        return kind

    def as_asked(self, kind: Kind, record: Record) -> Kind:
        """The kind of a call, which may ask for plain text, bring a policy, set a recorder, or only try."""
        if not kind.hangs_on_request:
            return kind
        request = kind.act, bytes(record.request_parameters)
        if request not in self._asked:
            self._asked[request] = self._by_request(kind, record)
        return self._asked[request]

    def _by_request(self, kind: Kind, record: Record) -> Kind:
        asked = as_object(loose(record.request_parameters))
        if asked.get("dryRun") is True:
            return self[record.event_source, record.event_name, True]
        more = asked.get("withDecryption") is True or _has_policy(asked)
        recorder = _sets_recorder(asked)
        if not more and not recorder:
            return kind
        named = record.event_source, record.event_name, record.read_only
        known = (*named, more, recorder)
        if known not in self._asking_more:
            self._asking_more[known] = self._new(named, asks_more=more, sets_recorder=recorder)
        return self._asking_more[known]

    def _new(
        self, named: tuple[str, str, bool | None], *, asks_more: bool = False, sets_recorder: bool = False
    ) -> Kind:
        source, name, read_only = named
        act = classify(source, name, read_only=read_only, asks_more=asks_more, sets_recorder=sets_recorder)
        looks = (
            actions()["opens_session"].match(act.action) is not None,
            act.action.startswith("signin:"),
            act.category in SAFEGUARDS or actions()["keeping"].fullmatch(act.action) is not None,
            source in _ANSWERING,
            source == agents.SERVER,
            act.action.startswith((PARAMETERS, _MAY_TRY))
            or any(actions()[kind].fullmatch(act.action) for kind in ("grant_by_policy", "audit_trail_by_setting")),
        )
        self.acts.append(act)
        return Kind(len(self.acts) - 1, source.partition(".")[0], any(looks), *looks)


def _has_policy(asked: Mapping[str, Any]) -> bool:
    """Whether a queue's, a topic's or a domain's settings have a policy of its own among them."""
    as_pair = asked.get("attributeName") == "Policy" and asked.get("attributeValue")
    return bool(as_pair or as_object(asked.get("attributes")).get("Policy") or asked.get("accessPolicies"))


def _sets_recorder(asked: Mapping[str, Any]) -> bool:
    """Whether a call that sets many things sets what records something: a database, a balancer, sessions."""
    return (
        sets_log(asked)
        or (asked.get("name") == _OF_SESSIONS and str(asked.get("content", "{}")).startswith("{"))
        or str(asked.get("servicePrincipal")).startswith(_RECORDERS)
    )
