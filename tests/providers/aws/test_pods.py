"""Whoever runs pods in a cluster of EKS acts as the roles of its service accounts."""

import json

import pytest

from auditor.model.tables import Policy
from tests.providers.conftest import PLACE

CLUSTER = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:*:111122223333:service/shop/*"}
APP = {"StringEquals": {f"{ISSUER}:sub": "system:serviceaccount:shop:app", f"{ISSUER}:aud": "sts.amazonaws.com"}}
WEBS = {"StringLike": {f"{ISSUER}:sub": "system:serviceaccount:shop-*:*"}}


AGENT = {"Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
SPACE, OF = "aws:RequestTag/kubernetes-namespace", "aws:SourceArn"


@pytest.fixture
def associated(iam, resolve):
    def found(pods, *, asked=None, where="access entry AmazonEKSEditPolicy", trust=AGENT):
        bea = iam.user("bea")
        iam.role("app", trust=[{**trust, **({"Condition": asked} if asked else {})}], inline={"release": [DEPLOY]})
        given = {"Effect": "Allow", "Principal": {"AWS": bea}, "Action": "eks:MutateViaKubernetesApi", "Resource": "*"}
        documents = {where: {"Statement": [given]}, "pods": {"Statement": [], "PodIdentities": pods}}
        for name, told in documents.items():
            if told.get("PodIdentities", ()) is not None:
                row = {**PLACE, "policy": f"111122223333#{CLUSTER}#{name}", "attached_to": CLUSTER, "name": name}
                iam.policies.append(Policy(**row, kind="resource", document=json.dumps(told)))
        rights = resolve(iam)
        return [one for one in rights.access if one.account == bea], [one.reason for one in rights.unresolved]

    return found


def pod(role="arn:aws:iam::111122223333:role/app", space="shop"):
    return {"Namespace": space, "ServiceAccount": "web", "Role": role}


def test_an_editor_of_the_cluster_is_the_role_that_is_associated_with_its_pods(associated):
    ((access,), unresolved) = associated([pod()])
    assert (access.system, access.conditions, unresolved) == ("shop", (), [])
    step = "runs pods in cluster prod as role app (access entry AmazonEKSEditPolicy)"
    assert access.path == ("user bea", step, "inline policy release")


@pytest.mark.parametrize(
    ("pods", "changes", "leads"),
    [
        ([pod()], {"where": "namespace shop"}, True),
        ([pod()], {"where": "namespace dev"}, False),
        ([pod("arn:aws:iam::111122223333:role/other")], {}, False),
        ([], {}, False),
        ([pod()], {"trust": {**AGENT, "Principal": {"Service": "ec2.amazonaws.com"}}}, False),
        ([pod()], {"asked": {"StringEquals": {SPACE: "shop"}, "ArnEquals": {OF: CLUSTER}}}, True),
        ([pod()], {"asked": {"StringEquals": {SPACE: "dev"}}}, False),
        ([pod()], {"asked": {"ArnEquals": {OF: f"{CLUSTER}-2"}}}, False),
    ],
)
def test_it_takes_an_association_in_a_namespace_of_theirs_that_the_trust_is_for(associated, pods, changes, leads):
    assert bool(associated(pods, **changes)[0]) is leads


@pytest.mark.parametrize(
    ("pods", "why"),
    [
        (None, "its pod identity associations were not read"),
        ([pod("")], "the role of service account shop/web could not be read"),
    ],
)
def test_associations_that_were_not_read_are_unknown(associated, pods, why):
    told = f"Which roles pods of cluster prod act as is not known: {why}."
    assert associated(pods) == ([], [told])


@pytest.fixture
def becomes(iam, resolve):
    def found(asked, *, where="access entry AmazonEKSEditPolicy", issuer=f"https://{ISSUER}", action="Mutate"):
        bea, provider = iam.user("bea"), f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
        trust = {"Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
        iam.role("app", trust=[{**trust, **({"Condition": asked} if asked else {})}], inline={"release": [DEPLOY]})
        given = {"Effect": "Allow", "Principal": {"AWS": bea}, "Action": f"eks:{action}ViaKubernetesApi"}
        told = {"Statement": [{**given, "Resource": "*"}], **({"Issuer": issuer} if issuer else {})}
        named = f"111122223333#{CLUSTER}#access entry AmazonEKSEditPolicy#{bea}"
        row = {**PLACE, "policy": named, "attached_to": CLUSTER, "name": where}
        iam.policies.append(Policy(**row, kind="resource", document=json.dumps(told)))
        return [one for one in resolve(iam).access if one.account == bea]

    return found


def test_an_editor_of_the_cluster_is_the_pods_role(becomes):
    (access,) = becomes(APP)
    assert (access.system, access.conditions) == ("shop", ())
    step = "runs pods in cluster prod as role app (access entry AmazonEKSEditPolicy)"
    assert access.path == ("user bea", step, "inline policy release")


@pytest.mark.parametrize(
    ("asked", "changes", "leads"),
    [
        (APP, {"where": "namespace shop"}, True),
        (APP, {"where": "namespace dev namespace shop"}, True),
        (WEBS, {"where": "namespace shop-web"}, True),
        (None, {"where": "namespace dev"}, True),
        (APP, {"where": "namespace dev"}, False),
        (WEBS, {"where": "namespace shop"}, False),
        (APP, {"issuer": "https://oidc.eks.eu-west-1.amazonaws.com/id/OTHER"}, False),
        (APP, {"issuer": None}, False),
        (APP, {"action": "Access"}, False),
    ],
)
def test_it_takes_the_clusters_issuer_and_a_namespace_that_the_trust_is_for(becomes, asked, changes, leads):
    assert bool(becomes(asked, **changes)) is leads


def test_what_else_the_trust_asks_stays_a_condition(becomes):
    (access,) = becomes({**APP, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    assert access.conditions
