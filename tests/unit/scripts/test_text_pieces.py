"""Names and texts are found in Python, Markdown, protobuf and configuration files."""

import pytest

from scripts.text_pieces import (
    config_pieces,
    markdown_pieces,
    proto_pieces,
    python_pieces,
    split_words,
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("snake_case", "snake case"),
        ("_CamelCase2", "camel case 2"),
        ("HTTPServer", "http server"),
        ("_MAX_X_MS", "max x ms"),
    ],
)
def test_names_are_split_into_words(name: str, words: str) -> None:
    """For snake case, camel case, abbreviations and constants."""
    assert split_words(name) == words


def test_lint_comments_are_examined_from_their_reason_on() -> None:
    """Linter codes do not count as text."""
    pieces = list(python_pieces("x = 1  # noqa: S101 - the reason\n"))
    assert pieces[0].text == "the reason"


def test_code_in_documents_is_skipped() -> None:
    """Blocks and inline code."""
    source = "told\n```\ntold\n```\n`told` again\n"
    assert [piece.text for piece in markdown_pieces(source)] == ["told", "`` again"]


def test_protobuf_names_and_comments_are_examined() -> None:
    """Messages, fields and enum values."""
    source = "// A thing.\nmessage WordsHeard {\n  repeated string words = 1; // text\n  TOLD = 2;\n}\n"
    pieces = [(piece.kind, piece.text) for piece in proto_pieces(source)]
    assert pieces == [
        ("comment", "A thing."),
        ("name", "WordsHeard"),
        ("name", "words"),
        ("comment", "text"),
        ("name", "TOLD"),
    ]


def test_configuration_keys_and_comments_are_examined() -> None:
    """Values are data."""
    pieces = list(config_pieces("# Above.\nkey: value  # beside\n- other: text\n"))
    assert [(piece.line, piece.kind, piece.text) for piece in pieces] == [
        (1, "comment", "Above."),
        (2, "name", "key"),
        (2, "comment", "beside"),
        (3, "name", "other"),
    ]


def test_a_block_of_comments_starts_once() -> None:
    """Its following lines are continuations."""
    pieces = list(python_pieces("# First\n# second\n\n# Other\n"))
    assert [piece.starts for piece in pieces] == [True, False, True]
