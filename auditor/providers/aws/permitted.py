"""Whether AWS's policies, as rows have them, allow calls that CloudTrail recorded."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property

from msgspec import Struct, field

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.globs import is_literal
from auditor.model.tables import Account
from auditor.model.vocabulary import AccountKind
from auditor.providers.aws.accounts import IDENTITY_CENTER, RESERVED
from auditor.providers.aws.actions import expand
from auditor.providers.aws.callers import Caller, Gap
from auditor.providers.aws.calls import Asked, asked, region_of
from auditor.providers.aws.policy import Limits, Statement
from auditor.providers.aws.principals import Directory, Principal, Source
from auditor.providers.aws.reach import Reach, Trust
from auditor.providers.aws.resource_policies import ResourcePolicies
from auditor.providers.aws.trusted import scope_of
from auditor.providers.aws.ways_in import WaysIn, set_names
from auditor.providers.permitted import Answer, Permitted, all_of, allowed, any_of, not_known

_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "signin:SwitchRole")
_NO_RESOURCE = "*"
"""What a call is on that cannot be limited to a resource; it is no pattern there."""


def aws_permitted(config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime) -> list[Permitted]:
    """Whether the rights of a moment allow each of some calls.

    Conditions that hang on the request (a second factor, an address) leave it open, and so does what names part of the
    things that a call may have been about.
    """
    judge = _Judge(config, rows, at)
    return [judge.of(act) for act in acts]


class _Judge(Struct, dict=True):
    config: Config
    rows: Snapshots
    at: datetime
    _principals: dict[str, Principal | None] = field(default_factory=dict)
    _seen: dict[tuple[object, ...], Permitted] = field(default_factory=dict)

    @cached_property
    def directory(self) -> Directory:
        """IAM's rows."""
        return Directory.of(self.rows)

    @cached_property
    def shared(self) -> ResourcePolicies:
        """What resources give by themselves."""
        return ResourcePolicies(self.config, self.directory, self.at)

    @cached_property
    def ways_in(self) -> WaysIn:
        """Keys, passwords and Identity Center's assignments."""
        return WaysIn(self.rows, self.directory, self.at)

    def of(self, act: UsedAct) -> Permitted:
        """Whether one call is allowed."""
        key = act.account, act.actor_kind, act.scope, act.action, act.resource, act.opener, act.credential
        if key not in self._seen:
            self._seen[key] = self._told(act)
        return self._seen[key]

    def _told(self, act: UsedAct) -> Permitted:
        account = act.account or ""
        if account.startswith(IDENTITY_CENTER):
            return self.ways_in.of_user(act)
        if account.endswith(":root"):
            return allowed("the root user may do everything")
        if act.action in _ASSUMING:
            return self._assumed(act)
        principal = self._principal(account)
        if principal is None:
            return not_known(f"{account or 'who did it'} is not among the accounts whose rights were read")
        if act.action == "signin:ConsoleLogin":
            return self.ways_in.password(account)
        return self._with_way_in(principal, act, self._by_policies(principal, act))

    def _with_way_in(self, principal: Principal, act: UsedAct, told: Permitted) -> Permitted:
        """What somebody may, as far as they can still be who did it; of what is denied too it is told by what."""
        way_in = all_of((self.ways_in.key(principal.arn, act.credential), self.ways_in.session(principal, act)))
        both = all_of((way_in, told))
        return Permitted(Answer.DENIED, way_in.by) if both.answer is Answer.DENIED else both

    def _principal(self, account: str) -> Principal | None:
        """A user or role by its name in the log; None where it is in no row."""
        if account not in self._principals:
            row = self.directory.accounts.get(self.directory.called(account))
            kinds = (AccountKind.GROUP, AccountKind.ROOT)
            own = self._with_resources(row) if row and row.kind not in kinds else None
            self._principals[account] = own or self._stand_in(account)
        return self._principals[account]

    def _stand_in(self, account: str) -> Principal | None:
        """The role of a permission set in an account whose IAM was not read."""
        start, reserved, _ = account.rpartition(RESERVED)
        roles = self.ways_in.assigned.roles.values() if reserved else ()
        of_scope = (one for one in roles if one.row.scope == scope_of(start))
        return next((one for one in of_scope if one.row.name in set_names(account)), None)

    def _with_resources(self, row: Account) -> Principal:
        return self.shared.over({row.account: self.directory.principal(row, self.at)})[row.account]

    def _by_policies(self, principal: Principal, act: UsedAct) -> Permitted:
        home = f"{principal.arn.split(':')[1]}:{act.scope}"
        wanted = asked(act.action, act.resource, home)
        if wanted is None:
            return not_known(f"which right {act.action} takes is not known", *_of_service(principal, act.action))
        known: dict[str, str | Gap] = {"aws:resourceaccount": act.scope}
        if region := region_of(act.resource):
            known["aws:requestedregion"] = region
        told = all_of(any_of(_ways(principal, _Request(one, Caller(known)), self.at)) for one in wanted)
        if principal.known or told.answer is Answer.DENIED:
            return told
        return not_known(f"the permissions boundary of {principal.name} could not be read", *told.by)

    def _assumed(self, act: UsedAct) -> Permitted:
        """Whether somebody may still become a role."""
        arns = [text for text in (act.resource or "").split(" ") if ":role/" in text]
        role = self._principal(arns[0]) if len(arns) == 1 else None
        by = self._principal(act.account or "")
        if by is not None:
            if role is None:
                # Another account's role: its own trust policy was not read.
                told = all_of((self._by_policies(by, act), not_known("the role's trust was not read")))
                return self._with_way_in(by, act, told)
            reach = Reach({by.arn: by, role.arn: role}, self.directory, self.at)
            hops = [hop for hop in reach.hops().get(by.arn, ()) if hop.role == role.arn]
            ways = (_way(f"trust policy of {role.name}{_by(hop.source)}", hop.facts) for hop in hops)
            return self._with_way_in(by, act, any_of(ways))
        if role is None:
            return not_known(f"the role {act.resource or ''} is not among those that were read")
        return any_of(self._outside(role, act))

    def _outside(self, role: Principal, act: UsedAct) -> Iterator[Permitted]:
        """What of a role's trust means a service, a federated caller, or a principal of another account."""
        account = act.account or ""
        words = f"trust policy of {role.name}"
        wanted = expand(act.action if act.action.startswith("sts:") else _ASSUMING[0])
        for trust in Reach({role.arn: role}, self.directory, self.at).outsiders():
            if _means(trust, account):
                yield _way(f"{words}: {trust.principal}", trust.facts)
        for one in role.trust:
            for name in one.principals if one.allow and one.actions & wanted and one.terms.hold(self.at) else ():
                kind, _, named = name.partition(":")
                fits = named == account if kind == "Service" else kind == "Federated" and _issued(named, account)
                if fits:
                    yield _way(f"{words}: {named}", one.terms.facts)


