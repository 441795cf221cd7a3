from pathlib import Path

import pytest
import yaml

from auditor.config import json_schema

DESIGN = Path(__file__).parent.parent / "data/config/design.yaml"


class AsWritten(yaml.SafeLoader):
    """Leaves dates as text, as editors do."""


AsWritten.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def validator():
    jsonschema = pytest.importorskip("jsonschema")  # it takes two seconds, which only these tests should wait for
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def design():
    return yaml.load(DESIGN.read_text(), AsWritten)


def test_the_schema_accepts_the_example_of_the_design(validator, design):
    assert list(validator.iter_errors(design)) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"keep_rw": True}, []),
        ({"policy": {"windows": {"routine": "1 hour"}}}, ["policy", "windows", "routine"]),
        ({"policy": {"windows": {"rutine": "1h"}}}, ["policy", "windows"]),
        ({"policy": {"release_hours": {"from": "8am"}}}, ["policy", "release_hours", "from"]),
        ({"sources": [{"name": "a", "kind": "aws_iam"}]}, ["sources", 0]),
        ({"people": [{"id": "a b", "name": "A"}]}, ["people", 0, "id"]),
        ({"base": "/etc"}, []),
    ],
)
def test_the_schema_refuses_what_loading_refuses(validator, design, change, path):
    errors = list(validator.iter_errors({**design, **change}))

    assert [list(error.absolute_path) for error in errors] == [path]


def test_the_schema_says_what_it_is():
    schema = json_schema()

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "auditor.yaml"
    assert schema["$defs"]["Policy"]["properties"]["unused_after"]["default"] == "90d"
    assert "from" in schema["$defs"]["ReleaseHours"]["properties"]


def test_every_setting_is_described():
    schema = json_schema()
    models = {name: model for name, model in schema["$defs"].items() if "properties" in model} | {"Config": schema}
    bare = [
        f"{name}.{key}"
        for name, model in models.items()
        for key, setting in model["properties"].items()
        if "description" not in setting and "const" not in setting
    ]

    assert bare == []
