"""Who may do what in EKS's clusters, as policies on them: access entries, the ConfigMap aws-auth, and the pods' roles.

What a group of Kubernetes may do stands in the cluster's own RoleBindings, which AWS does not tell: of every group but
`system:masters` it could not be judged.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import yaml
from msgspec import Struct

from auditor.model.details import as_object
from auditor.model.groups import grouped
from auditor.model.tables import Policy
from collectors.aws.calls import Answers as Asked
from collectors.aws.calls import Calls, entries
from collectors.aws.iam.dump import UNKNOWN
from collectors.aws.lines import Answers, Line
from collectors.reading import Stamp
from collectors.rows import policy

PERMISSIONS = (
    *("eks:ListClusters", "eks:DescribeCluster"),
    *("eks:ListAccessEntries", "eks:DescribeAccessEntry", "eks:ListAssociatedAccessPolicies"),
    *("eks:ListPodIdentityAssociations", "eks:DescribePodIdentityAssociation"),
)
# AWS's own access policies that let somebody change what runs; the others are for looking, and for AWS's services.
_CHANGING = frozenset({"AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy", "AmazonEKSEditPolicy"})
_MASTERS = "system:masters"
# What nodes are in.
_OF_NODES = frozenset({"system:bootstrappers", "system:nodes", "system:node-proxier"})
_CONFIG_MAP = "CONFIG_MAP"
_OF_PODS = "pod identities"
Mapped = tuple[str, tuple[str, ...]]
"""Whom aws-auth names, with their groups."""
Auth = tuple[Stamp, tuple[Mapped, ...]]


def answers(calls: Calls, region: str) -> Asked:
    """The clusters of a region, with their access entries and the roles of their pods."""
    listed = calls.pages("eks", "list_clusters", {}, region=region)
    found = [*listed]
    for name in entries(listed, "clusters"):
        told = calls.pages("eks", "describe_cluster", {"name": name}, region=region)
        found += told
        found += _pod_identities(calls, region, name)
        if all(_mode(one) == _CONFIG_MAP for one in entries(told, "cluster")):
            continue
        entered = calls.pages("eks", "list_access_entries", {"clusterName": name}, region=region)
        found += entered
        for principal in entries(entered, "accessEntries"):
            asked = {"clusterName": name, "principalArn": principal}
            found += calls.pages("eks", "describe_access_entry", asked, region=region)
            found += calls.pages("eks", "list_associated_access_policies", asked, region=region)
    return found


def _pod_identities(calls: Calls, region: str, cluster: str) -> Asked:
    """The service accounts of a cluster that act as roles; which role, only the description of each tells."""
    listed = calls.pages("eks", "list_pod_identity_associations", {"clusterName": cluster}, region=region)
    found = [*listed]
    for one in entries(listed, "associations"):
        asked = {"clusterName": cluster, "associationId": str(one.get("associationId"))}
        found += calls.pages("eks", "describe_pod_identity_association", asked, region=region)
    return found


class Clusters(Struct, frozen=True, dict=True):
    """The clusters of an account.

    Args:
        region: theirs where no answer tells it.
        maps: whom each cluster's aws-auth names.
    """

    account: str
    region: str
    answers: Answers
    maps: Mapping[str, Auth]

    def policies(self) -> Iterator[Policy]:
        """What every access entry and every line of aws-auth gives, and a row of the pods' roles for each cluster."""
        for at, line, reply in self.answers.replies("eks:ListAssociatedAccessPolicies"):
            cluster, principal = (_named(line, reply, name) for name in ("clusterName", "principalArn"))
            for one in entries([{"reply": reply}], "associatedAccessPolicies"):
                name = str(one.get("policyArn", "")).rpartition("/")[2]
                spaces = as_object(one.get("accessScope")).get("namespaces") or ()
                where = " ".join(f"namespace {space}" for space in spaces)
                if name in _CHANGING:
                    yield self._gives(at, cluster, f"access entry {name}", principal, where)
        for at, line, reply in self.answers.replies("eks:DescribeAccessEntry"):
            entry = as_object(reply.get("accessEntry"))
            cluster, principal = (_named(line, entry, name) for name in ("clusterName", "principalArn"))
            yield from self._groups(at, cluster, principal, entry.get("kubernetesGroups") or (), "access entry")
        for cluster, (at, named) in self.maps.items():
            for principal, groups in named:
                yield from self._groups(at, cluster, principal, groups, "aws-auth")
        for at, _, reply in self.answers.replies("eks:DescribeCluster"):
            told = as_object(reply.get("cluster"))
            if told.get("name") not in self.maps and _CONFIG_MAP in _mode(told):
                yield self._unknown(at, str(told.get("name")), "aws-auth")
        yield from self._pods()

    def _pods(self) -> Iterator[Policy]:
        """A row for each cluster whose pods' roles were listed: a document that gives nothing, with them beside it."""
        roles = {
            str(one.get("associationId")): str(one.get("roleArn") or "")
            for _, _, reply in self.answers.replies("eks:DescribePodIdentityAssociation")
            if (one := as_object(reply.get("association")))
        }
        pages = list(self.answers.replies("eks:ListPodIdentityAssociations"))
        listed = grouped((line.of("clusterName"), (at, reply)) for at, line, reply in pages)
        for cluster, told in listed.items():
            found = [
                {
                    "Namespace": str(one.get("namespace") or "*"),
                    "ServiceAccount": str(one.get("serviceAccount") or "*"),
                    "Role": roles.get(str(one.get("associationId")), ""),
                }
                for one in entries([{"reply": reply} for _, reply in told], "associations")
            ]
            arn = self._arn(cluster)
            document = {"Statement": [], "PodIdentities": found}
            yield policy(told[0][0], f"{self.account}#{arn}#{_OF_PODS}", "resource", arn, document, _OF_PODS)

    def _groups(self, at: Stamp, cluster: str, principal: str, groups: Iterable[str], through: str) -> Iterator[Policy]:
        for group in set(groups) - _OF_NODES:
            if group == _MASTERS:
                yield self._gives(at, cluster, f"{through} {group}", principal)
            else:
                yield self._unknown(at, cluster, f"Kubernetes group {group}")

    def _gives(self, at: Stamp, cluster: str, what: str, principal: str, where: str = "") -> Policy:
        actions = ["eks:AccessKubernetesApi", "eks:MutateViaKubernetesApi"]
        given = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Resource": "*"}
        arn = self._arn(cluster)
        named = f"{self.account}#{arn}#{what}#{principal} {where}"
        # Roles trust the issuer of the cluster's tokens: whoever runs pods there is those roles.
        vouching = {"Issuer": issuer} if (issuer := self._issuers.get(cluster)) else {}
        return policy(at, named, "resource", arn, {"Statement": [given], **vouching}, where or what)

    def _unknown(self, at: Stamp, cluster: str, what: str) -> Policy:
        arn = self._arn(cluster)
        name = f"of {what} on cluster {cluster}"
        return policy(at, f"{self.account}#{arn}#{what}", "resource", arn, UNKNOWN, name)

    def _arn(self, cluster: str) -> str:
        return self._arns.get(cluster) or f"arn:aws:eks:{self.region}:{self.account}:cluster/{cluster}"

    @cached_property
    def _issuers(self) -> dict[str, str]:
        told = (as_object(reply.get("cluster")) for _, _, reply in self.answers.replies("eks:DescribeCluster"))
        named = ((str(one.get("name")), as_object(as_object(one.get("identity")).get("oidc"))) for one in told)
        return {name: str(oidc["issuer"]) for name, oidc in named if oidc.get("issuer")}

    @cached_property
    def _arns(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for _, line, reply in self.answers.replies("eks:DescribeCluster", "eks:DescribeAccessEntry"):
            entry = as_object(reply.get("accessEntry"))
            arn = str(as_object(reply.get("cluster")).get("arn") or "")
            region = str(entry.get("accessEntryArn") or "::::").split(":")[3] or line.region
            name = arn.rpartition("/")[2] or _named(line, entry, "clusterName")
            if arn or region:
                found.setdefault(name, arn or f"arn:aws:eks:{region}:{self.account}:cluster/{name}")
        return found


def mapped(data: bytes) -> Iterator[Mapped]:
    """What a ConfigMap says.

    Raises:
        ValueError: it is none.
    """
    try:
        told = as_object(yaml.safe_load(data))["data"]
        for lists, arn in (("mapRoles", "rolearn"), ("mapUsers", "userarn")):
            for one in yaml.safe_load(told.get(lists) or "") or ():
                yield str(one[arn]), tuple(str(group) for group in one.get("groups") or ())
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it is not the ConfigMap aws-auth: {error}") from error


def _named(line: Line, reply: Mapping[str, Any], name: str) -> str:
    return str(reply.get(name) or line.of(name))


def _mode(cluster: Mapping[str, Any]) -> str:
    """How a cluster tells who may do what in it; long without a choice."""
    return str(as_object(cluster.get("accessConfig")).get("authenticationMode") or _CONFIG_MAP)
