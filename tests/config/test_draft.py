"""A drafted policy: whole, or only what it changes."""

import pytest

from auditor.config.draft import differences, load_draft
from auditor.errors import ConfigError
from tests.cases import config


@pytest.fixture
def drafted(tmp_path):
    """Reads a draft beside Harbour Shop's configuration."""

    def read(text, **changes):
        place = tmp_path / "draft.yaml"
        place.write_text(text)
        return load_draft(place, config(**changes))

    return read


def test_what_a_draft_leaves_out_stays_down_to_single_windows_and_jobs(drafted):
    made = drafted(
        "policy:\n  windows: {routine: 30m}\n  approvers: [tom, leon]\njobs:\n  support: [read-logs, deploy]\n"
    )
    assert list(differences(config(), made)) == [
        ("jobs.support", "read-logs", "read-logs, deploy"),
        ("policy.approvers", "tom", "tom, leon"),
        ("policy.windows.routine", "1h", "30m"),
    ]
    assert made.model_copy(update={"policy": config().policy, "jobs": config().jobs}) == config()


def test_a_whole_file_counts_whole_but_for_where_evidence_lies(drafted):
    made = drafted("organisation: Other\npolicy: {max_writers: 9}\nevidence: elsewhere/\noutput: there/\n")
    assert (made.organisation, made.people, made.policy.approvers, made.policy.max_writers) == ("Other", (), (), 9)
    assert (made.evidence, made.output) == (config().evidence, config().output)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("people: []\n", "draft.yaml:1: people: unknown key (known: policy, jobs)"),
        ("polices:\n  max_writers: 2\n", "draft.yaml:1: polices: unknown key (did you mean policy?)"),
        ("policy:\n  windos: {}\n", "draft.yaml:2: policy.windos: unknown key (did you mean windows?)"),
        ("policy:\n  approvers: [nobody]\n", "draft.yaml:2: policy.approvers[0]: expected the id of a person"),
        ("jobs:\n  support: [fly]\n", "draft.yaml:2: jobs.support[0]: expected one of read-logs"),
        ("policy: 3\n", "draft.yaml:1: policy: expected a mapping"),
        ("", "draft.yaml:1: (file): expected names and values"),
    ],
)
def test_what_is_wrong_in_a_draft_is_told_with_its_line(drafted, text, told):
    with pytest.raises(ConfigError) as error:
        drafted(text)
    assert told in "\n".join(error.value.diagnostics())
