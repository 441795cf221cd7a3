"""Every attack of the table in docs/security.md is tried, and noticed by what the table names, and by nothing else."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest

from auditor.anchors import vouch, vouched
from auditor.case.build import lost_runs
from auditor.case.policy_changes import policy_changes
from auditor.config.kept_policy import kept_policy
from auditor.config.models import Anchor
from auditor.errors import AuditorError
from auditor.evidence import judgements
from auditor.evidence.manifest import POLICY
from auditor.evidence.store import Store
from auditor.ledger import Decision, Head, Ledger
from auditor.model.tables import Account, Activity
from auditor.model.vocabulary import Severity
from auditor.questions.proof import problems
from auditor.seal import on_record
from tests import subjects
from tests.cases import config
from tests.evidence.attacks import ANCHOR, ATTACKS, HASH, RUN, VERIFY, Place

NIGHT = timedelta(days=1)
ANCHORED = Anchor(ssh_key="key", allowed_signers="signers")
pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, made):
    """Two signed nights with a page, a decision and a log of a cleanup script: attacks are tried on copies of them."""
    place = Place(tmp_path_factory.mktemp("whole"))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place.root / "key")], check=True)
    (place.root / "signers").write_text(f"auditor {(place.root / 'key.pub').read_text()}")
    store = Store(str(place.store))
    log = place.output / "n2/cleanup/cleanup-log.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text('{"status": "done"}\n')
    with Ledger(place.output / "ledger.sqlite") as ledger:
        finding = subjects.finding(
            rule="standing/write-access",
            severity=Severity.HIGH,
            person="leon",
            system="checkout",
            summary="",
            why="",
            next_step="",
        )
        ledger.record("n1", made.NIGHT, [finding])
        for number in (1, 2):
            run, at = f"n{number}", made.NIGHT + number * NIGHT
            rows = [*made.events_of([number]), made.account(("mia", "leon")[number - 1])]
            kept = {POLICY: kept_policy(config(organisation=f"Harbour {number}"))}
            made.commit(
                store,
                run,
                rows,
                at=at,
                failed=["ssh"],
                sources=("trail", "iam", "ssh"),
                pages=[b"%d" % number],
                kept=kept,
            )
            documents = {"findings.json": b'["high", %d]' % number, "access.json": b'["mia", %d]' % number}
            for name, data in documents.items():
                (place.output / run).mkdir(exist_ok=True)
                (place.output / run / name).write_bytes(data)
            if number == 2:
                ledger.decide([_decision(finding.id, at)])
                documents |= {str(log.relative_to(place.output)): log.read_bytes()}
            documents |= {**kept, **on_record(ledger)}
            with store.lock():
                link = judgements.record(store, run, at, version="1", kept=documents)
            head = Head(run=link.run, at=at, number=link.number, sha256=link.sha256)
            ledger.remember(head)
            assert vouch(anchored(place), head) == ()
    return place


def anchored(place):
    return config(organisation="Harbour 2", anchor=ANCHORED).model_copy(update={"base": place.root})


def _decision(finding, at):
    return Decision(
        finding=finding, decision="exception", reason="-", decided_by="tom", decided_at=at, run="n1", until=at.date()
    )


def noticed(place, known, at) -> Iterator[str]:
    """By what of all that looks at the store somebody would hear of it."""
    if _says(lambda: problems(Store(str(place.store)), place.output)):
        yield VERIFY
    if _says(lambda: problems(Store(str(place.store)), None, known)):
        yield HASH
    if _says(lambda: problems(Store(str(place.store)), None, None, anchored(place))):
        yield ANCHOR
    if _says(lambda: _read_again(place, at)):
        yield RUN


def _says(look) -> bool:
    try:
        return bool(look())
    except AuditorError:
        return True


def _read_again(place, at):
    """What the next run reads before it judges; and the runs that it finds lost."""
    store = Store(str(place.store))
    with Ledger(place.output / "ledger.sqlite") as ledger:
        heads = [*ledger.heads(at), *vouched(anchored(place), store, at)]
    store.snapshot(Account, ["iam"], at)
    store.scan(Activity, at - 9 * NIGHT, at)
    policy_changes(store, config(organisation="Harbour 2"), at - 9 * NIGHT, at)
    return lost_runs(store, heads, at - 9 * NIGHT)


def test_what_nobody_attacked_is_sound(whole, made):
    known = judgements.head(Store(str(whole.store)), "n2").sha256
    assert list(noticed(whole, known, made.NIGHT + 3 * NIGHT)) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.what for attack in ATTACKS])
def test_an_attack_is_noticed_by_what_the_table_says(attack, whole, made, tmp_path):
    known = judgements.head(Store(str(whole.store)), "n2").sha256
    place = Place(tmp_path / "place")
    shutil.copytree(whole.root, place.root)
    attack.do(place)
    assert tuple(noticed(place, known, made.NIGHT + 3 * NIGHT)) == attack.noticed_by
