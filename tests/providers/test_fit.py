"""Grants that fit in the providers beside AWS: they allow what was done, end, and quote whatever a name holds."""

import json
import subprocess
from datetime import timedelta

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Credential
from auditor.model.vocabulary import Capability
from auditor.providers.databases.fit import quoted
from auditor.providers.fitted import Work
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.cases import access, config
from tests.providers.databases import test_permitted as databases
from tests.providers.gitlab import test_permitted as gitlab
from tests.providers.gitlab.test_rights import holds, project, protected
from tests.providers.google.conftest import AT as GOOGLES_AT
from tests.providers.google.conftest import Quay
from tests.providers.google.test_permitted import NINA as GOOGLES_NINA
from tests.providers.google.test_permitted import act as google_act
from tests.providers.ssh import test_permitted as hosts

WEEK = timedelta(days=7)
NOTHING = frozenset()
HOSTILE = "a\"; DROP TABLE x; --\n'$(id)`id`\\"


def fitted(name, rows, acts, at, found=None, **work):
    told = {"account": acts[0].account, "acts": acts, "at": at, "until": at + WEEK, "standing": NOTHING, **work}
    return provider(name).fitted(found or config(), rows, Work(**told))


def answers(name, grant, at, found=None):
    return {one.answer for one in provider(name).permitted(found or config(), grant.rows, grant.covered, at)}


class TestGoogle:
    @pytest.fixture
    def quay(self):
        return Quay()

    def rows(self, quay):
        return Snapshots(
            accounts=quay.accounts, memberships=quay.memberships, policies=quay.policies, grants=quay.grants
        )

    def test_a_custom_role_of_what_was_checked_bound_until_an_end(self, quay):
        quay.bind(GOOGLES_NINA, "roles/owner")
        acts = [
            google_act("run.services.update; run.services.get"),
            google_act("logging.logEntries.list", resource=None),
        ]
        grant = fitted(
            "gcp", self.rows(quay), acts, GOOGLES_AT, quay.config, standing=frozenset({Capability.READ_LOGS})
        )
        stays, ends = (json.loads(grant.files[f"quay-shop{end}-role.yaml"]) for end in ("", "-ending"))
        assert stays["includedPermissions"] == ["logging.logEntries.list", "run.services.get"]
        assert ends["includedPermissions"] == ["run.services.update"]
        condition = json.loads(grant.files["quay-shop-ending-condition.yaml"])
        assert condition["expression"] == f'request.time < timestamp("{GOOGLES_AT + WEEK:%Y-%m-%dT%H:%M:%SZ}")'
        assert answers("gcp", grant, GOOGLES_AT, quay.config) == {Answer.ALLOWED}
        assert Answer.ALLOWED in answers("gcp", grant, GOOGLES_AT + WEEK, quay.config)
        assert Answer.DENIED in answers("gcp", grant, GOOGLES_AT + WEEK, quay.config)
        assert grant.keeps == {Capability.READ_LOGS, Capability.DEPLOY}
        assert grant.ending == {Capability.DEPLOY}

    def test_acts_without_permissions_are_left_to_people(self, quay):
        grant = fitted("gcp", self.rows(quay), [google_act(None)], GOOGLES_AT, quay.config)
        assert (grant.files, grant.covered) == ({}, ())
        assert grant.left[0][0] == "run:ReplaceService"

    def test_each_step_is_told_and_a_role_that_has_all_of_it_is_named(self, quay):
        quay.bind(GOOGLES_NINA, "roles/owner")
        quay.role("roles/closest", "run.services.update", "run.services.get", "run.services.list")
        quay.role("roles/wider", "run.services.update", "run.services.get", "a.b.c", "d.e.f")
        quay.role("roles/less", "run.services.update")
        acts = [google_act("run.services.update; run.services.get")]
        held = quay.of("nina")
        grant = fitted("gcp", self.rows(quay), acts, GOOGLES_AT, quay.config, standing=None, held=held)
        assert list(grant.files) == ["quay-shop-role.yaml"]
        role = json.loads(grant.files["quay-shop-role.yaml"])
        assert (role["title"], role["stage"]) == ("fitted_nina", "GA")
        made, bound, other, instead = grant.steps
        assert made == "gcloud iam roles create fitted_nina --project=quay-shop --file=quay-shop-role.yaml"
        assert bound == (
            "gcloud projects add-iam-policy-binding quay-shop --member=user:nina@quay.example "
            "--role=projects/quay-shop/roles/fitted_nina --condition=None"
        )
        assert other == "Or bind roles/closest, which has these and 1 more."
        assert instead == f"When that works, take away what it had before: {', '.join(held[0].path)}."

    def test_a_role_that_ends_is_one_of_its_own_with_its_condition(self, quay):
        quay.bind(GOOGLES_NINA, "roles/owner")
        grant = fitted("gcp", self.rows(quay), [google_act("run.services.update")], GOOGLES_AT, quay.config)
        assert list(grant.files) == ["quay-shop-ending-role.yaml", "quay-shop-ending-condition.yaml"]
        assert grant.steps[1].endswith(" --condition-from-file=quay-shop-ending-condition.yaml")
        (bound,) = [one for one in grant.rows.grants if one.principal == GOOGLES_NINA]
        assert bound.role == "projects/quay-shop/roles/fitted_nina_until_an_end"
        assert json.loads(bound.condition) == json.loads(grant.files["quay-shop-ending-condition.yaml"])

    def test_others_keep_what_they_have_and_groups_are_left(self, quay):
        for member in (GOOGLES_NINA, "user:tom@quay.example"):
            quay.bind(member, "roles/editor")
        quay.group("group:devs@quay.example", GOOGLES_NINA, "user:tom@quay.example")
        grant = fitted("gcp", self.rows(quay), [google_act()], GOOGLES_AT, quay.config)
        assert [one.principal for one in grant.rows.grants] == ["user:tom@quay.example", GOOGLES_NINA]
        assert [one.member for one in grant.rows.memberships] == ["user:tom@quay.example"]

    def test_what_was_checked_above_projects_is_left_to_people(self, quay):
        acts = [google_act("resourcemanager.folders.update", resource="folders/12")]
        grant = fitted("gcp", self.rows(quay), acts, GOOGLES_AT, quay.config)
        assert (grant.files, grant.rows, grant.steps) == ({}, None, ())
        assert "a folder or an organization" in grant.left[0][1]

    def test_an_account_is_one_word_to_the_shell(self, quay):
        grant = fitted("gcp", self.rows(quay), [google_act(account=f"user:{HOSTILE}")], GOOGLES_AT, quay.config)
        bind = next(step for step in grant.steps if "add-iam-policy-binding" in step)
        words = subprocess.run(
            ["sh", "-c", f"printf '%s\\0' {bind}"], capture_output=True, text=True, check=True
        ).stdout.split("\0")
        assert f"--member=user:{HOSTILE}" in words


