"""Finds the test files that the arguments of `parley test` name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.testing.case import Case, CaseError, has_test_keys, is_test, own_agent_file, read_case


class NoTests(Exception):
    """The arguments name no test; the message explains where tests are looked for."""


@dataclass(frozen=True, slots=True)
class Collected:
    """The tests of a run, and the files that are not valid tests."""

    cases: tuple[Case, ...]
    invalid: tuple[tuple[Path, CaseError], ...]


def collect(targets: Sequence[Path], words: str = "", agent: Path | None = None) -> Collected:
    """Read the tests of agent files, of folders, and single ones.

    Args:
        targets: Agent files, folders with agent files or tests, or test files.
        words: Words that the name or the description of a test must contain; empty for all tests.
        agent: The agent file for tests that belong to no other.

    Raises:
        NoTests: a target does not exist or has no tests, or no test contains the words.
    """
    files = list(dict.fromkeys(path for target in targets for path in _files(target)))
    cases: list[Case] = []
    invalid: list[tuple[Path, CaseError]] = []
    for path in files:
        try:
            case = read_case(path, None if own_agent_file(path) else agent)
        except CaseError as error:
            if _matches(words, path.stem):
                invalid.append((path, error))
            continue
        if _matches(words, f"{case.name} {case.about}"):
            cases.append(case)
    if not cases and not invalid:
        raise NoTests(f"none of the {len(files)} tests contains: {words}")
    return Collected(tuple(cases), tuple(invalid))


def _files(target: Path) -> Iterator[Path]:
    if target.is_dir():
        found = sorted(path for path in target.rglob("*.yaml") if _is_test_of_folder(path, target))
        if not found:
            raise NoTests(
                f"{target} has no tests: the tests of {target}/NAME.yaml are in {target}/tests/NAME/"
            )
        yield from found
    elif not target.is_file():
        raise NoTests(f"{target} does not exist")
    elif is_test(target):
        yield target
    else:
        folder = target.parent / "tests" / target.stem
        found = sorted(folder.glob("*.yaml"))
        if not found:
            raise NoTests(f"{target} has no tests: they belong in {folder}/, one conversation per file")
        yield from found


def _is_test_of_folder(path: Path, folder: Path) -> bool:
    """Whether a file is in a folder `tests/NAME`, or directly in the folder that was named."""
    return own_agent_file(path) is not None or (path.parent == folder and has_test_keys(path))


def _matches(words: str, text: str) -> bool:
    searched = text.replace("_", " ").casefold()
    return all(word in searched for word in words.replace("_", " ").casefold().split())
