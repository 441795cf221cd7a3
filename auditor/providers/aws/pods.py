"""Whoever can change what runs in a cluster of EKS acts as the roles of its service accounts.

Roles trust the issuer of the cluster's tokens, or EKS's agent, which knows by associations whose pod has which role.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from auditor.model.details import details
from auditor.model.entitlements import Unresolved
from auditor.model.globs import overlap
from auditor.model.groups import grouped
from auditor.model.tables import Policy
from auditor.providers.aws.actions import expand
from auditor.providers.aws.conditions import Clause, terms
from auditor.providers.aws.policy import Statement
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.reach import Hop

_BECOMES = "sts:AssumeRoleWithWebIdentity"
_RUNS = "eks:MutateViaKubernetesApi"
_ISSUED = ":oidc-provider/"
_NAMESPACE = "namespace "
# The agent of EKS gives roles to service accounts, by associations, and says whose pod it is in tags of the session.
_GIVEN, _AGENT, _PODS = "sts:AssumeRole", "Service:pods.eks.amazonaws.com", "PodIdentities"
_TAG = "aws:requesttag/"


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
        for name, row in self._runners:
            if name in among:
                for serving in (self._vouched(row), self._associated(row)):
                    yield from ((name, hop) for hop in serving if hop.role != name)

    def _vouched(self, row: Policy) -> Iterator[Hop]:
        """The roles that trust the issuer of a cluster's tokens, for whom a row lets run pods in it."""
        if issuer := _issuer(row):
            for role, statement in self._serving.get(issuer, ()):
                known = {f"{issuer}:sub": [f"system:serviceaccount:{space}:*" for space in _spaces(row)]}
                if (others := _asked_beside(statement, known)) is not None:
                    yield self._hop(role, [one for one in others if one.key.lower() != f"{issuer}:aud".lower()], (row,))

    def _associated(self, row: Policy) -> Iterator[Hop]:
        """The roles that EKS gives service accounts of a cluster, for whom a row lets run pods in it."""
        arn = row.attached_to
        rows = [one for one in self.directory.policies_of.get(arn, ()) if _PODS in details(one.document)]
        if not rows and self._by_agent:
            self._miss(arn, "its pod identity associations were not read")
        for one in rows:
            for told in details(one.document)[_PODS]:
                space, account = str(told.get("Namespace")), str(told.get("ServiceAccount"))
                if not any(overlap(space, within) for within in _spaces(row)):
                    continue
                role = self.principals.get(self.directory.called(str(told.get("Role"))))
                if not told.get("Role"):
                    self._miss(arn, f"the role of service account {space}/{account} could not be read")
                known = {
                    "aws:sourcearn": [arn],
                    "aws:sourceaccount": [arn.split(":")[4]],
                    f"{_TAG}eks-cluster-arn": [arn],
                    f"{_TAG}eks-cluster-name": [arn.rpartition("/")[2]],
                    f"{_TAG}kubernetes-namespace": [space],
                    f"{_TAG}kubernetes-service-account": [account],
                }
                for statement in self._by_agent.get(role.arn, ()) if role else ():
                    if role and (others := _asked_beside(statement, known)) is not None:
                        yield self._hop(role, others, (row, one))

    def _hop(self, role: Principal, others: Sequence[Clause], rows: tuple[Policy, ...]) -> Hop:
        """Becoming a pod's role, with what its trust asks beside what any pod of its has."""
        asked, row = terms(others), rows[0]
        refused = any(not one.allow and one.actions & expand(_BECOMES) for one in role.trust)
        facts = (*asked.facts, *(("unless its trust policy denies it",) if refused else ()))
        cluster, through = row.attached_to.rpartition("/")[2], row.policy.split("#")[2]
        words = f"runs pods in cluster {cluster} as role {role.name} ({through})"
        return Hop(role.arn, asked.ends, facts, (*rows, *((role.trust_row,) if role.trust_row else ())), steps=(words,))

    def _miss(self, cluster: str, why: str) -> None:
        told = f"Which roles pods of cluster {cluster.rpartition('/')[2]} act as is not known: {why}."
        self.directory.unresolved[_PODS + why, cluster] = Unresolved.of_account(cluster, told, Policy.TABLE)

    @cached_property
    def _runners(self) -> list[tuple[str, Policy]]:
        """Whom clusters let change what runs in them, by which row."""
        clusters = (arn for arn in self.directory.policies_of if ":cluster/" in arn and arn.split(":")[2] == "eks")
        return [
            (self.directory.called(name), row)
            for arn in clusters
            for row in self.directory.policies_of[arn]
            for statement in self.directory.read(row) or ()
            if statement.allow and statement.actions & expand(_RUNS)
            for name in statement.principals
        ]

    @cached_property
    def _by_agent(self) -> Mapping[str, list[Statement]]:
        """What lets EKS's agent give a role to pods, by role."""
        return grouped(
            (one.arn, statement)
            for one in self.principals.values()
            for statement in one.trust
            if statement.allow and statement.actions & expand(_GIVEN) and _AGENT in statement.principals
        )

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


def _spaces(row: Policy) -> list[str]:
    """The namespaces of a cluster that a row is for."""
    spaces = [one.strip() for one in row.name.split(_NAMESPACE) if one.strip()] if _NAMESPACE in row.name else []
    return spaces or ["*"]


def _asked_beside(statement: Statement, known: Mapping[str, Sequence[str]]) -> list[Clause] | None:
    """What a statement asks beside keys whose values are known as patterns; None where one of those does not fit."""
    lowered = {key.lower(): values for key, values in known.items()}
    asked = [one for one in statement.clauses if one.key.lower() in lowered]
    fits = all(
        "not" not in one.operator
        and any(overlap(value, other) for value in one.values for other in lowered[one.key.lower()])
        for one in asked
    )
    return [one for one in statement.clauses if one not in asked] if fits else None
