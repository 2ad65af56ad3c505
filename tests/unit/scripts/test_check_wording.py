"""The wording check examines names and texts for people, and skips data, code and allowed places."""

import textwrap

import pytest

from scripts.check_wording import (
    TABLE,
    Hit,
    counted,
    find,
    read_table,
)

RULES = """
[[marker]]
name = "name: told"
match = "told|was told"
in = "name"
use = "notified"

[[marker]]
name = "text: told"
match = '\\btold\\b'
in = "prose"
use = "notified"

[[marker]]
name = "docstring: starts with what"
match = '^What\\b'
in = "docstring"
use = "a noun"
at_start = true

[[allow]]
markers = ["name: told"]
path = "agents/*"
match = "^told$"
reason = "a key of the file format"
"""


def found(path: str, source: str) -> list[tuple[int, str, str]]:
    """Line, marker and match of each hit."""
    return [
        (hit.line, hit.marker, hit.found) for hit in find(path, textwrap.dedent(source), read_table(RULES))
    ]


def test_definitions_are_examined_and_uses_are_not() -> None:
    """A rename is reported once, where the name is defined."""
    source = """
        class Told:
            was_told: int

            def tell(self, told):
                self.told_ms = other.told + retold
        """
    assert found("x.py", source) == [
        (2, "name: told", "Told"),
        (3, "name: told", "was_told"),
        (5, "name: told", "told"),
        (6, "name: told", "told_ms"),
    ]


def test_texts_for_people_are_examined_and_data_is_not() -> None:
    """Docstrings, comments, log keys, error texts and help texts count; other strings do not."""
    source = """
        def f():
            '''It was told.'''
            # told here
            x = "told in dialogue"
            log.info("is told", note="told")
            raise ValueError(f"told {x}")
        option(help="told")
        """
    assert [line for line, _, _ in found("x.py", source)] == [3, 4, 6, 7, 8]


def test_the_start_of_a_docstring_is_its_first_line() -> None:
    """A marker for the start ignores the lines below."""
    source = '''
        class A:
            """What a thing is."""

            x: int
            """A field.

            What more there is.
            """
        '''
    assert found("x.py", source) == [(3, "docstring: starts with what", "What")]


def test_a_comment_or_an_entry_of_the_table_allows_a_place() -> None:
    """By line, or by path and text."""
    assert found("x.py", "told = 1  # wording: ok - Twilio's own name\n") == []
    assert found("agents/x.yaml", "told: yes\n") == []
    assert found("other/x.yaml", "told: yes\n") == [(1, "name: told", "told")]


def test_the_name_of_a_file_counts() -> None:
    """Modules are renamed too."""
    assert found("pkg/was_told.py", "") == [(0, "name: told", "was_told")]


def test_totals_are_sorted_by_number() -> None:
    """The most frequent marker first."""
    hits = [Hit("p", 1, "a", "x", "y"), Hit("p", 2, "b", "x", "y"), Hit("p", 3, "b", "x", "y")]
    assert counted(hits).split() == ["2", "b", "1", "a", "3", "total"]


@pytest.mark.parametrize(
    "wrong",
    [
        RULES.replace('"a key of the file format"', '" "'),
        RULES.replace('markers = ["name: told"]', 'markers = ["no such marker"]'),
        RULES.replace('in = "name"', 'in = "nowhere"'),
    ],
)
def test_a_wrong_table_is_refused(wrong: str) -> None:
    """An exception without a reason, of an unknown marker, and a kind that does not exist."""
    with pytest.raises(ValueError, match=r"reason|unknown"):
        read_table(wrong)


def test_the_table_of_the_repository_is_valid() -> None:
    """Every pattern compiles and every marker has its own name."""
    table = read_table(TABLE.read_text("utf-8"))
    names = [marker.name for marker in table.markers]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("source", "marker"),
    [
        ('"""Who meets a hole in a call\'s sound has it said again."""', "text: hole"),
        ('"""One connection\'s."""', "docstring: possessive fragment"),
        ("_MOST_CALLS = 3", "name: most, least, longest"),
        ('log.warning("a hole in the sound stays")', "log: not an event key"),
        ("class SoundOrder: ...", "name: sound"),
        ('"""The process keeps his calls."""', "text: process as person"),
    ],
)
def test_known_examples_are_found(source: str, marker: str) -> None:
    """Examples of the language guide."""
    table = read_table(TABLE.read_text("utf-8"))
    assert marker in [hit.marker for hit in find("services/x.py", source + "\n", table)]


@pytest.mark.parametrize(
    "source",
    [
        '"""A reader that detects a gap requests retransmission."""',
        'log.warning("audio_gap_not_recovered", subject=subject)',
        "def test_at_most_one_call_is_answered() -> None: ...",
        "_MAX_CALLS = 3",
    ],
)
def test_plain_english_is_not_found(source: str) -> None:
    """Examples of the language guide."""
    assert find("services/x.py", source + "\n", read_table(TABLE.read_text("utf-8"))) == []
