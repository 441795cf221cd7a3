import base64
import shutil
import subprocess
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from collectors.public_keys import fingerprint, public_key
from collectors.ssh.authorized_keys import dict_of_options, parse_line

BERLIN = ZoneInfo("Europe/Berlin")
ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAI" + base64.b64encode(bytes(range(33)))[:43].decode()
KEY = f"ssh-ed25519 {ED25519}"


def parse(line):
    return parse_line(line, BERLIN)


def ssh_keygen(*arguments):
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    done = subprocess.run(["ssh-keygen", *arguments], capture_output=True, text=True, check=False)
    return done.stdout


def keygen_fingerprint(path):
    words = ssh_keygen("-lf", str(path)).split()
    return words[1] if len(words) > 1 else None


@pytest.mark.parametrize("type_", [("ed25519",), ("ecdsa", "-b", "256"), ("ecdsa", "-b", "521"), ("rsa", "-b", "2048")])
def test_fingerprints_are_those_of_ssh_keygen(tmp_path, type_):
    path = tmp_path / "id"
    ssh_keygen("-q", "-t", *type_, "-N", "", "-C", "nina@laptop", "-f", str(path))
    key = parse(path.with_suffix(".pub").read_text())
    assert key.fingerprint == keygen_fingerprint(path.with_suffix(".pub"))
    assert key.comment == "nina@laptop"


@pytest.mark.parametrize("type_", ["ed25519", "ecdsa", "rsa"])
def test_a_certificate_has_the_fingerprint_of_the_key_in_it(tmp_path, type_):
    authority, path = tmp_path / "ca", tmp_path / "id"
    ssh_keygen("-q", "-t", "ed25519", "-N", "", "-f", str(authority))
    ssh_keygen("-q", "-t", type_, "-N", "", "-f", str(path))
    ssh_keygen("-q", "-s", str(authority), "-I", "nina", "-n", "nina", str(path.with_suffix(".pub")))
    certificate = parse((tmp_path / "id-cert.pub").read_text())
    assert certificate.fingerprint == parse(path.with_suffix(".pub").read_text()).fingerprint
    assert certificate.fingerprint == keygen_fingerprint(tmp_path / "id-cert.pub")


@pytest.mark.parametrize(
    ("type_", "problem"),
    [("ssh-xmss", "it is a certificate of a type that is not known here"), ("ssh-rsa", "its certificate is cut short")],
)
def test_a_certificate_that_holds_no_known_key_is_refused(type_, problem):
    type_ += "-cert-v01@openssh.com"
    blob = len(type_).to_bytes(4, "big") + type_.encode()
    with pytest.raises(ValueError, match=problem):
        parse(f"{type_} {base64.b64encode(blob).decode()}")


def test_every_published_key_that_ssh_keygen_reads_has_its_fingerprint(shared):
    read = 0
    for path in sorted(shared("data/authorized-keys").glob("*.pub")):
        expected = keygen_fingerprint(path)
        if expected is None:
            continue
        assert parse(path.read_text().splitlines()[0]).fingerprint == expected, path.name
        read += 1
    assert read > 20


def test_blank_lines_and_comments_are_no_keys():
    assert [parse(line) for line in ("", "   ", "\t", "# ssh-ed25519 AAAA", "  # indented", "\r")] == [None] * 6


def test_options_may_hold_blanks_commas_and_quotation_marks():
    options = r'from="10.0.0.0/8,!10.1.*",command="echo \"hello, world\"",no-pty'
    key = parse(f"{options} {KEY} nina@laptop with blanks")
    assert key.options == options
    assert key.comment == "nina@laptop with blanks"
    assert key.type == "ssh-ed25519"


def test_tabs_and_carriage_returns_separate_nothing_wrongly():
    assert parse(f"\t{KEY}\tnina\r\n").comment == "nina"
    assert parse(f"{KEY}\r\n").fingerprint == parse(KEY).fingerprint


def test_security_keys_and_certificate_authorities_are_known():
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:"))
    security_key = parse(f"sk-ssh-ed25519@openssh.com {base64.b64encode(blob).decode()} yubikey")
    assert security_key.fingerprint.startswith("SHA256:")
    assert parse(f'cert-authority,principals="nina" {KEY}').authority
    assert not parse(KEY).authority


