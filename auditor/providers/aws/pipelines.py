"""Which pipelines of forges become a role by the token of an identity provider."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from auditor.model.globs import is_literal
from auditor.model.pipelines import PipelineTrust
from auditor.providers.aws.actions import expand
from auditor.providers.aws.conditions import Clause, terms
from auditor.providers.aws.policy import Statement
from auditor.providers.aws.principals import Principal

_BECOMES = "sts:AssumeRoleWithWebIdentity"
_PROVIDER = ":oidc-provider/"
_COMPARED = ("stringequals", "stringequalsignorecase", "stringlike")
# The claims that say whose a token is, and of GitHub's those that say where it runs, as the subject would.
_WHOSE = {"sub": "{0}", "repository": "repo:{0}:{1}", "repository_owner": "repo:{0}/*"}
_WITHIN = ("environment", "ref")


def pipelines(role: Principal, at: datetime) -> Iterator[PipelineTrust]:
    """The pipelines that a role's trust is for, with what it asks of them beside whose they are."""
    lets_in = [one for one in role.trust if one.actions & expand(_BECOMES) and one.terms.hold(at)]
    refused = any(not one.allow for one in lets_in)
    for statement in lets_in:
        for name in statement.principals if statement.allow and not statement.other_principals else ():
            if name.startswith("Federated:") and _PROVIDER in name:
                issuer = name.rpartition(_PROVIDER)[2]
                yield from _trusts(role.arn, issuer, statement, ["where its trust policy does not deny it"] * refused)


def _trusts(role: str, issuer: str, statement: Statement, denied: Sequence[str]) -> Iterator[PipelineTrust]:
    asked = {claim: clause for clause in statement.clauses if (claim := _claim(clause, issuer))}
    subject = next((claim for claim in _WHOSE if claim in asked and asked[claim].operator in _COMPARED), None)
    if subject is None:
        return
    within = next((claim for claim in _WITHIN if subject != "sub" and len(_values(asked.get(claim))) == 1), None)
    rest = f"{within}:{_values(asked[within])[0]}" if within else "*"
    left = [one for one in statement.clauses if _claim(one, issuer) not in (subject, within, "aud")]
    for value in _values(asked[subject]):
        written = _WHOSE[subject].format(value, rest)
        yield PipelineTrust(account=role, subject=written, issuer=issuer, facts=(*terms(left).facts, *denied))


def _claim(clause: Clause, issuer: str) -> str:
    """The claim of a token that a condition is about; empty where it is about none."""
    whose, _, claim = clause.key.lower().rpartition(":")
    return claim if whose == issuer.lower() else ""


def _values(clause: Clause | None) -> list[str]:
    """The patterns that a condition compares a claim with; where it asks for one text, `*` in it is no pattern."""
    if clause is None or clause.operator not in _COMPARED:
        return []
    return [one for one in clause.values if clause.operator == "stringlike" or is_literal(one)]