class _Request(Struct, frozen=True):
    """What is asked of policies, with what is known of the request."""

    asked: Asked
    known: Caller

    def met(self, statement: Statement, at: datetime) -> tuple[bool, Statement] | None:
        """Whether a statement certainly speaks of it, with what it then comes to; None where it does not."""
        if not statement.actions & self.asked.action or not statement.terms.hold(at):
            return None
        found = statement.given(self.known)
        reached = {_reaches(found, one) for one in self.asked.among} if found else {False}
        if found is None or reached == {False}:
            return None
        return not found.terms.facts and reached == {True}, found


def _reaches(statement: Statement, wanted: str) -> bool | None:
    """Whether a statement is about a resource; None where it is about some of what a pattern names."""
    if is_literal(wanted) or wanted == _NO_RESOURCE:
        # The two ask the same of one name; this is the quicker.
        return statement.meets_pattern(wanted) if statement.others else statement.covers_pattern(wanted)
    return True if statement.covers_pattern(wanted) else None if statement.meets_pattern(wanted) else False


def _ways(principal: Principal, request: _Request, at: datetime) -> Iterator[Permitted]:
    """What of a principal's policies allows something, and what may."""
    for source in principal.sources:
        met = [one for one in (request.met(s, at) for s in source.statements if s.allow) if one]
        limits = _limits(principal.limits_of(source), request, at) if met else None
        if limits is None or (source.ends and source.ends <= at):
            continue
        certain, open_ = limits
        sure = certain and any(sure for sure, _ in met)
        facts = () if sure else (*(fact for _, one in met for fact in one.terms.facts), *open_)
        yield _way(", ".join(source.steps), facts, sure=sure)


def _way(words: str, facts: Iterable[str], *, sure: bool | None = None) -> Permitted:
    """What allows something, or may under conditions that are not known to be met; without any, on what is open."""
    asked = " and ".join(dict.fromkeys(facts))
    if sure or (sure is None and not asked):
        return allowed(words)
    return not_known(f"it hangs on {asked}" if asked else "on what it was is not told", words)


def _of_service(principal: Principal, call: str) -> Iterator[str]:
    """Whatever of a principal's policies may allow a call of which only the service is known, or not even that."""
    every = expand("*").bit_count()
    actions = expand(f"{call.partition(':')[0]}:*")
    for source in principal.sources:
        given = [one.actions for one in source.statements if one.allow]
        if any(one & actions if actions else one.bit_count() > every // 2 for one in given):
            yield ", ".join(source.steps)


def _limits(limits: Limits, request: _Request, at: datetime) -> tuple[bool, list[str]] | None:
    """Whether denials and ceilings certainly leave something, else on what it hangs; None where they do not."""
    certain, open_ = True, []
    for deny in (*limits.denies, *limits.closed):
        if met := request.met(deny, at):
            if met[0]:
                return None
            certain = False
            open_ += [f"what is denied {' and '.join(met[1].terms.facts)}"] if met[1].terms.facts else []
    for ceiling in limits.ceilings:
        found = [one for one in (request.met(s, at) for s in ceiling if s.allow) if one]
        if not found:
            return None
        if not any(sure for sure, _ in found):
            certain = False
            open_ += [fact for _, one in found for fact in one.terms.facts]
    return certain, open_


def _by(source: Source | None) -> str:
    return f" and {', '.join(source.steps)}" if source else ""


def _means(trust: Trust, account: str) -> bool:
    """Whether a trust in somebody of whom there is no evidence means an account."""
    name = trust.principal
    return name in ("*", account) or (
        (name.isdigit() or name.endswith(":root")) and scope_of(name) in (scope_of(account), account.partition(":")[2])
    )


def _issued(provider: str, account: str) -> bool:
    """Whether a federated caller may be one whom a provider vouches for: its name begins with that, or tells none."""
    issuer = provider.rpartition(":oidc-provider/")[2]
    return ":oidc-provider/" not in account or account.startswith((f"{provider}:", f"{issuer}:")) or account == provider