class TestGitlab:
    def rows(self, *grants, policies=None):
        return Snapshots(grants=grants, policies=policies or [project()])

    def test_the_lowest_role_that_allows_it_with_its_day(self):
        acts = [gitlab.RELEASE]
        rows = self.rows(holds("nina", "owner"))
        grant = fitted("gitlab", rows, acts, gitlab.AT, gitlab.config())
        (text,) = grant.files.values()
        assert json.loads(text) == {"access_level": 30, "expires_at": f"{gitlab.AT + WEEK:%Y-%m-%d}"}
        assert Capability.DEPLOY in grant.keeps
        assert answers("gitlab", grant, gitlab.AT, gitlab.config()) == {Answer.ALLOWED}
        assert "members/USER_ID" in grant.steps[1]

    def test_letting_others_in_takes_more_and_reading_tells_nothing(self):
        read = gitlab.act("repository_download", "read")
        grant = fitted("gitlab", self.rows(), [gitlab.act(), read], gitlab.AT, gitlab.config(), standing=None)
        (text,) = grant.files.values()
        assert json.loads(text) == {"access_level": 40}
        assert grant.left == (("gitlab:repository_download", "it tells nothing of the role that it took"),)

    def test_whom_a_protected_environment_leaves_out_gets_no_role(self):
        rows = self.rows(policies=protected(deploy=[{"account": "gitlab:leon"}]))
        grant = fitted("gitlab", rows, [gitlab.RELEASE], gitlab.AT, gitlab.config())
        assert grant.files == {}
        assert grant.left == (("gitlab:deployment", "no role is known to allow it"),)


class TestSsh:
    def test_the_key_that_was_used_gets_an_end_and_the_other_goes(self, config):
        rows = Snapshots(credentials=[hosts.line(options='from="192.0.2.0/24",no-pty'), hosts.line(hosts.OTHER, 1)])
        grant = fitted("ssh", rows, [hosts.login(), hosts.ran()], hosts.AT, config)
        (text,) = grant.files.values()
        end = f"{hosts.AT + WEEK:%Y%m%d%H%M%S}Z"
        assert text.splitlines()[1] == f'restrict,pty,from="192.0.2.0/24",expiry-time="{end}"'
        assert (grant.rights, grant.dropped) == (1, 1)
        assert "Take away what was not used: SHA256:def." in grant.steps
        assert [what for what, _ in grant.left] == ["sudo:systemctl"]
        assert answers("ssh", grant, hosts.AT, config) == {Answer.ALLOWED}
        assert answers("ssh", grant, hosts.AT + WEEK, config) == {Answer.DENIED}

    def test_sshd_reads_the_line_whatever_a_command_holds(self, config, tmp_path):
        rows = Snapshots(credentials=[hosts.line(options='command="echo \\"$(id)\\" ; rm -rf x"')])
        grant = fitted("ssh", rows, [hosts.login()], hosts.AT, config)
        options = grant.files["authorized_keys-options.txt"].splitlines()[1]
        assert 'command="echo \\"$(id)\\" ; rm -rf x"' in options
        key = tmp_path / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        line = tmp_path / "authorized_keys"
        line.write_text(f"{options} {key.with_suffix('.pub').read_text()}")
        told = subprocess.run(["ssh-keygen", "-lf", line], capture_output=True, text=True, check=True).stdout
        assert "ED25519" in told


