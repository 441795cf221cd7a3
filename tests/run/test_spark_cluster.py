"""The whole program on clusters of Spark's own, on this machine: findings are DuckDB's, byte for byte."""

import json
import os
import signal
import subprocess
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from auditor.demo.serving import free_port
from tests.nightly import FIRST, Company, surroundings
from tests.sparks import QUICK, needs_spark
from tests.waiting import LIMIT, until

EXAM = Path(__file__).parents[3] / "shared/exam/company-2"
NIGHT = FIRST.isoformat()
ALONE = "127.0.0.1"
FINDINGS = "latest/findings.json"

pytestmark = [needs_spark, pytest.mark.cluster]


def answer(port, path):
    """What one of Spark's web pages says as JSON; None where nobody answers yet."""
    try:
        with urllib.request.urlopen(f"http://{ALONE}:{port}{path}", timeout=10) as page:
            return json.load(page)
    except (OSError, ValueError):
        return None


@contextmanager
def running(folder, name, *arguments):
    """One of Spark's daemons, with a process group of its own, which its executors belong to."""
    import pyspark

    home = Path(pyspark.__file__).parent
    command = [home / "bin/spark-class", f"org.apache.spark.deploy.{name}", "--host", ALONE, *arguments]
    environment = surroundings(SPARK_HOME=str(home), SPARK_LOCAL_IP=ALONE, SPARK_WORKER_DIR=str(folder / "work"))
    with (folder / f"{free_port(ALONE)}.log").open("w") as log:
        daemon = subprocess.Popen(
            list(map(str, command)), env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield daemon
        finally:
            killed(daemon)


def killed(daemon):
    if daemon.poll() is None:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()


@contextmanager
def standalone(folder):
    """A master with two workers: its address, the port of its page, and the workers."""
    folder.mkdir()
    port, page = free_port(ALONE), free_port(ALONE)
    with ExitStack() as stack:
        stack.enter_context(running(folder, "master.Master", "--port", str(port), "--webui-port", str(page)))
        until(lambda: answer(page, "/json/"))
        address = f"spark://{ALONE}:{port}"
        workers = [
            stack.enter_context(
                running(folder, "worker.Worker", "--cores", "1", "--memory", "1g", "--webui-port", "0", address)
            )
            for _ in range(2)
        ]
        until(lambda: alive(page) == 2)
        yield address, page, workers


def alive(page):
    return (answer(page, "/json/") or {}).get("aliveworkers")


def asks_for(company, master, **settings):
    """Write auditor.yaml anew, with Spark for an engine."""
    path = company.folder / "auditor.yaml"
    asked = {"kind": "spark", "master": master, "settings": {**QUICK, **settings}}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"engine": asked}, sort_keys=False))


def judging(company, output, at):
    places = ("--evidence", "evidence", "--output", output, "--reports", "none")
    return company.command("reconcile", "--config", "auditor.yaml", "--at", at, *places)


def judged(company, output, at=NIGHT):
    """The bytes of the findings of what is stored, as one engine comes to them."""
    done = subprocess.run(
        judging(company, output, at),
        cwd=company.folder,
        env=surroundings(SPARK_LOCAL_IP=ALONE),
        capture_output=True,
        text=True,
        timeout=LIMIT * 3,
        check=False,
    )
    assert done.returncode in (0, 1, 3), done.stderr
    return (company.folder / output / FINDINGS).read_bytes()


@pytest.mark.parametrize("master", ["local[2]", "local-cluster[2,1,1200]"])
def test_both_engines_come_to_the_same_findings(company, master):
    known = judged(company, "by-duckdb")
    assert json.loads(known)["findings"]
    asks_for(company, master)
    assert judged(company, "by-spark") == known


def test_what_steps_keep_lies_in_the_folder_of_checkpoints_where_there_is_one(company, tmp_path):
    known = judged(company, "by-duckdb")
    asks_for(company, "local[2]", **{"spark.checkpoint.dir": (tmp_path / "checkpoints").as_uri()})
    assert judged(company, "by-spark") == known
    assert list((tmp_path / "checkpoints").rglob("part-*"))


@pytest.mark.skipif(not EXAM.exists(), reason="needs ../shared/exam")
def test_both_engines_come_to_the_same_findings_of_the_exams_company(tmp_path):
    at = (EXAM / "audit-at.txt").read_text().strip()
    exam = Company(tmp_path)
    for place in EXAM.iterdir():
        (tmp_path / place.name).symlink_to(place)
    collected = exam.auditor("collect", "--config", "auditor.yaml", "--at", at, "--evidence", "evidence")
    assert collected.status in (0, 3), collected.stderr
    known = judged(exam, "by-duckdb", at)
    text = (tmp_path / "auditor.yaml").read_text()
    (tmp_path / "auditor.yaml").unlink()
    (tmp_path / "auditor.yaml").write_text(text)
    asks_for(exam, "local-cluster[2,1,1200]")
    assert judged(exam, "by-spark", at) == known


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(company, tmp_path):
    known = judged(company, "by-duckdb")
    driver = free_port(ALONE)
    with standalone(tmp_path / "cluster") as (address, page, workers):
        pages = {"spark.ui.enabled": "true", "spark.ui.port": str(driver), "spark.driver.host": ALONE}
        asks_for(company, address, **{"spark.cores.max": "2", "spark.executor.memory": "600m", **pages})
        with (tmp_path / "said").open("w+") as said:
            program = subprocess.Popen(
                judging(company, "by-spark", NIGHT),
                cwd=company.folder,
                env=surroundings(SPARK_LOCAL_IP=ALONE),
                stdout=said,
                stderr=said,
            )
            try:
                until(lambda: program.poll() is not None or stages_done(driver) >= 12)
                assert program.poll() is None, (tmp_path / "said").read_text()
                killed(workers[0])
                status = program.wait(LIMIT)
            finally:
                program.kill()
        assert status in (0, 1, 3), (tmp_path / "said").read_text()
        assert alive(page) == 1
    assert (company.folder / "by-spark" / FINDINGS).read_bytes() == known


def stages_done(port):
    """How many stages the program's own application has behind it."""
    for application in answer(port, "/api/v1/applications") or ():
        return len(answer(port, f"/api/v1/applications/{application['id']}/stages?status=complete") or ())
    return 0
