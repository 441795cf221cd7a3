"""OCSF and SARIF, read back by the models of libraries that others read them with."""

import json

import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from sarif_pydantic import Sarif

from reports.exports import FORMATS, ocsf, sarif


def kept(model, document):
    """What a model took of a document: a name that it does not know is dropped, or refused."""
    return model.model_validate(document).model_dump(mode="json", by_alias=True, exclude_none=True)


def missing(document, taken, place=""):
    """Places of a document that the model did not keep."""
    if isinstance(document, dict):
        lost = [f"{place}.{name}" for name in document if name not in taken]
        return lost + [
            more
            for name in document
            if name in taken
            for more in missing(document[name], taken[name], f"{place}.{name}")
        ]
    if isinstance(document, list):
        return [
            more for some, other in zip(document, taken, strict=True) for more in missing(some, other, f"{place}[]")
        ]
    return []


def test_every_ocsf_line_is_a_detection_finding(shop):
    lines = [json.loads(line) for line in ocsf(shop.audit).splitlines()]
    assert [line["finding_info"]["uid"] for line in lines] == [finding.id for finding in shop.audit.findings]
    for line in lines:
        line["unmapped"] = {}
        assert missing(line, kept(DetectionFinding, line)) == []
        assert line["type_uid"] == line["class_uid"] * 100 + line["activity_id"]
    assert [line["severity_id"] for line in lines] == [5, 4, 4, 3, 4, 2]
    assert [line["status_id"] for line in lines] == [1, 1, 1, 1, 3, 1]
    assert (lines[2]["start_time"], lines[2]["time"]) == (1790820000000, 1790906400000)


def test_sarif_has_a_rule_for_every_result(shop):
    document = json.loads(sarif(shop.audit))
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)) == 5
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [f.rule for f in shop.audit.findings]
    assert [len(result.get("suppressions", [])) for result in run["results"]] == [0, 0, 0, 0, 1, 0]
    assert not run["invocations"][0]["executionSuccessful"]
    assert missing(document, kept(Sarif, document)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_chokes_on_what_is_no_unicode(shop, name):
    assert FORMATS[name](shop.audit).decode("utf-8")
