# One runner for everything; continuous integration calls the same targets.
# `make demo` and `make test` do their own set-up on a fresh machine with python3, git and make.

BIN := .venv/bin
RUNTIME := .venv/.runtime-stamp
DEV := .venv/.dev-stamp
TOOLS := .venv/.test-tools-stamp
SPARK := .venv/.spark-stamp

# Extra arguments, as in: make test PYTEST_ARGS="-k windows" WORKERS=4
PYTEST_ARGS ?=
# One more than there are cores: some tests wait for what must take its time, and compute nothing meanwhile.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 8 ? n + 1 : 8)))
KILLS ?= 50
CONFIGS ?= 100
DEMO_ARGS ?=
BENCH_ARGS ?=
# As in: make mutants AREA=collectors MUTANTS_ARGS="--seed 2 --most 120"; the areas are rules, case and collectors.
AREA ?=
MUTANTS_ARGS ?=
# As in: make oracle ORACLE_ARGS="--seed 9001 --worlds 200"
ORACLE_ARGS ?=
# Words that choose, as in: make fresh FRESH_ARGS="trixie pip demo"
FRESH_ARGS ?=
# A folder in which the demo has run already, as in: make pictures DEMO=demo-company
DEMO ?=
# `make lock LOCK_ARGS=` keeps every version that still fits.
LOCK_ARGS ?= --upgrade

# Set on many build machines: every program that is started would compile all that it imports, each time anew.
unexport PYTHONDONTWRITEBYTECODE

SHELL_FILES := .ci/run .ci/setup .ci/fresh .ci/draw
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

# What requirements.txt has, and what requirements-spark.txt adds to it.
EXTRAS := --extra all --extra demo
SPARK_EXTRA := import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"], sep="\n")

# What `pip install WHEEL[all]` comes to, for the bill of materials.
SBOM := build/sbom
# The oracle of `make oracle`.
ORACLE := .cache/oracle

.DEFAULT_GOAL := help
.PHONY: help setup demo test campaign sshd-campaign field spark mutants oracle fresh lint format bench snapshots docs pictures sizes check lock build clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEV) ## make .venv with the auditor and every development tool

demo: $(RUNTIME) ## run a full audit of a small invented company
	$(BIN)/auditor demo $(DEMO_ARGS)

test: $(TOOLS) ## run every test
	@$(BIN)/python -m compileall -q -j 0 auditor collectors reports # or each worker would, all at the same time
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

campaign: $(TOOLS) ## kill a run before each write and call, and at fifty moments, and let every source be ill in every way
	AUDITOR_KILLS=$(KILLS) AUDITOR_POINTS=every $(BIN)/pytest -n $(WORKERS) --dist worksteal tests/run/test_killed.py \
		tests/run/test_points.py tests/collectors/test_odd_sources.py $(PYTEST_ARGS)

sshd-campaign: $(TOOLS) ## try CONFIGS generated sshd configurations with a real client at a real sshd (slow, as root)
	AUDITOR_SSHD_CONFIGS=$(CONFIGS) $(BIN)/pytest -n $(WORKERS) tests/collectors/ssh/test_sshd_campaign.py $(PYTEST_ARGS)

field: $(TOOLS) ## judge the field cases and the exam beside the checkout
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m field tests/test_field.py $(PYTEST_ARGS)

spark: $(TOOLS) $(SPARK) ## judge on Spark: small, on clusters of this machine, with a worker killed (slow, needs Java 17)
	$(BIN)/pytest -m 'cluster or not cluster' tests/activity/test_spark.py tests/run/test_spark_cluster.py $(PYTEST_ARGS)

mutants: $(TOOLS) ## change the program in small ways, and print what no test notices
	$(BIN)/python -m tests.mutants $(AREA) $(MUTANTS_ARGS)

oracle: $(DEV) ## ask an independent simulator what random policies of AWS allow, and compare (slow, needs npm)
	npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix $(ORACLE) @cloud-copilot/iam-simulate@0.1.173
	$(BIN)/python -m tests.oracle $(ORACLE) --write docs/oracle.md $(ORACLE_ARGS)

fresh: $(DEV) ## run demo and test in clean Debian 12 and 13 roots, with pip and with uv (slow, as root)
	WORKERS=$(WORKERS) PYTEST_ARGS='$(PYTEST_ARGS)' .ci/fresh $(FRESH_ARGS)

lint: $(DEV) ## check style, formatting, types, import contracts and shell scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/shellcheck $(SHELL_FILES)
	$(BIN)/shfmt --diff --indent 2 --case-indent $(SHELL_FILES)

format: $(DEV) ## rewrite the sources in the house's format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/shfmt --write --indent 2 --case-indent $(SHELL_FILES)

bench: $(DEV) ## measure speed and memory against their targets
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

snapshots: $(DEV) ## renew the golden files; read the diff before committing it
	AUDITOR_RENEW_SNAPSHOTS=1 $(BIN)/pytest -m golden $(PYTEST_ARGS)

docs: $(DEV) ## rewrite the generated blocks of the documentation, and build its site into .venv/site
	$(BIN)/python -m tests.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --config-file .ci/mkdocs.yml

pictures: $(TOOLS) ## draw the README's pictures from the demo
	.ci/draw $(DEMO)

sizes: $(DEV) ## install each extra by itself, and write into docs/install.md what it takes
	$(BIN)/python -m tests.sizes

check: lint test ## everything that must be green before a change lands

lock: $(DEV) ## renew the hash-locked requirements from pyproject.toml
	$(COMPILE) $(LOCK_ARGS) $(EXTRAS) pyproject.toml --output-file requirements.txt
	$(COMPILE) $(LOCK_ARGS) $(EXTRAS) pyproject.toml --group dev --constraint requirements.txt \
		--output-file requirements-dev.txt
	$(COMPILE) $(LOCK_ARGS) --group build --constraint requirements-dev.txt --output-file requirements-build.txt
	$(BIN)/python -c '$(SPARK_EXTRA)' | $(COMPILE) $(LOCK_ARGS) - --constraint requirements-dev.txt \
		--output-file requirements-spark.txt

build: $(DEV) ## build the wheel into dist/, and its bill of materials (CycloneDX)
	rm -rf dist $(SBOM)
	$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist .
	$(BIN)/uv venv --quiet --python $(BIN)/python $(SBOM)
	$(BIN)/uv pip install --quiet --python $(SBOM) --constraint requirements.txt "$$(echo dist/*.whl)[all]"
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file dist/production-access-auditor.cdx.json $(SBOM)

clean: ## remove everything that make made
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(RUNTIME): pyproject.toml requirements.txt requirements-build.txt .ci/setup
	@.ci/setup runtime

$(DEV): pyproject.toml requirements-dev.txt requirements-build.txt .ci/setup
	@.ci/setup dev

$(TOOLS): $(DEV)
	@.ci/setup test-tools

$(SPARK): $(DEV) requirements-spark.txt
	@.ci/setup spark
