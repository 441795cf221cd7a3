"""Whoever can change what runs in a cluster of EKS acts as the roles that its service accounts become by its issuer."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from auditor.model.details import details
from auditor.model.globs import overlap
from auditor.model.groups import grouped
from auditor.model.tables import Policy
from auditor.providers.aws.actions import expand
from auditor.providers.aws.conditions import terms
from auditor.providers.aws.policy import Statement
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.reach import Hop

_BECOMES = "sts:AssumeRoleWithWebIdentity"
_RUNS = "eks:MutateViaKubernetesApi"
_ISSUED = ":oidc-provider/"
_NAMESPACE = "namespace "


class Pods(Struct, frozen=True, dict=True):
    """The roles of pods, and who can run pods as them.

    Args:
        principals: IAM's users and roles and Identity Center's roles, by ARN.
    """

    directory: Directory
    principals: Mapping[str, Principal]

    def hops(self, principals: Iterable[Principal]) -> Iterator[tuple[str, Hop]]:
        """Each role that somebody can run a pod as, with who can."""
        among = {one.arn for one in principals} if self._runners else set()
        for name, row, issuer in self._runners:
            if name in among:
                for role, statement in self._serving.get(issuer, ()):
                    if role.arn != name and _lets_in(statement, issuer, row):
                        yield name, self._hop(role, statement, issuer, row)

    def _hop(self, role: Principal, statement: Statement, issuer: str, row: Policy) -> Hop:
        others = tuple(one for one in statement.clauses if not _is_of(one.key, issuer))
        asked = terms(others)
        refused = any(not one.allow and one.actions & expand(_BECOMES) for one in role.trust)
        facts = (*asked.facts, *(("unless its trust policy denies it",) if refused else ()))
        cluster, through = row.attached_to.rpartition("/")[2], row.policy.split("#")[2]
        words = f"runs pods in cluster {cluster} as role {role.name} ({through})"
        rows = (row, *((role.trust_row,) if role.trust_row else ()))
        return Hop(role.arn, asked.ends, facts, rows, steps=(words,))

    @cached_property
    def _runners(self) -> list[tuple[str, Policy, str]]:
        """Whom clusters let change what runs in them, by which row, and the issuer of the cluster's tokens."""
        clusters = (arn for arn in self.directory.policies_of if ":cluster/" in arn and arn.split(":")[2] == "eks")
        rows = ((row, _issuer(row)) for arn in clusters for row in self.directory.policies_of[arn])
        return [
            (self.directory.called(name), row, issuer)
            for row, issuer in rows
            if issuer
            for statement in self.directory.read(row) or ()
            if statement.allow and statement.actions & expand(_RUNS)
            for name in statement.principals
        ]

    @cached_property
    def _serving(self) -> Mapping[str, list[tuple[Principal, Statement]]]:
        """The roles that each issuer vouches for, with the statement that says so."""
        return grouped(
            (name.rpartition(_ISSUED)[2], (one, statement))
            for one in self.principals.values()
            for statement in one.trust
            if statement.allow and statement.actions & expand(_BECOMES)
            for name in statement.principals
            if name.startswith("Federated:") and _ISSUED in name
        )


def _issuer(row: Policy) -> str:
    """The issuer of a cluster's tokens as trust policies name it; empty where the row of its access tells none."""
    return str(details(row.document).get("Issuer") or "").removeprefix("https://")


def _is_of(key: str, issuer: str) -> bool:
    """Whether a condition asks what a token is for, or whose."""
    return key.lower() in (f"{issuer}:sub".lower(), f"{issuer}:aud".lower())


def _lets_in(statement: Statement, issuer: str, row: Policy) -> bool:
    """Whether a service account of where somebody runs pods may be among those that a statement is for."""
    spaces = [one.strip() for one in row.name.split(_NAMESPACE) if one.strip()] if _NAMESPACE in row.name else ["*"]
    asked = [one for one in statement.clauses if one.key.lower() == f"{issuer}:sub".lower()]
    return all(
        "not" not in one.operator
        and any(overlap(value, f"system:serviceaccount:{space}:*") for value in one.values for space in spaces)
        for one in asked
    )
