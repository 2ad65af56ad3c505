"""Tests of YAML with lines."""

import pytest

from parley.agent_config.yaml_file import read_yaml

_ALIASES = "\n".join(f"k{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 10)}]" for n in range(6))


def test_each_key_has_its_line() -> None:
    """A path that is not in the file has the line of the nearest section."""
    file = read_yaml("prompt: x\nllm:\n  model: y\n  fallbacks:\n    - model: a\n    - model: b\n")

    assert file.data == {"prompt": "x", "llm": {"model": "y", "fallbacks": [{"model": "a"}, {"model": "b"}]}}
    paths = [("prompt",), ("llm", "model"), ("llm", "fallbacks", 1, "model"), ("llm", "x", "y"), ("z",)]
    assert [file.line_of(tuple(path)) for path in paths] == [1, 3, 6, 2, 1]
    assert file.problems == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the file is empty"),
        ("# only a comment", "line 1: the file is empty"),
        ("- a", "line 1: the file must contain keys"),
        ("a: 1\nb:\n\tc: 2", "line 3: a tab; YAML is indented with spaces"),
        ("a: 1\nb: 2\na: 3", "line 3: a: duplicate key: it is also in line 1"),
        ("a:\n  b: 1\n  b: 2", "line 3: a.b: duplicate key"),
        ("a: b: c", "put a text with a colon in quotes"),
        ("a: [", "line 1: not valid YAML"),
        ("a: !x y", "remove the tag"),
        ("a: 1\nb: \0", "line 2: the character"),
        ("a: 1\n---\nb: 2", "line 2: not valid YAML"),
        ("? [a]\n: b", "not valid YAML"),
        ("a: " + "[" * 3000 + "]" * 3000, "not valid YAML"),
        ("a: &a [*a]", "more than 20000"),
        (_ALIASES, "more than 20000"),
    ],
)
def test_a_mistake_has_a_line_and_a_remedy(text: str, problem: str) -> None:
    """A file with nested aliases is refused before it is expanded."""
    [found, *_] = read_yaml(text).problems

    assert problem in str(found)


def test_all_duplicates_are_found() -> None:
    """The content is read nevertheless, so that other mistakes are reported too."""
    file = read_yaml("a: 1\na: 2\nb: 1\nb: 2")

    assert [problem.key for problem in file.problems] == ["a", "b"]
    assert file.data == {"a": 2, "b": 2}


def test_anchors_and_merge_keys_are_allowed() -> None:
    """They shorten files with several similar sections."""
    assert read_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}").data == {"a": {"x": 1}, "b": {"x": 1, "y": 2}}
