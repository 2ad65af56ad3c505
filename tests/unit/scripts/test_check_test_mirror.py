"""The mirror check compares the lists of modules and of unit tests."""

import pytest

from scripts.check_test_mirror import (
    TABLE,
    Exemption,
    expected_test,
    is_unit_test,
    needs_test,
    problems,
    read_table,
)


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("parley/bus/client.py", "tests/unit/parley/bus/test_client.py"),
        ("services/stt/endpointing.py", "tests/unit/stt/test_endpointing.py"),
        ("services/edge/twilio/twiml.py", "tests/unit/edge/twilio/test_twiml.py"),
        ("cli/main.py", "tests/unit/cli/test_main.py"),
    ],
)
def test_a_module_has_one_place_for_its_test(module: str, test: str) -> None:
    """The folder of the services is left out."""
    assert expected_test(module) == test


@pytest.mark.parametrize(
    "path",
    [
        "parley/__init__.py",
        "services/stt/__main__.py",
        "parley/v1/call_pb2.py",
        "parley/database/migrations/0001_calls.sql",
        "tests/unit/cli/test_main.py",
        "parley/py.typed",
    ],
)
def test_some_files_need_no_test(path: str) -> None:
    """Entry points, package files, generated code, migrations, tests and data."""
    assert not needs_test(path)


def test_only_tests_in_mirrored_folders_count() -> None:
    """Tests of the whole repository stand directly in `tests/unit`; helpers do not count."""
    assert is_unit_test("tests/unit/stt/test_endpointing.py")
    assert not is_unit_test("tests/unit/test_contract.py")
    assert not is_unit_test("tests/unit/stt/factories.py")
    assert not is_unit_test("tests/integration/test_bus.py")


def test_missing_tests_and_missing_modules_are_reported() -> None:
    """In both directions."""
    files = ["cli/up.py", "cli/main.py", "tests/unit/cli/test_main.py", "tests/unit/cli/test_old.py"]
    assert problems(files, []) == [
        "cli/up.py: no tests/unit/cli/test_up.py",
        "tests/unit/cli/test_old.py: tests no module of that name",
    ]


def test_exceptions_are_accepted() -> None:
    """For a module and for a test, by path or by glob."""
    files = ["cli/up.py", "tests/e2e/test_up.py", "tests/unit/cli/test_old.py"]
    exemptions = [
        Exemption("cli/up.py", "starts processes", ("tests/e2e/test_up.py",)),
        Exemption("tests/unit/cli/test_*.py", "covers two modules", ()),
    ]
    assert problems(files, exemptions) == []


def test_outdated_exceptions_are_reported() -> None:
    """A missing module, a module with a test, and a missing covering test are reported."""
    files = ["cli/up.py", "cli/main.py", "tests/unit/cli/test_main.py"]
    exemptions = [
        Exemption("cli/gone.py", "r", ("tests/unit/cli/test_main.py",)),
        Exemption("cli/main.py", "r", ("tests/unit/cli/test_main.py",)),
        Exemption("cli/up.py", "r", ("tests/e2e/test_gone.py",)),
    ]
    assert problems(files, exemptions) == [
        "cli/gone.py: exempt, but does not exist",
        "cli/main.py: exempt, but tests/unit/cli/test_main.py exists",
        "cli/up.py: covered by tests/e2e/test_gone.py, which does not exist",
    ]


@pytest.mark.parametrize("entry", ['reason = " "\ncovered_by = ["x"]', 'reason = "r"\ncovered_by = []'])
def test_an_exception_needs_a_reason_and_covering_tests(entry: str) -> None:
    """Otherwise the table is refused."""
    with pytest.raises(ValueError, match=r"cli/up\.py"):
        read_table(f'[[module]]\nmodule = "cli/up.py"\n{entry}\n')


def test_the_table_of_the_repository_is_valid() -> None:
    """The table of the repository is valid."""
    read_table(TABLE.read_text("utf-8"))
