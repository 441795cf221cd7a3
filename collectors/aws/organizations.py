"""AWS Organizations: what stands over its accounts, live or from a dump of the same answers."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from msgspec import Struct

from auditor.config.sources.aws import AwsOrganizations
from auditor.errors import SourceError
from auditor.model.tables import Policy
from collectors.aws.calls import Answers as Asked
from collectors.aws.calls import Calls, entries
from collectors.aws.lines import Answers, kept, quoted
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.files import named_file
from collectors.problems import Problems
from collectors.reading import Reading, Stamp
from collectors.rows import policy

KINDS = {"SERVICE_CONTROL_POLICY": "service-control", "RESOURCE_CONTROL_POLICY": "resource-control"}
_DESCRIBED = "organizations:DescribeOrganization"
_ACCOUNTS = "organizations:ListAccountsForParent"
_UNITS = "organizations:ListOrganizationalUnitsForParent"
_LISTED = "organizations:ListPolicies"
_TARGETS = "organizations:ListTargetsForPolicy"
_TEXT = "organizations:DescribePolicy"
_DELEGATED = "organizations:ListDelegatedServicesForAccount"
_ADMINISTRATORS = "organizations:ListDelegatedAdministrators"


class Organization(Struct, frozen=True, rename="pascal"):
    """The organisation, and the account that manages it."""

    id: str
    master_account_id: str = ""


class Child(Struct, frozen=True, rename="pascal"):
    """An account or a unit."""

    id: str


class Delegated(Struct, frozen=True, rename="pascal"):
    """A service whose administration the organisation leaves to an account."""

    service_principal: str


class Target(Struct, frozen=True, rename="pascal"):
    """What a policy stands over: the root, a unit or an account."""

    target_id: str


class Summary(Struct, frozen=True, rename="pascal"):
    """What a policy is."""

    id: str
    name: str = ""
    type: str = ""


class Described(Struct, frozen=True, rename="pascal"):
    """A policy with its text."""

    policy_summary: Summary
    content: str


class OrganizationsCollector(Snapshot[AwsOrganizations], frozen=True):
    """The units of an organisation, its accounts, and the policies over them."""

    PERMISSIONS = (
        "organizations:DescribeOrganization",
        "organizations:ListRoots",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListAccountsForParent",
        "organizations:ListPolicies",
        "organizations:DescribePolicy",
        "organizations:ListTargetsForPolicy",
        "organizations:ListDelegatedAdministrators",
        "organizations:ListDelegatedServicesForAccount",
    )
    READS = (
        "The units and accounts of an organisation, the service control and resource control policies over them, and "
        "which accounts administer a service for all of them."
    )
    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """The dump, or the answers.

        Raises:
            SourceError: the organisation cannot be read, or the dump cannot be.
        """
        if self.source.file:
            yield named_file(self.source.name, self.source.file, self.context)
            return
        calls = Calls(self.source)
        described = calls.pages("organizations", "describe_organization", {})
        if refused := next((answer["error"] for answer in described if "error" in answer), None):
            raise SourceError(
                f"{refused}.",
                means="What stands over the accounts of the organisation was not read.",
                do="Read it with a login of the management account or of one that it delegates this to.",
            )
        yield kept("organizations/tree", [*described, *_tree(calls), *_administrators(calls)])
        yield kept("organizations/policies", [answer for kind in KINDS for answer in _policies(calls, kind)])

    def normalise(self, batch: Batch) -> Normalised:
        """Policies, and where in the organisation each account is."""
        reading = Reading(self.source.name, self.context)
        answers = Answers(reading, batch, "Organizations")
        found = [org for _, _, org in answers.entries(_DESCRIBED, "Organization", Organization)]
        organisation = found[0] if found else Organization(self.source.name)
        reading.extend({(row.policy, row.attached_to): row for row in _rows(answers, organisation)}.values())
        answers.note_cut()
        problems = Problems()
        problems.include(answers.problems)
        for _, line, why in answers.refused():
            problems.note(why, line.of("PolicyId") or line.of("ParentId") or line.of("AccountId") or line.call)
        for call in (_DESCRIBED, _ACCOUNTS, _TARGETS, _TEXT):
            if not any(line.call == call for _, line in answers.lines):
                problems.note(f"there is no answer of {call}")
        reading.cover(organisation.id, problems, len(reading), failed=bool(problems) and not len(reading))
        return reading.normalised()


def _tree(calls: Calls) -> Iterator[dict[str, object]]:
    roots = calls.pages("organizations", "list_roots", {})
    yield from roots
    parents = [root["Id"] for root in entries(roots, "Roots")]
    while parents:
        asked = {"ParentId": parents.pop()}
        yield from calls.pages("organizations", "list_accounts_for_parent", asked)
        units = calls.pages("organizations", "list_organizational_units_for_parent", asked)
        yield from units
        parents += [unit["Id"] for unit in entries(units, "OrganizationalUnits")]


def _administrators(calls: Calls) -> Iterator[dict[str, object]]:
    """The accounts that administer something for the organisation, each with what."""
    listed = calls.pages("organizations", "list_delegated_administrators", {})
    yield from listed
    for account in entries(listed, "DelegatedAdministrators"):
        yield from calls.pages("organizations", "list_delegated_services_for_account", {"AccountId": account["Id"]})


def _policies(calls: Calls, kind: str) -> Asked:
    """The policies of a kind, each with its text and what it stands over."""
    listed = calls.pages("organizations", "list_policies", {"Filter": kind})
    each = [{"PolicyId": policy["Id"]} for policy in entries(listed, "Policies")]
    details = ("describe_policy", "list_targets_for_policy")
    return [
        *listed,
        *(answer for asked in each for call in details for answer in calls.pages("organizations", call, asked)),
    ]


def _rows(answers: Answers, organisation: Organization) -> Iterator[Policy]:
    parents = {unit.id: line.of("ParentId") for _, line, unit in answers.entries(_UNITS, "OrganizationalUnits", Child)}
    told = any(line.call == _ADMINISTRATORS and line.error is None for _, line in answers.lines)
    delegated: defaultdict[str, list[str]] = defaultdict(list)
    for _, line, one in answers.entries(_DELEGATED, "DelegatedServices", Delegated):
        delegated[line.of("AccountId")].append(one.service_principal)
    texts = {one.policy_summary.id: one for _, _, one in answers.entries(_TEXT, "Policy", Described)}
    unread = _unread(answers, texts)
    for at, line, account in answers.entries(_ACCOUNTS, "Accounts", Child):
        services = delegated[account.id] if told or account.id in delegated else None
        yield _ancestry(at, account.id, _above(line.of("ParentId"), parents), organisation, services, unread=unread)
    for at, line, target in answers.entries(_TARGETS, "Targets", Target):
        found = texts.get(line.of("PolicyId"))
        if found is None:
            answers.reject(at, f"the text of the policy {line.of('PolicyId')} is not among the answers")
        elif kind := KINDS.get(found.policy_summary.type):
            summary = found.policy_summary
            yield policy(at, summary.id, kind, target.target_id, found.content, summary.name)


def _unread(answers: Answers, texts: Collection[str]) -> bool:
    """Whether there may be service control policies that are not among the answers."""
    about = [line for _, line in answers.lines if line.call in (_LISTED, _TARGETS, _TEXT)]
    lost = [line for line in about if line.error is not None] + [line for _, line in answers.cut() if line in about]
    placed = {line.of("PolicyId") for line in about if line.call == _TARGETS}
    of_services = any(KINDS.get(line.of("Filter")) != "resource-control" for line in lost)
    return of_services or not placed or not placed.issubset(texts)


def _above(parent: str, parents: dict[str, str]) -> tuple[str, ...]:
    """A unit and those that it is in, up to the root."""
    found: list[str] = []
    while parent and parent not in found:
        found.append(parent)
        parent = parents.get(parent, "")
    return tuple(found)


def _ancestry(
    at: Stamp,
    account: str,
    ancestors: tuple[str, ...],
    organisation: Organization,
    services: list[str] | None,
    *,
    unread: bool,
) -> Policy:
    """Where an account is, and what it administers; nothing stands over the one that manages the organisation.

    `unread` says that not all that stands over the others was.
    """
    managing = account == organisation.master_account_id
    document: dict[str, object] = {"number": account, "organisation": organisation.id}
    document |= {"ancestors": [] if managing else list(ancestors)}
    document |= {} if services is None else {"delegated": services}
    document |= {"unread": True} if unread and not managing else {}
    return policy(at, account, "ancestry", account, document | {"managing": managing}, organisation.id)
