"""The published schemas hold for what is written, and refuse what is not."""

import copy
import json

import pytest

from auditor.cli import setting_up
from reports import artifacts, findings_json
from reports.files import write_private
from reports.schemas import SCHEMAS


def validator(name):
    import jsonschema  # it takes two seconds, which only these tests should wait for

    schema = SCHEMAS[name]()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.fixture
def written(shop, tmp_path):
    """What a run leaves, read back as plain JSON."""

    def read(name):
        place = tmp_path / f"{name}.json"
        if name == "findings":
            write_private(place, findings_json.dumps(shop.audit))
        else:
            write_private(place, artifacts.dumps(getattr(shop, name)))
        return json.loads(place.read_bytes())

    return read


@pytest.mark.parametrize("name", ["findings", "access", "stories", "agents", "timeline", "after_changes"])
def test_what_is_written_fits_its_schema(written, name):
    validator(name).validate(written(name))


def test_the_command_prints_each():
    assert setting_up.schema.params[0].type.choices[1:] == tuple(SCHEMAS)


def test_every_field_that_is_written_is_in_the_schema_and_required(written):
    document, schema = written("findings"), SCHEMAS["findings"]()
    assert set(document) == set(schema["properties"]) == set(schema["required"])
    for name, kind in (("findings", "Finding"), ("coverage", "CoverageLine"), ("not_judged", "NotJudged")):
        assert (
            set(document[name][0]) == set(schema["$defs"][kind]["properties"]) == set(schema["$defs"][kind]["required"])
        )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.pop("run"), "'run' is a required property"),
        (lambda d: d["findings"][0].pop("ticket"), "'ticket' is a required property"),
        (lambda d: d["findings"][0].update(severity="dreadful"), "'dreadful' is not one of"),
        (lambda d: d["findings"][0].update(id="7"), "does not match"),
        (lambda d: d["coverage"][0].update(rows="many"), "'many' is not of type 'integer'"),
    ],
)
def test_what_does_not_fit_is_refused(written, change, told):
    from jsonschema import ValidationError

    document = copy.deepcopy(written("findings"))
    change(document)
    with pytest.raises(ValidationError, match=told):
        validator("findings").validate(document)
