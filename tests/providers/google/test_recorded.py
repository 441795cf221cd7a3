"""What Data Access logs leave out."""

import json

import pytest

from auditor.model.tables import Policy
from auditor.model.vocabulary import Category
from auditor.providers.google.recorded import unrecorded_reads
from tests.providers.google.conftest import PLACE

EVERYTHING = ["reads of secrets", "reads of data", "writes of data"]


def place(name, audit=None, above=("organizations/9",)):
    document = {"number": "42" if "/" not in name else "", "ancestors": above}
    told = document if audit is None else {**document, "audit": audit}
    return Policy(
        **PLACE, record=0, policy=name, kind="ancestry", attached_to=name, name=name, document=json.dumps(told)
    )


def on(service, *kinds, exempted=()):
    return {"service": service, "auditLogConfigs": [{"logType": one, "exemptedMembers": exempted} for one in kinds]}


def shop(audit, above=()):
    return [place("quay-shop", audit), place("organizations/9", list(above), above=())]


@pytest.mark.parametrize(
    ("policies", "lacks", "severity"),
    [
        (shop([]), EVERYTHING, None),
        (shop([on("bigquery.googleapis.com", "DATA_READ", "DATA_WRITE")]), EVERYTHING, None),
        (shop([on("allServices", "ADMIN_READ")]), EVERYTHING, None),
        (shop([], above=[on("allServices", "DATA_READ", "DATA_WRITE")]), [], "low"),
        (shop([on("secretmanager.googleapis.com", "DATA_READ")]), ["writes of data"], "low"),
        (shop([on("storage.googleapis.com", "DATA_READ", "DATA_WRITE")]), ["reads of secrets"], None),
        (
            shop([on("allServices", "DATA_READ", "DATA_WRITE", exempted=["user:tom@quay.example"])]),
            ["reads of data by user:tom@quay.example, exempted on quay-shop"],
            "low",
        ),
    ],
    ids=["nothing", "BigQuery always is", "settings alone", "inherited", "secrets alone", "no secrets", "exempted"],
)
def test_what_policies_ask_for_is_recorded(policies, lacks, severity):
    found = unrecorded_reads("quay-shop", policies, seen=False)
    assert (list(found.lacks), found.severity, found.unknown) == (lacks, severity, "")


@pytest.mark.parametrize(
    ("policies", "unread"),
    [
        ([], "quay-shop, what quay-shop lies in"),
        ([place("quay-shop"), place("organizations/9", [], above=())], "quay-shop"),
        ([place("quay-shop", [])], "organizations/9"),
        ([place("quay-shop", [], above=())], "what quay-shop lies in"),
    ],
    ids=["nothing", "searched", "above", "place"],
)
def test_what_was_not_read_is_unknown_unless_reads_are_in_the_log(policies, unread):
    unknown = unrecorded_reads("quay-shop", policies, seen=False)
    assert unknown.unknown == f"the audit settings of {unread} were not read"
    assert unknown.hides[Category.LOGIN] == "sign-ins through Identity-Aware Proxy"
    seen = unrecorded_reads("quay-shop", policies, seen=True)
    assert (seen.lacks, seen.unknown) == ((), "")


def test_a_project_is_told_of_once_by_its_id():
    assert unrecorded_reads("42", shop([]), seen=False) is None