@pytest.mark.parametrize(
    ("option", "moment"),
    [
        ("20260124", datetime(2026, 1, 23, 23, tzinfo=UTC)),
        ("20260724", datetime(2026, 7, 23, 22, tzinfo=UTC)),
        ("20260124Z", datetime(2026, 1, 24, tzinfo=UTC)),
        ("202601240310", datetime(2026, 1, 24, 2, 10, tzinfo=UTC)),
        ("202601240310Z", datetime(2026, 1, 24, 3, 10, tzinfo=UTC)),
        ("20260124031059Z", datetime(2026, 1, 24, 3, 10, 59, tzinfo=UTC)),
    ],
)
def test_expiry_times_without_a_zone_are_the_hosts_own(option, moment):
    assert parse(f'expiry-time="{option}" {KEY}').expires_at == moment


def test_the_earliest_of_several_expiry_times_counts():
    line = f'expiry-time="20270101Z",EXPIRY-TIME="20260601Z" {KEY}'
    assert parse(line).expires_at == datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "no key"),
        ("ssh-ed25519", "no key"),
        ("ssh-ed25519 AAAA!!!!", "not base64"),
        (f"ssh-rsa {ED25519}", "not of the type"),
        ("1024 65537 1538954316036770738", "protocol 1"),
        (f'from="10.0.0.1 {KEY}', "not closed"),
        (f'expiry-time="tomorrow" {KEY}', "expiry-time"),
        (f'expiry-time="20261399" {KEY}', "expiry-time"),
        (f"a=b {KEY}", "options"),
    ],
)
def test_what_sshd_would_refuse_is_refused_with_a_reason(line, reason):
    with pytest.raises(ValueError, match=reason):
        parse(line)


def blob(*parts):
    return base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ssh-rsa", 2), ("ssh-dss", 4), ("ssh-ed25519", 1), ("ecdsa-sha2-nistp256", 2), ("ecdsa-sha2-nistp384", 2),
        ("ecdsa-sha2-nistp521", 2), ("sk-ssh-ed25519", 2), ("sk-ecdsa-sha2-nistp256", 3),
    ],
)  # fmt: skip
def test_a_certificate_has_the_fingerprint_of_the_key_inside(kind, fields):
    inside = [f"field {number}".encode() for number in range(fields)]
    plain = f"{kind}@openssh.com" if kind.startswith("sk-") else kind
    certificate = f"{kind}-cert-v01@openssh.com"
    rest = [b"nonce", *inside, b"serial", b"and so on"]
    assert fingerprint(certificate, blob(certificate.encode(), *rest)) == fingerprint(
        plain, blob(plain.encode(), *inside)
    )
    with pytest.raises(ValueError, match="its certificate is cut short"):
        fingerprint(certificate, blob(certificate.encode(), b"nonce", *inside[1:]))


def test_a_certificate_of_another_type_is_none():
    with pytest.raises(ValueError, match="a certificate of a type that is not known here"):
        fingerprint("x-cert-v01@openssh.com", blob(b"x-cert-v01@openssh.com", b"nonce", b"key"))


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"\0\0\0\x0cssh-ed25519", b"\0\0\0\x0bssh-ed2551"])
def test_a_key_that_is_cut_short_is_none(data):
    with pytest.raises(ValueError, match="not of the type"):
        fingerprint("ssh-ed25519", base64.b64encode(data).decode())


def test_a_public_key_has_a_fingerprint_and_a_comment():
    assert public_key(f"{KEY}  nina at home ") == (parse(KEY).fingerprint, "nina at home ")
    assert public_key(KEY) == (parse(KEY).fingerprint, "")
    with pytest.raises(ValueError, match="there is no key"):
        public_key("ssh-ed25519")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", {}),
        ("No-Pty", {"no-pty": [""]}),
        (r'command="a \"b\", c",no-pty', {"command": ['a "b", c'], "no-pty": [""]}),
        ('from="a",FROM="b"', {"from": ["a", "b"]}),
        ("no-pty,", {"no-pty": [""]}),
    ],
)
def test_options_by_their_names(options, found):
    assert dict_of_options(options) == found


@pytest.mark.parametrize("options", ["a b", 'a="b"c', "a;b", ",a", "="])
def test_options_that_sshd_would_not_read(options):
    with pytest.raises(ValueError, match="its options cannot be read"):
        dict_of_options(options)
