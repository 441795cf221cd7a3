import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from filelock import FileLock

from tests import waiting

HERE = str(Path(__file__).parents[2])
# What a user may have set for the real AWS: the demo must not heed any of it.
THEIR_OWN = {
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture(scope="session")
def demo(tmp_path_factory, worker_id, forked):
    """A real `auditor demo` with its servers kept; once for all the workers of a test run."""
    own = tmp_path_factory.getbasetemp()
    shared = (own if worker_id == "master" else own.parent) / "demo-company-nights"
    with FileLock(f"{shared}.lock"):
        if not (shared / "told.json").exists():
            shared.mkdir()
            (shared / "told.json").write_text(json.dumps(_run(shared, forked)))
    told = json.loads((shared / "told.json").read_text())
    return SimpleNamespace(folder=shared / "demo-company", **told)


def _run(folder, forked):
    """All its nights; then the servers are asked for something, and interrupted."""
    before = _cpu_seconds()
    with subprocess.Popen(
        [sys.executable, "-m", "auditor", "demo", "--keep"],
        cwd=folder,
        env={**os.environ, **THEIR_OWN, "PYTHONPATH": HERE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        said = ""
        while "Ctrl-C" not in said and (line := demo.stderr.readline()):
            said += line
        users, cleanup = _users(folder), _cleanup(folder, forked)
        demo.send_signal(signal.SIGINT)
        out, more = demo.communicate(timeout=waiting.LIMIT)
    return {
        "status": demo.returncode,
        "out": out,
        "errors": said + more,
        "runs": [str(run) for run in sorted((folder / "demo-company" / "output").glob("2*"))],
        "users": users,
        "cleanup": cleanup,
        "cpu": _cpu_seconds() - before,
    }


def _cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _users(folder):
    """The names of IAM's users as the kept servers tell them."""
    import boto3

    iam = boto3.session.Session(
        aws_access_key_id="demo", aws_secret_access_key="demo", region_name="eu-central-1"
    ).client("iam", endpoint_url=_endpoint(folder))
    return sorted(user["UserName"] for user in iam.list_users()["Users"])


def _cleanup(folder, forked):
    """What the cleanup script says without --apply, asking the kept servers through the real aws program."""
    script = folder / "demo-company" / "output" / "latest" / "cleanup" / "cleanup.sh"
    environment = {
        "PATH": f"{forked('aws')}:{os.environ['PATH']}",
        "HOME": str(folder),
        "AWS_ENDPOINT_URL": _endpoint(folder),
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    done = subprocess.run(
        ["bash", str(script)], env=environment, capture_output=True, text=True, timeout=waiting.LIMIT, check=False
    )
    return done.stdout + done.stderr


def _endpoint(folder):
    config = yaml.safe_load((folder / "demo-company" / "auditor.yaml").read_text())
    return config["sources"][0]["endpoint_url"]
