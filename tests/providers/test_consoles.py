"""Where people see an event: each provider's own console, and nothing that the event itself names."""

import pytest

from auditor.providers.registry import provider
from reports.links import web

EVENT = "fde1984d-3e8b-4d50-aa5b-b570e79dc2cc"


@pytest.mark.parametrize(
    ("resource", "region"),
    [
        ("arn:aws:ecs:eu-central-1:111122223333:service/x", "eu-central-1"),
        ("arn:aws:iam::111122223333:user/sam", "us-east-1"),
        (None, "us-east-1"),
        ("arn:aws:ecs:evil.example/:1:x", "us-east-1"),
    ],
)
def test_an_event_of_aws_is_shown_in_the_region_of_what_it_was_done_to(resource, region):
    found = provider("aws").console("111122223333", resource, EVENT, None)
    assert found == f"https://{region}.console.aws.amazon.com/cloudtrailv2/home?region={region}#/events/{EVENT}"
    assert web(found) == found


@pytest.mark.parametrize("event", [None, "", "x", f"{EVENT}#1", "../../evil", "javascript:alert(1)"])
def test_an_event_that_aws_did_not_number_has_no_place(event):
    assert provider("aws").console("111122223333", None, event, None) is None


def test_other_partitions_of_aws_have_consoles_of_their_own():
    assert provider("aws").console("1", "arn:aws-cn:ecs:cn-north-1:1:x", EVENT, None) is None


def test_an_entry_of_google_is_looked_up_by_its_id_and_time():
    found = provider("gcp").console("harbour&x", None, "a1b2:2026-10-01T11:04:12.000000Z:cloudaudit", None)
    assert found == (
        "https://console.cloud.google.com/logs/query;query="
        "insertId%3D%22a1b2%22%20timestamp%3D%222026-10-01T11%3A04%3A12.000000Z%22?project=harbour%26x"
    )
    assert web(found)
    assert provider("gcp").console("x", None, '"evil:x', None) is None


def test_gitlab_is_the_server_that_the_configuration_names():
    gitlab = provider("gitlab")
    assert (
        gitlab.console("x", "harbour/checkout", None, "https://git.example/") == "https://git.example/harbour/checkout"
    )
    assert gitlab.console("x", "harbour/checkout/variables/KEY", None, "https://git.example").endswith("/checkout")
    for hostile in ("//evil.example", "../..", "a b", "a?x", "@evil.example", None):
        assert gitlab.console("x", hostile, None, "https://git.example") is None
    assert gitlab.console("x", "harbour/checkout", None, None) is None


def test_a_host_has_no_console():
    assert provider("ssh").console("web-1", None, EVENT, None) is None


@pytest.mark.parametrize(
    ("base", "resource", "found"),
    [
        ("https://api.github.com", "harbour/shop", "https://github.com/harbour/shop"),
        ("https://api.harbour.ghe.com/", "harbour", "https://harbour.ghe.com/harbour"),
        ("https://git.example:8443/api/v3/", "harbour/shop", "https://git.example:8443/harbour/shop"),
        ("https://git.example", "harbour/shop", None),
        (None, "harbour/shop", None),
        *(
            ("https://api.github.com", one, None)
            for one in (None, "", "../x", "a/b/c", "-x", "a b", "//evil.example", "javascript:alert(1)")
        ),
    ],
)
def test_github_is_the_server_whose_api_was_read(base, resource, found):
    assert provider("github").console("harbour", resource, None, base) == found
