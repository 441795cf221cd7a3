"""Which engine digests activity, and the mistakes that are made with it."""

from auditor.config.engine import DuckDBEngine, SparkEngine


def test_duckdb_is_the_engine_where_nothing_is_said(loads):
    assert loads("organisation: Harbour Shop").engine == DuckDBEngine()
    assert loads("organisation: Harbour Shop\nengine: {kind: duckdb}").engine == DuckDBEngine()


def test_spark_takes_its_own_settings(with_roster):
    text = 'engine: {kind: spark, master: "spark://host:7077", settings: {spark.executor.memory: 8g}}'
    assert with_roster(text).engine == SparkEngine(
        kind="spark", master="spark://host:7077", settings={"spark.executor.memory": "8g"}
    )


def test_no_secret_is_written_into_sparks_settings(roster_mistakes):
    name = "spark.hadoop.fs.s3a.secret.key"
    ((_, path, problem, _),) = roster_mistakes(f"engine: {{kind: spark, settings: {{{name}: hunter2}}}}")
    assert path.startswith("engine")
    assert name in problem
    assert "expected no secret" in problem
    assert "hunter2" not in problem


def test_only_names_of_sparks_are_settings(roster_mistakes):
    ((_, path, problem, _),) = roster_mistakes("engine: {kind: spark, settings: {executor.memory: 8g}}")
    assert path.startswith("engine")
    assert "spark.executor.memory" in problem


def test_another_engine_is_a_mistake(roster_mistakes):
    ((_, path, problem, hint),) = roster_mistakes("engine: {kind: sprak}")
    assert path.startswith("engine")
    assert "spark" in problem + hint
