"""The lines of keys, and texts that are not YAML."""

import pytest

from cli.testing.located_yaml import YamlProblem, load, suggestion


def test_a_problem_names_the_file_the_line_and_the_key() -> None:
    """The keys of mappings and the positions in lists are both found."""
    file = load("a:\n  - b: 1\n  - c:\n      d: 2\n", "x.yaml")

    assert file.problem(("a", 1, "c", "d"), "is wrong") == "x.yaml:4: a[2].c.d: is wrong"
    assert file.problem(("a", 1, "absent"), "is missing").startswith("x.yaml:3: a[2].absent")
    assert file.problem((), "is empty") == "x.yaml:1: is empty"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "x.yaml:1: is not YAML"),
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3: a: occurs twice; the first is in line 1"),
        ("a:\n\t- b", "x.yaml:2: is not YAML"),
        ("? [a, b]\n: 1\n", "is not YAML"),
        ("a: \x00", "is not YAML"),
        ("[" * 2000, "is not YAML"),
        ("a: " + str(list(range(30_000))), "more than 20000 values"),
    ],
)
def test_a_text_that_is_not_usable_is_a_problem_of_its_line(text: str, message: str) -> None:
    with pytest.raises(YamlProblem, match=message):
        load(text, "x.yaml")


def test_nested_aliases_are_not_expanded() -> None:
    """Ten levels of ten aliases each would be ten thousand million values."""
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    file = load("a0: &a0 [x]\n" + "\n".join(levels), "x.yaml")

    assert file.line(("a9",)) == 10


def test_an_empty_file_has_no_data() -> None:
    assert load("# nothing\n", "x.yaml").data is None


def test_a_suggestion_is_a_similar_word_or_all() -> None:
    assert suggestion("interuptions", ("interruptions", "replies")) == "did you mean `interruptions`?"
    assert suggestion("zzz", ("a", "b")) == "known: a, b"
