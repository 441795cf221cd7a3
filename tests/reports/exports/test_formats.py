"""OCSF, SARIF and OSCAL, read back by the models of libraries that others read them with; to import these takes seconds."""

import json

import pytest

from auditor.rules.registry import RULES
from reports.exports.oscal import control_id
from reports.exports.registry import EXPORTS, export
from tests.copies import replace


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
    from py_ocsf_models.events.findings.detection_finding import DetectionFinding

    lines = [json.loads(line) for line in export("ocsf", shop.audit).splitlines()]
    assert [line["finding_info"]["uid"] for line in lines] == [finding.id for finding in shop.audit.findings]
    for line in lines:
        line["unmapped"] = {}
        assert missing(line, kept(DetectionFinding, line)) == []
        assert line["type_uid"] == line["class_uid"] * 100 + line["activity_id"]
    assert [line["severity_id"] for line in lines] == [5, 4, 4, 3, 4, 2]
    assert [line["status_id"] for line in lines] == [1, 1, 1, 1, 3, 1]
    assert (lines[2]["start_time"], lines[2]["time"]) == (1790820000000, 1790906400000)


def test_sarif_has_a_rule_for_every_result(shop):
    from sarif_pydantic import Sarif

    document = json.loads(export("sarif", shop.audit))
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)) == 5
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [f.rule for f in shop.audit.findings]
    assert [len(result.get("suppressions", [])) for result in run["results"]] == [0, 0, 0, 0, 1, 0]
    assert not run["invocations"][0]["executionSuccessful"]
    assert missing(document, kept(Sarif, document)) == []


def results(audit):
    """The document's one part, as NIST's model keeps it."""
    from trestle.oscal.assessment_results import AssessmentResults

    (told,) = json.loads(export("oscal", audit)).values()
    kept_ = AssessmentResults.model_validate(told).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert missing(told, kept_) == []
    return told


def test_oscal_says_of_each_finding_what_was_seen_and_what_to_do(shop):
    told = results(shop.audit)
    (result,) = told["results"]
    assert len(result["observations"]) == len(result["risks"]) == len(shop.audit.findings)
    first = result["observations"][0]
    assert first["title"] == "Piet Old left on 2024-08-31 and still has user/piet"
    props = {prop["name"]: prop["value"] for prop in first["props"]}
    assert (props["rule"], props["severity"], props["person"]) == ("standing/departed", "critical", "piet")
    assert first["relevant-evidence"][0]["props"][0]["value"] == "ab" * 32
    assert [risk["status"] for risk in result["risks"]].count("deviation-approved") == 1
    assert result["risks"][0]["remediations"][0]["description"] == "Disable the accounts of Piet Old."
    assert "Not everything was seen" in result["description"]


def test_oscal_names_the_controls_that_are_not_satisfied(shop):
    ours = [replace(f, controls={"nist_800_53": ("AC-2", "AC-2(3)")}) for f in shop.audit.findings]
    (result,) = results(replace(shop.audit, findings=tuple(ours)))["results"]
    targets = {one["target"]["target-id"]: one for one in result["findings"]}
    assert sorted(targets) == ["ac-2.3_smt", "ac-2_smt"]
    # The one under an exception is a risk that was accepted.
    assert len(targets["ac-2_smt"]["related-observations"]) == len(ours) - 1
    reviewed = result["reviewed-controls"]["control-selections"][0]["include-controls"]
    assert {"control-id": "ac-2.3"} in reviewed


def test_oscal_knows_every_control_that_a_rule_bears_on():
    ids = [control_id(name) for rule in RULES for name in rule.controls.get("nist_800_53", ())]
    assert len(set(ids)) > 20
    with pytest.raises(ValueError, match="no control"):
        control_id("AC-2 (3)")


def test_oscal_is_the_same_each_time_and_holds_where_nothing_was_found(shop):
    assert export("oscal", shop.audit) == export("oscal", shop.audit)
    (result,) = results(replace(shop.audit, findings=()))["results"]
    assert "findings" not in result


@pytest.mark.parametrize("form", EXPORTS)
def test_no_format_chokes_on_what_is_no_unicode(shop, form):
    assert export(form, shop.audit).decode("utf-8")
