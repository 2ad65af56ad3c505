"""Report modules without a unit test of their own, and unit tests without a module.

Usage: python -m scripts.check_test_mirror [--root FOLDER]

`parley/bus/client.py` is tested by `tests/unit/parley/bus/test_client.py`, `services/stt/endpointing.py` by
`tests/unit/stt/test_endpointing.py`. Exceptions, each with its reason and the tests that cover the module,
are in `scripts/test_mirror.toml`.
"""

import argparse
import fnmatch
import subprocess
import sys
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

TABLE = Path(__file__).with_name("test_mirror.toml")
PACKAGES = ("parley", "services", "sandbox", "cli", "bench", "scripts")
_UNIT = PurePosixPath("tests/unit")
_IGNORED_STEMS = {"__init__", "__main__"}


@dataclass(frozen=True)
class Exemption:
    """An allowed exception: a module without a mirrored unit test, or a unit test without a module."""

    path: str
    """A path, or a glob over paths."""
    reason: str
    covered_by: tuple[str, ...]
    """Tests of the module; empty for a unit test."""


def read_table(text: str) -> tuple[Exemption, ...]:
    """Parse the table of exceptions; raises ValueError for an entry without a reason or covering tests."""
    data = tomllib.loads(text)
    modules = [
        Exemption(str(entry["module"]), str(entry["reason"]), tuple(entry["covered_by"]))
        for entry in data.get("module", [])
    ]
    tests = [Exemption(str(entry["test"]), str(entry["reason"]), ()) for entry in data.get("test", [])]
    for entry in [*modules, *tests]:
        if not entry.reason.strip():
            raise ValueError(f"{entry.path}: no reason")
    for entry in modules:
        if not entry.covered_by:
            raise ValueError(f"{entry.path}: covered_by names no test")
    return (*modules, *tests)


def expected_test(module: str) -> str:
    """Path of the unit test that belongs to a module."""
    path = PurePosixPath(module)
    folder = path.parent.relative_to("services") if path.parts[0] == "services" else path.parent
    return str(_UNIT / folder / f"test_{path.name}")


def needs_test(path: str) -> bool:
    """Whether a tracked file is a module that needs a unit test: hand-written, with definitions."""
    module = PurePosixPath(path)
    return (
        module.suffix == ".py"
        and module.parts[0] in PACKAGES
        and module.stem not in _IGNORED_STEMS
        and not module.stem.endswith("_pb2")
    )


def is_unit_test(path: str) -> bool:
    """Whether a tracked file is a unit test within a mirrored folder."""
    test = PurePosixPath(path)
    return test.is_relative_to(_UNIT) and test.name.startswith("test_") and len(test.parts) > 3


def problems(files: Collection[str], exemptions: Sequence[Exemption]) -> list[str]:
    """Return one line for each module without a test, test without a module, and outdated exception."""
    tracked = set(files)
    exempt = {path for entry in exemptions for path in fnmatch.filter(tracked, entry.path)}
    modules = {path: expected_test(path) for path in tracked if needs_test(path)}
    found = [
        f"{module}: no {test}"
        for module, test in sorted(modules.items())
        if test not in tracked and module not in exempt
    ]
    expected = set(modules.values())
    found += [
        f"{test}: tests no module of that name"
        for test in sorted(filter(is_unit_test, tracked))
        if test not in expected and test not in exempt
    ]
    for entry in exemptions:
        found += _outdated(entry, tracked, modules)
    return found


def _outdated(entry: Exemption, tracked: Collection[str], modules: dict[str, str]) -> list[str]:
    if not fnmatch.filter(tracked, entry.path):
        return [f"{entry.path}: exempt, but does not exist"]
    if modules.get(entry.path) in tracked:
        return [f"{entry.path}: exempt, but {modules[entry.path]} exists"]
    return [
        f"{entry.path}: covered by {test}, which does not exist"
        for test in entry.covered_by
        if test not in tracked
    ]


def main(arguments: list[str]) -> int:
    """Print the problems; return 1 if there are any."""
    parser = argparse.ArgumentParser(description="Compare the unit tests with the modules.")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="repository to examine")
    options = parser.parse_args(arguments)
    listed = subprocess.run(
        ["git", "-C", str(options.root), "ls-files", "-z"], check=True, capture_output=True, text=True
    ).stdout.split("\0")
    files = [path for path in listed if path and (options.root / path).is_file()]
    found = problems(files, read_table(TABLE.read_text("utf-8")))
    print("\n".join([*found, f"{len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
