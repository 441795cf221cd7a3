"""Runs are vouched for from outside: by a signature, and by a time stamp of a real authority on loopback."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.nightly import SECOND
from tests.waiting import until

NOW = datetime.now(UTC).replace(microsecond=0)
CONF = """
[tsa]
serial = {0}/serial
signer_cert = {0}/tsa.pem
certs = {0}/tsa.pem
signer_key = {0}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
[ext]
extendedKeyUsage = critical,timeStamping
[req]
distinguished_name = dn
[dn]
"""


@pytest.fixture
def key(tmp_path):
    """A key to sign with, and who may sign with it."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH is not installed")
    made = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(made)], check=True)
    (tmp_path / "signers").write_text(f"auditor {(tmp_path / 'key.pub').read_text()}")
    return {"folder": str(tmp_path / "elsewhere"), "ssh_key": str(made), "allowed_signers": str(tmp_path / "signers")}


@pytest.fixture
def agent(tmp_path):
    """Calls ssh-agent's own tools; the agent ends with the test."""
    address = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(address)], stdout=subprocess.DEVNULL) as running:
        until(address.exists)
        yield {"SSH_AUTH_SOCK": str(address)}
        running.terminate()


@pytest.fixture
def authority(tmp_path):
    """A time stamp authority: OpenSSL's, behind a server on loopback. What it is asked is kept."""
    if shutil.which("openssl") is None:
        pytest.skip("OpenSSL is not installed")
    folder = tmp_path / "tsa"
    folder.mkdir()
    (folder / "conf").write_text(CONF.format(folder))
    (folder / "serial").write_text("01")

    def openssl(*arguments, data=None):
        return subprocess.run(["openssl", *arguments], cwd=folder, input=data, capture_output=True, check=True).stdout

    root = "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=root -config conf -days 2"
    openssl(*root.split(), "-addext", "basicConstraints=critical,CA:TRUE")
    request = "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa -config conf"
    openssl(*request.split())
    signed = "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -out tsa.pem -extfile conf"
    openssl(*signed.split(), "-extensions", "ext", "-days", "2")

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self):
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            answer = openssl("ts", "-reply", "-queryfile", "query", "-config", "conf", "-section", "tsa")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Authority) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield {"timestamp": f"http://127.0.0.1:{server.server_port}/", "timestamp_roots": str(folder / "root.pem")}
        server.shutdown()


def verified(company):
    done = company.auditor("verify", "--json")
    return [problem["sentence"] for problem in done.said["problems"]]


def test_a_run_is_signed_and_a_store_that_was_rolled_back_is_told_of(company, key, tmp_path):
    company.configure(anchor=key)
    assert verified(company) == ["No signature vouches for a run yet; the next run is to have one."]
    shutil.copytree(company.folder / "evidence", tmp_path / "yesterday")
    assert company.night(SECOND).said["problems"] == []
    assert verified(company) == []

    shutil.rmtree(company.folder / "evidence")
    shutil.copytree(tmp_path / "yesterday", company.folder / "evidence")
    shutil.rmtree(company.output)
    (gone, _) = verified(company)
    assert "vouches for the run 20261003T031000Z.judged" in gone
    after = company.night(SECOND + timedelta(days=1))
    assert after.of("evidence/altered")["facts"]["runs"] == ["20261003T031000Z.judged"]


def test_the_key_stays_with_the_agent(company, key, agent):
    subprocess.run(["ssh-add", "-q", key["ssh_key"]], env=agent, check=True)
    company.configure(anchor=key | {"ssh_key": f"{key['ssh_key']}.pub"})
    subprocess.run(["mv", key["ssh_key"], f"{key['ssh_key']}.away"], check=True)
    assert company.night(SECOND, **agent).said["problems"] == []
    assert verified(company) == []


def test_a_run_that_cannot_be_signed_says_so_and_the_next_one_vouches_for_it(company, key):
    company.configure(anchor=key | {"ssh_key": "nowhere"})
    night = company.night(SECOND)
    assert night.status == 3
    (problem,) = night.said["problems"]
    assert "There is no signature for the run 20261003T031000Z.judged: ssh-keygen cannot sign" in problem
    company.configure(anchor=key)
    assert company.night(SECOND + timedelta(days=1)).said["problems"] == []
    assert verified(company) == [f"{key['folder']}/heads/{name(company, '20261003T031000Z')} is vouched for by nobody."]


def test_somebody_else_s_signature_vouches_for_nothing(company, key, tmp_path):
    company.configure(anchor=key)
    company.night(SECOND)
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    (tmp_path / "signers").write_text(f"auditor {(tmp_path / 'other.pub').read_text()}")
    assert ["does not vouch" in problem or "No signature" in problem for problem in verified(company)] == [True, True]


def test_a_run_is_stamped_by_an_authority(company, authority):
    company.configure(anchor=authority)
    assert company.night(NOW).said["problems"] == []
    assert verified(company) == []
    (statement,) = (company.folder / "anchors/heads").glob("*.json")
    statement.write_text(statement.read_text().replace('"number":', '"number": '))
    assert "does not vouch" in verified(company)[0]


def test_a_stamp_of_today_vouches_for_no_run_of_the_past(company, authority):
    company.configure(anchor=authority)
    assert company.night(SECOND).said["problems"] == []
    assert verified(company)[-1] == "No time stamp vouches for a run yet; the next run is to have one."


def test_an_authority_that_others_trust_is_none(company, authority, tmp_path):
    company.configure(anchor=authority | {"timestamp_roots": str(tmp_path / "none.pem")})
    (tmp_path / "none.pem").write_text("")
    (problem,) = company.night(NOW).said["problems"]
    assert "no time stamp that holds" in problem
    company.configure(anchor=authority | {"timestamp": "http://127.0.0.1:9/"})
    (problem,) = company.night(NOW + timedelta(minutes=1)).said["problems"]
    assert "gives no time stamp" in problem


def name(company, run):
    (statement,) = company.folder.parent.glob(f"elsewhere/heads/{run}*.json")
    return statement.name
