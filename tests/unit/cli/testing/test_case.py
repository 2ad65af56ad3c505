"""Valid test files, and each kind of mistake."""

from pathlib import Path

import pytest

from cli.testing.case import CaseError, is_test, own_agent_file, read_case

MINIMAL = "about: x\ncaller: [listen]\nexpect: {replies: 1}\n"


def write(folder: Path, text: str, name: str = "wrong.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "about: x",
            "wrong.yaml:1: needs `about`, `caller` and `expect`; missing or empty: `caller`, `expect`",
        ),
        ("- a", "wrong.yaml:1: needs `about`"),
        ("about: x\ncaller: [listen]\nexpect: {}", "missing or empty: `expect`"),
        ("about: x\ncaller: [listen]\nexpect: [a]", "wrong.yaml:3: expect: must contain at least one"),
        (
            "about: x\ncaller:\n  - listen\n  - sing\nexpect: {replies: 1}",
            "wrong.yaml:4: .*unknown action 'sing'",
        ),
        ("about: x\ncaller: {steps: [sing]}\nexpect: {replies: 1}", "wrong.yaml:2: .*unknown action"),
        ("about: x\ncaller: [{say: {txt: a}}]\nexpect: {replies: 1}", "wrong.yaml:2: .*text must be text"),
        ("about: x\ncaller: 3\nexpect: {replies: 1}", "wrong.yaml:2: caller: expected a mapping"),
        (MINIMAL + "modell: []", "wrong.yaml:4: modell: unknown key 'modell'; did you mean `model`"),
        (MINIMAL + "model: [{sayy: a}]", "wrong.yaml:4: model: rule 1: unknown key 'sayy'"),
        (MINIMAL + "model: {say: a}", "wrong.yaml:4: model: must be a list of rules"),
        (MINIMAL + "network: {losst: 1}", "wrong.yaml:4: network: losst: .*did you mean `lost`"),
        (MINIMAL + "call: {form: '+1'}", "wrong.yaml:4: call: unknown key 'form'; did you mean `from`"),
        (MINIMAL + "agent: clinic", "wrong.yaml:4: agent: must be a mapping"),
        (MINIMAL + "agent file: ../absent.yaml", "wrong.yaml:4: agent file: there is no agent file"),
        (
            "about: x\ncaller: [listen]\nexpect: {replies: few}",
            "wrong.yaml:3: expect.replies: must be a number",
        ),
        ("about: [", "wrong.yaml:1: is not YAML"),
        ("about: x\nabout: y", "occurs twice"),
    ],
)
def test_a_mistake_is_an_error_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        read_case(write(tmp_path, text))


def test_all_mistakes_of_a_file_are_reported_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = "about: x\ncaller: [sing]\nexpect:\n  replys: 1\n  failures: x\nmodell: []\n"

    with pytest.raises(CaseError) as raised:
        read_case(write(tmp_path, text))

    lines = [line.split(":")[1] for line in str(raised.value).splitlines()]
    assert lines == ["2", "4", "5", "6"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b""])
def test_a_file_that_is_no_text_or_empty_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(content)

    with pytest.raises(CaseError, match=r"wrong\.yaml"):
        read_case(path)


def test_a_test_belongs_to_the_agent_file_beside_its_folder(tmp_path: Path) -> None:
    """Unless the file names another one."""
    folder = tmp_path / "tests" / "clinic"
    folder.mkdir(parents=True)
    for name in ("clinic", "other"):
        (tmp_path / f"{name}.yaml").write_text("prompt: x")

    own = read_case(write(folder, MINIMAL))
    other = read_case(write(folder, MINIMAL + "agent file: ../../other.yaml"))

    assert own.agent_file == own_agent_file(folder / "wrong.yaml") == tmp_path / "clinic.yaml"
    assert other.agent_file is not None
    assert other.agent_file.resolve() == tmp_path / "other.yaml"


def test_a_telephone_number_keeps_its_plus(tmp_path: Path) -> None:
    """YAML reads +15550100 as a number."""
    case = read_case(write(tmp_path, MINIMAL + "call: {from: +15550123456, to: '+15550199999'}"))

    assert (case.call.from_number, case.call.to_number) == ("+15550123456", "+15550199999")


def test_an_agent_file_is_not_a_test(tmp_path: Path) -> None:
    assert not is_test(write(tmp_path, "prompt: x\ngreeting: y"))
    assert is_test(write(tmp_path, MINIMAL))
    assert not is_test(write(tmp_path, "prompt: ["))
