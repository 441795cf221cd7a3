"""Access entries of EKS and the ConfigMap aws-auth as policies on the clusters."""

import json

import pytest

from auditor.config.sources.aws import AwsResourcePolicies
from auditor.model.tables import Policy
from collectors.aws import eks
from collectors.aws.resource_policies import ResourcePoliciesCollector

A = "111122223333"
PROD = f"arn:aws:eks:eu-west-1:{A}:cluster/prod"
NINA = f"arn:aws:iam::{A}:user/nina"
OPS = f"arn:aws:iam::{A}:role/ops"
NODES = f"arn:aws:iam::{A}:role/nodes"
AUTH = f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: aws-auth, namespace: kube-system}}
data:
  mapRoles: |
    - rolearn: {NODES}
      username: system:node:{{{{EC2PrivateDNSName}}}}
      groups: [system:bootstrappers, system:nodes]
    - {{rolearn: {OPS}, username: ops, groups: [system:masters]}}
  mapUsers: |
    - {{userarn: {NINA}, username: nina, groups: [deployers]}}
"""


def cluster(mode, name="prod"):
    told = {"name": name, "arn": PROD, "accessConfig": {"authenticationMode": mode}}
    return ("eks:DescribeCluster", {"name": name}, {"cluster": told})


def associated(policy, **scope):
    one = {"policyArn": f"arn:aws:eks::aws:cluster-access-policy/{policy}", "accessScope": scope or {"type": "cluster"}}
    told = {"clusterName": "prod", "principalArn": NINA, "associatedAccessPolicies": [one]}
    return ("eks:ListAssociatedAccessPolicies", {}, told)


def entry(*groups):
    told = {"clusterName": "prod", "principalArn": OPS, "kubernetesGroups": [*groups], "type": "STANDARD"}
    return ("eks:DescribeAccessEntry", {}, {"accessEntry": told})


@pytest.fixture
def rows(tmp_path, context, collect):
    def run(*lines, auth=None):
        told = [{"call": call, "asked": asked, "reply": reply, "region": "eu-west-1"} for call, asked, reply in lines]
        (tmp_path / "eks.jsonl").write_text("\n".join(map(json.dumps, told)))
        known = {}
        if auth:
            (tmp_path / "auth").write_text(auth)
            known["aws_auth"] = {"prod": str(tmp_path / "auth")}
        source = AwsResourcePolicies(
            name="shared", kind="aws-resource-policies", account=A, file=str(tmp_path / "eks.jsonl"), **known
        )
        got = collect(ResourcePoliciesCollector(source, context))
        return list(got.rows(Policy)), got.coverage[0]

    return run


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (associated("AmazonEKSClusterAdminPolicy"), "access entry AmazonEKSClusterAdminPolicy"),
        (associated("AmazonEKSEditPolicy", type="namespace", namespaces=["shop"]), "namespace shop"),
    ],
)
def test_an_access_policy_is_a_policy_on_its_cluster(rows, line, name):
    ((row,), told) = rows(cluster("API"), line)
    assert (row.kind, row.attached_to, row.name, told.status) == ("resource", PROD, name, "ok")
    actions = ["eks:AccessKubernetesApi", "eks:MutateViaKubernetesApi"]
    given = {"Effect": "Allow", "Principal": {"AWS": NINA}, "Action": actions, "Resource": "*"}
    assert json.loads(row.document) == {"Statement": [given]}


def test_the_issuer_of_the_clusters_tokens_stands_beside_what_it_gives(rows):
    issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
    call, asked, reply = cluster("API")
    told = {"cluster": {**reply["cluster"], "identity": {"oidc": {"issuer": issuer}}}}
    ((row,), _) = rows((call, asked, told), associated("AmazonEKSClusterAdminPolicy"))
    assert json.loads(row.document)["Issuer"] == issuer


def test_the_roles_of_a_clusters_pods_stand_in_a_row_that_gives_nothing(rows):
    pods = [{"namespace": "shop", "serviceAccount": name, "associationId": name} for name in ("web", "jobs")]
    listed = ("eks:ListPodIdentityAssociations", {"clusterName": "prod"}, {"associations": pods})
    described = ("eks:DescribePodIdentityAssociation", {}, {"association": {"associationId": "web", "roleArn": OPS}})
    ((row,), told) = rows(cluster("CONFIG_MAP"), listed, described, auth="data: {}")
    assert (row.kind, row.attached_to, told.status) == ("resource", PROD, "ok")
    assert json.loads(row.document) == {
        "Statement": [],
        "PodIdentities": [
            {"Namespace": "shop", "ServiceAccount": "web", "Role": OPS},
            {"Namespace": "shop", "ServiceAccount": "jobs", "Role": ""},
        ],
    }


@pytest.mark.parametrize("name", ["AmazonEKSViewPolicy", "AmazonEKSClusterInsightsPolicy"])
def test_policies_for_looking_give_nothing(rows, name):
    assert not rows(cluster("API"), associated(name))[0]


@pytest.mark.parametrize(
    ("groups", "document"),
    [(["system:masters"], True), (["deployers"], False), (["system:nodes"], None), ([], None)],
)
def test_a_group_of_kubernetes_is_known_only_where_it_is_everything(rows, groups, document):
    found, _ = rows(cluster("API"), entry(*groups))
    assert [row.document != "null" for row in found] == ([] if document is None else [document])


@pytest.mark.parametrize(
    "text", [AUTH, json.dumps({"data": {"mapRoles": f'[{{"rolearn": "{OPS}", "groups": ["system:masters"]}}]'}})]
)
def test_aws_auth_is_read_from_its_file(rows, text):
    found, told = rows(cluster("API_AND_CONFIG_MAP"), auth=text)
    given = [json.loads(row.document)["Statement"][0]["Principal"]["AWS"] for row in found if row.document != "null"]
    assert (given, told.status) == ([OPS], "ok")
    assert all(row.attached_to == PROD for row in found)
    unknown = [row.name for row in found if row.document == "null"]
    assert unknown == (["of Kubernetes group deployers on cluster prod"] if text == AUTH else [])


@pytest.mark.parametrize(("mode", "missing"), [("API", 0), ("API_AND_CONFIG_MAP", 1), ("CONFIG_MAP", 1)])
def test_aws_auth_that_was_not_read_is_named(rows, mode, missing):
    assert [row.document for row in rows(cluster(mode))[0]] == ["null"] * missing


@pytest.mark.parametrize(
    "text", ["data: [", "kind: ConfigMap", "data: {mapRoles: '- {groups: [a]}'}", "data: {mapRoles: 'x'}"]
)
def test_a_file_that_is_something_else_costs_itself_only(rows, text):
    found, told = rows(cluster("API_AND_CONFIG_MAP"), associated("AmazonEKSAdminPolicy"), auth=text)
    assert (told.status, [row.document == "null" for row in found]) == ("partial", [False, True])
    assert "it is not the ConfigMap aws-auth" in told.reason


class Told:
    """Answers of a region with one cluster of each mode."""

    def __init__(self):
        self.asked = []

    def pages(self, service, call, asked, *, region):
        self.asked.append((call, *asked.values()))
        mode = {"old": "CONFIG_MAP"}.get(asked.get("name"), "API")
        reply = {
            "list_clusters": {"clusters": ["old", "prod"]},
            "describe_cluster": {"cluster": {"accessConfig": {"authenticationMode": mode}}},
            "list_access_entries": {"accessEntries": [OPS]},
            "list_pod_identity_associations": {"associations": [{"associationId": "a-1"}]},
        }
        return [{"call": f"{service}:{call}", "asked": dict(asked), "region": region, "reply": reply.get(call, {})}]


def test_only_clusters_that_have_access_entries_are_asked_for_them():
    told = Told()
    assert len(eks.answers(told, "eu-west-1")) == len(told.asked)
    assert told.asked == [
        ("list_clusters",),
        ("describe_cluster", "old"),
        ("list_pod_identity_associations", "old"),
        ("describe_pod_identity_association", "old", "a-1"),
        ("describe_cluster", "prod"),
        ("list_pod_identity_associations", "prod"),
        ("describe_pod_identity_association", "prod", "a-1"),
        ("list_access_entries", "prod"),
        ("describe_access_entry", "prod", OPS),
        ("list_associated_access_policies", "prod", OPS),
    ]
