"""JSON Schemas of what a run leaves for other programs, made from the types that are written."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from auditor.model.agents import AgentWork
from auditor.model.campaign_standing import Proven, Record
from auditor.model.campaigns import Population
from auditor.model.entitlements import Entitlement
from auditor.model.exposure import Exposure
from auditor.model.findings import CoverageLine, Finding, NotJudged, Tally
from auditor.model.signals import AfterChange
from auditor.model.stories import Story
from auditor.model.timeline import Timeline
from reports.attestation_json import Attestations, Entry

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIME = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}


def findings() -> dict[str, Any]:
    """findings.json. Every field is there, null where it has no value; more may be added."""
    (finding, not_judged, seen, tally, exposure), defs = msgspec.json.schema_components(
        [Finding, NotJudged, CoverageLine, Tally, Exposure], ref_template="#/$defs/{name}"
    )
    del defs["Subject"]["properties"]["label"]
    own = defs["Finding"]["properties"]
    del own["subject"]
    identity = {"id": {"type": "string", "pattern": "^[0-9a-f]{16}$"}, **defs["Subject"]["properties"]}
    defs["Finding"]["properties"] = {**identity, **own}
    stated = {"subject": {**_TEXT, "description": "what it is about, in words"}, "about": {"$ref": "#/$defs/Subject"}}
    defs["NotJudged"]["properties"] |= stated
    coverage = defs["CoverageLine"]["properties"]
    defs["CoverageLine"]["properties"] = {name.removesuffix("_"): schema for name, schema in coverage.items()}
    for definition in defs.values():
        _all_there(definition)
    fields = {
        "run": _TEXT,
        "organisation": _TEXT,
        "audited_at": _TIME,
        "period": {"type": "object", "properties": {"from": _TIME, "to": _TIME}, "required": ["from", "to"]},
        "complete": {"type": "boolean", "description": "every source was read, and read whole"},
        "findings": {"type": "array", "items": finding},
        "not_judged": {"type": "array", "items": not_judged},
        "clear": {
            "type": "object",
            "description": "how many subjects each rule looked at and found in order",
            "additionalProperties": {"type": "integer", "minimum": 0},
        },
        "coverage": {"type": "array", "items": seen},
        "unseen_systems": {
            "type": "array",
            "items": _TEXT,
            "description": "systems of which the rights were not read, or not all",
        },
        "days": {
            "type": "object",
            "description": "UTC days of which each log, by the name of its source, holds any record",
            "additionalProperties": {"type": "array", "items": {"type": "string", "format": "date"}},
        },
        "tested": {
            "type": "object",
            "description": "what each rule said of how many subjects",
            "additionalProperties": tally,
        },
        "exposure": {"anyOf": [exposure, {"type": "null"}]},
    }
    return {
        "$schema": _DIALECT,
        "title": "findings.json of the production-access auditor",
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "$defs": defs,
    }


def attestation() -> dict[str, Any]:
    """A reviewer's file: what they decided on lines of a campaign, as its page exports it."""
    file, line = Attestations.model_json_schema(), Entry.model_json_schema()
    file["properties"]["lines"]["items"] = line
    return {**file, "$schema": _DIALECT, "title": "A reviewer's decisions for the production-access auditor"}


def _schema(file: str, kind: Any) -> dict[str, Any]:
    """What holds one of a kind, or a list of them."""
    (item,), defs = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for definition in defs.values():
        _all_there(definition)
    return {"$schema": _DIALECT, "title": f"{file} of the production-access auditor", **item, "$defs": defs}


def _all_there(definition: dict[str, Any]) -> None:
    """Fields with a default are written too; what a docstring says is said without its indent."""
    if definition.get("type") == "object":
        definition["required"] = list(definition["properties"])
    if "description" in definition:
        definition["description"] = inspect.cleandoc(definition["description"])


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "findings": findings,
    "access": partial(_schema, "access.json", list[Entitlement]),
    "stories": partial(_schema, "stories.json", list[Story]),
    "agents": partial(_schema, "agents.json", list[AgentWork]),
    "timeline": partial(_schema, "timeline.json", Timeline),
    "after_changes": partial(_schema, "after_changes.json", list[AfterChange]),
    "population": partial(_schema, "population.json of a campaign", Population),
    "attestation": attestation,
    "record": partial(_schema, "record.json of a campaign", Record),
    "proof": partial(_schema, "A line of proof.jsonl of a campaign", Proven),
}
