"""The tests that arguments name."""

from pathlib import Path

import pytest

from cli.testing.collect import NoTests, collect

CASE = "about: {about}\ncaller: [listen]\nexpect: {{replies: 1}}\n"


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    """Two agents, the first with two tests, the second with an invalid one."""
    for agent, tests in (("clinic", ("books_a_visit", "goodbye")), ("sales", ("wrong",))):
        (tmp_path / f"{agent}.yaml").write_text("prompt: x")
        folder = tmp_path / "tests" / agent
        folder.mkdir(parents=True)
        for name in tests:
            text = "about: [" if name == "wrong" else CASE.format(about=f"A caller, {name}.")
            (folder / f"{name}.yaml").write_text(text)
    return tmp_path


def test_an_agent_file_names_its_tests(agents: Path) -> None:
    found = collect([agents / "clinic.yaml"])

    assert [case.name for case in found.cases] == ["books_a_visit", "goodbye"]
    assert not found.invalid


def test_a_folder_names_the_tests_of_all_its_agents(agents: Path) -> None:
    """A file named twice runs once; an invalid one is reported beside the others."""
    found = collect([agents, agents / "tests" / "clinic" / "goodbye.yaml"])

    assert len(found.cases) == 2
    assert [path.stem for path, _ in found.invalid] == ["wrong"]


def test_other_files_beside_agents_are_not_tests(agents: Path) -> None:
    (agents / "rules.yaml").write_text("rules: []")
    (agents / "loose.yaml").write_text(CASE.format(about="A loose test."))

    assert [case.name for case in collect([agents]).cases] == ["loose", "books_a_visit", "goodbye"]


def test_words_select_by_name_and_description(agents: Path) -> None:
    assert [case.name for case in collect([agents], "visit caller").cases] == ["books_a_visit"]
    with pytest.raises(NoTests, match="none of the 3 tests contains: zebra"):
        collect([agents], "zebra")


def test_a_target_without_tests_names_where_they_belong(agents: Path, tmp_path: Path) -> None:
    (agents / "help.yaml").write_text("prompt: x")

    with pytest.raises(NoTests, match=r"tests/help/, one conversation per file"):
        collect([agents / "help.yaml"])
    with pytest.raises(NoTests, match="does not exist"):
        collect([tmp_path / "absent.yaml"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoTests, match="has no tests"):
        collect([tmp_path / "empty"])
