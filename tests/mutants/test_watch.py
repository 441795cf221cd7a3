"""What `make mutants` keeps of each test: the functions that it ran, for as long as their files stay as they are."""

from tests.mutants.watch import Seen, Watch, marked

TEXT = b'''\
def f():
    """About f."""
    return 1
class C:
    @property
    def g(self):
        return 2
'''


def test_a_function_tells_that_it_runs_and_is_the_same_otherwise():
    ran = set()
    names = {"__ran__": ran.add}
    exec(compile(marked(TEXT, "x.py"), "x.py", "exec"), names)
    assert names["f"].__doc__ == "About f."
    assert (names["f"](), ran) == (1, {("x.py", 1)})
    assert (names["C"]().g, ran) == (2, {("x.py", 1), ("x.py", 6)})


def test_a_test_is_run_again_where_it_failed_or_a_file_has_changed_that_it_ran(tmp_path):
    for folder, name in (("auditor", "a.py"), ("auditor", "b.py"), ("tests", "test_x.py")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("")
    watch = Watch(tmp_path, tmp_path / "kept" / "seen.json")
    watch.tests = {
        "tests/test_x.py::test_a": Seen(runs={"auditor/a.py": {1}}),
        "tests/test_x.py::test_b": Seen(runs={"auditor/b.py": {3}}),
        "tests/test_x.py::test_c": Seen(failed=True),
        "tests/test_gone.py::test_d": Seen(),
    }
    watch.pytest_sessionfinish()
    (tmp_path / "auditor" / "a.py").write_text("x = 1")
    assert Watch(tmp_path, watch.file).tests == {"tests/test_x.py::test_b": watch.tests["tests/test_x.py::test_b"]}
