"""Tests of the check of agent files."""

from pathlib import Path

from cli.agents.checks import check_files


def write(folder: Path, **files: str) -> list[Path]:
    """Write agent files; return their paths."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return [folder / f"{name}.yaml" for name in files]


def test_a_right_file_has_a_version(tmp_path: Path) -> None:
    """It has no mistakes and no warnings."""
    [checked] = check_files(write(tmp_path, shop="prompt: hi"))

    assert checked.agent is not None
    assert (checked.problems, checked.warnings) == ((), ())


def test_every_mistake_is_listed(tmp_path: Path) -> None:
    """Also those that need an installed provider, and files that do not exist."""
    paths = write(tmp_path, a="prompt: hi\ntts: {voic: x}\nidle: 3", b="prompt: hi\nllm: {provider: nobody}")
    a, b, missing = check_files([*paths, tmp_path / "missing.yaml"])

    assert [problem.line for problem in a.problems] == [2, 3]
    assert [(problem.key, "nobody" in problem.reason) for problem in b.problems] == [("llm.provider", True)]
    assert "cannot be read" in missing.problems[0].reason


def test_a_number_in_two_files_is_a_mistake_of_both(tmp_path: Path) -> None:
    """Each names the other."""
    text = "prompt: hi\nnumbers: ['+15550100000']"
    a, b, c = check_files(write(tmp_path, a=text, b=text, c="prompt: hi"))

    assert [str(problem) for problem in a.problems] == ["numbers: +15550100000 is also in b"]
    assert [str(problem) for problem in b.problems] == ["numbers: +15550100000 is also in a"]
    assert c.problems == ()


def test_missing_texts_are_a_warning(tmp_path: Path) -> None:
    """The agent would speak English texts."""
    [checked] = check_files(write(tmp_path, shop="prompt: hi\nlanguage: sw"))

    assert checked.problems == ()
    assert "no default texts" in checked.warnings[0]


def test_missing_texts_of_a_further_language_are_a_warning(tmp_path: Path) -> None:
    """The warning names the entry."""
    [checked] = check_files(write(tmp_path, shop="prompt: hi\nlanguages: {de: {}, sw: {}}"))

    assert checked.problems == ()
    assert [warning.partition(":")[0] for warning in checked.warnings] == ["languages.sw"]