class TestPostgres:
    def test_privileges_on_the_tables_that_were_changed_until_an_end(self):
        acts = [
            databases.act("UPDATE", "shop/public/orders"),
            databases.act("INSERT", "shop/public/orders"),
            databases.act("login", "shop", "login"),
            databases.act("CREATE TABLE", "shop/public/new"),
        ]
        held = [
            databases.has("INSERT, SELECT, UPDATE, DELETE on table orders, people", "shop/public", "write-database")
        ]
        grant = fitted("postgres", databases.rows(*held), acts, databases.AT)
        (text,) = grant.files.values()
        assert text.splitlines() == [
            'GRANT CONNECT ON DATABASE "shop" TO "nina";',
            'GRANT USAGE ON SCHEMA "public" TO "nina";',
            'GRANT INSERT, UPDATE ON TABLE "public"."orders" TO "nina";',
            f"ALTER ROLE \"nina\" VALID UNTIL '{databases.AT + WEEK:%Y-%m-%dT%H:%M:%SZ}';",
        ]
        assert answers("postgres", grant, databases.AT) == {Answer.ALLOWED}
        assert [what for what, _ in grant.left] == ["postgres:CREATE TABLE"]
        people = [databases.act("UPDATE", "shop/public/people"), databases.act("DELETE", "shop/public/orders")]
        told = provider("postgres").permitted(config(), grant.rows, people, databases.AT)
        assert {one.answer for one in told} == {Answer.DENIED}

    def test_a_login_that_was_made_to_end_ends_again(self):
        ends = Credential(
            **databases.PLACE, credential="password:postgres:nina@db-1", kind="password", account=databases.named("nina"),
            provider="postgres", resource="db-1", expires_at=databases.AT - WEEK,
        )  # fmt: skip
        acts = [databases.act("UPDATE", "shop/public/orders")]
        grant = fitted("postgres", databases.rows(credentials=[ends]), acts, databases.AT, standing=None)
        assert "VALID UNTIL" in next(iter(grant.files.values()))
        assert answers("postgres", grant, databases.AT) == {Answer.ALLOWED}

    def test_steps_are_told_for_each_database_and_what_goes_then_once(self):
        acts = [databases.act("UPDATE", f"{name}/public/orders") for name in ("shop", "mail")]
        alone = fitted("postgres", databases.rows(), acts, databases.AT)
        assert [step.rpartition(" -f ")[2] for step in alone.steps] == ["1-grants.sql", "2-grants.sql"]
        assert [step.partition(":")[0] for step in alone.steps] == [
            f"As an owner, in the database {name}" for name in ("shop", "mail")
        ]
        held = [access("nina", path=("member of writers",))]
        assert fitted("postgres", databases.rows(), acts, databases.AT, held=held).steps[2:] == (
            "When that works, take away what it had before: member of writers.",
        )
        nothing = [databases.act("CREATE TABLE", "shop/public/new")]
        assert fitted("postgres", databases.rows(), nothing, databases.AT, held=held).steps == ()

    def test_without_a_table_the_file_has_the_place_for_it(self):
        acts = [databases.act("login", "shop", "login"), databases.act("UPDATE", "shop")]
        grant = fitted("postgres", databases.rows(), acts, databases.AT)
        assert next(iter(grant.files.values())).splitlines()[-1] == '-- GRANT UPDATE ON TABLE ... TO "nina";'

    @pytest.mark.parametrize(
        ("name", "written"),
        [("orders", '"orders"'), ('a"b', '"a""b"'), ("a\nb\\", 'U&"a\\+00000Ab\\+00005C"'), ("'; --", '"\'; --"')],
    )
    def test_names_stay_names(self, name, written):
        assert quoted(name) == written


def test_a_provider_that_nobody_describes_writes_nothing_and_says_so():
    act = used(provider="broker", action="broker:open", account="nina")
    grant = fitted("broker", Snapshots(), [act], databases.AT)
    assert grant.files == {}
    assert grant.left == (("broker:open", "nobody has described how a grant of broker is written"),)
