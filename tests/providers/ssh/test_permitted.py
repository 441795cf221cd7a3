"""Which logins and commands hosts allow, and what is left without a key."""

import json

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import read_handle
from auditor.model.tables import Credential, Grant, Policy
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.providers.ssh.test_rights import AT, KEY, PLACE

NINA = "ssh:nina@web-1"
OTHER = "ssh-key:SHA256:def"
ALLOWED, DENIED, UNKNOWN = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN


def line(credential=KEY, record=0, account=NINA, **known):
    handle = json.dumps({"provider": "ssh", "type": "authorized-key", "fingerprint": credential[8:], "user": account})
    host = account.rpartition("@")[2]
    told = {"kind": "ssh-key", "resource": host, "handle": handle, **known}
    return Credential(**{**PLACE, **told}, record=record, credential=credential, account=account)


def sudo(level, role="sudo", account=NINA):
    place = {**PLACE, "origin": "ssh://web-1#cvtsudoers"}
    return Grant(**place, principal=account, role=role, resource="web-1", level=level, condition="ALL")


@pytest.fixture
def answer(config):
    def asked(act, *credentials, grants=(), policies=()):
        rows = Snapshots(credentials=credentials, grants=grants, policies=policies)
        return provider("ssh").permitted(config, rows, [act], AT)[0]

    return asked


def login(credential=KEY, account=NINA, **changes):
    host = account.rpartition("@")[2]
    return ran(
        "ssh:login", account=account, scope=host, category="login", level="read", credential=credential, **changes
    )


def ran(action="sudo:systemctl", **changes):
    told = {"scope": "web-1", "account": NINA, "actor_kind": "sshd", "credential": KEY, **changes}
    return used(provider="ssh", action=action, **told)


def test_a_login_is_allowed_by_its_own_key_alone(answer):
    assert answer(login(), line(), line(OTHER)).by == ("the key SHA256:abc of login nina",)
    assert answer(login(), line(OTHER)).answer is DENIED
    assert answer(login(), line(expires_at=AT)).answer is DENIED
    assert answer(login(), line(enabled=False)).answer is DENIED


def test_the_same_key_in_two_places_is_another_path(answer, config):
    twice = line(), line(record=1, origin="web-1/nina/authorized_keys2", handle=None)
    rows = Snapshots(credentials=twice)
    left = provider("ssh").without(rows, [read_handle(twice[0].handle)])
    assert len(answer(login(), *twice).by) == 2
    assert answer(login(), *left.credentials).answer is ALLOWED


def test_a_login_of_which_the_log_names_no_key_is_by_password_or_not_known(answer):
    assert answer(login(None), line()).answer is UNKNOWN
    assert answer(login(None), line(), line(f"password:{NINA}", kind="password")).answer is ALLOWED
    assert answer(login(None)).answer is DENIED
    assert answer(login(None), line()).by != answer(login(None), line(), line(OTHER)).by


@pytest.mark.parametrize("account", [NINA, "ssh:*@web-1"])
def test_a_certificate_may_have_let_in_whoever_has_no_key_there(answer, account):
    assert answer(login(), line(OTHER, kind="certificate", account=account)).answer is UNKNOWN


def test_keys_elsewhere_leave_it_open(answer):
    cloud = line(provider="gcp", resource="//compute.googleapis.com/projects/quay-shop", account="ssh:nina@quay-shop")
    assert answer(login(), cloud).answer is UNKNOWN


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (["/usr/bin/sss_ssh_authorizedkeys"], UNKNOWN),
        ("/usr/bin/sss_ssh_authorizedkeys", UNKNOWN),
        (["none"], DENIED),
        ([], DENIED),
    ],
)
def test_a_program_that_is_asked_for_keys_leaves_it_open(answer, program, expected):
    asks = Policy(
        source="hosts", collected_at=AT, origin="ssh://web-1", policy="ssh:web-1#sshd", kind="sshd",
        attached_to="web-1", document=json.dumps({"settings": {"authorizedkeyscommand": program}}),
    )  # fmt: skip
    assert answer(login(), policies=[asks]).answer is expected
    assert answer(login(account="ssh:nina@web-2"), policies=[asks]).answer is DENIED


def test_what_is_run_as_root_takes_the_login_and_sudo(answer):
    free, some = sudo("admin"), sudo("write")
    assert answer(ran(), line(), grants=[free]).answer is ALLOWED
    assert answer(ran(), line(OTHER), grants=[free]).answer is DENIED
    assert answer(ran(), line(), grants=[some]).answer is UNKNOWN
    assert answer(ran(), line(), grants=[sudo("admin", account="ssh:leon@web-1")]).answer is DENIED
    assert answer(ran(), line()).why == "sudo's rules of web-1 are not in the evidence"
    assert answer(ran(), line(), grants=[sudo("admin", role="root-equal")]).answer is ALLOWED
    assert answer(ran("su:bash"), line(), grants=[free]).answer is UNKNOWN


def test_files_are_written_in_the_login_itself_and_the_hosts_own_jobs_take_nobody_s_right(answer):
    assert answer(ran("sftp:write"), line()).answer is ALLOWED
    assert answer(ran("sftp:write"), line(OTHER)).answer is DENIED
    assert answer(ran("sudo:logrotate", actor_kind="host-job")).answer is ALLOWED
