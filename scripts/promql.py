"""Finds the metrics and labels that a PromQL expression uses. No I/O.

It reads tokens, not a grammar: `promtool check rules` checks the syntax.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
      | (?P<range>\[[^\]]*\])
      | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
      | (?P<number>\d[\w.]*)
      | (?P<operator>=~|!~|!=|==|<=|>=|.)""",
    re.VERBOSE,
)
_LISTS = frozenset(("by", "without", "on", "ignoring", "group_left", "group_right"))
_WORDS = _LISTS | {"and", "or", "unless", "bool", "offset", "inf", "nan"}
_MATCHERS = frozenset(("=", "!=", "=~", "!~"))


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric in an expression, with its label matchers."""

    metric: str
    """Empty if the selector names none."""
    matchers: tuple[tuple[str, str, str], ...] = ()
    """Label, operator, and the text in quotes."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The metrics and labels that an expression reads."""

    selectors: tuple[Selector, ...]
    grouping: tuple[str, ...]
    """Labels in `by`, `without`, `on`, `ignoring`, `group_left` and `group_right`."""


def usage(expression: str) -> Usage:
    """The metrics and labels of an expression."""
    tokens = [token for token in _tokens(expression) if token[0] != "space"]
    selectors: list[Selector] = []
    grouping: list[str] = []
    at = 0
    while at < len(tokens):
        kind, text = tokens[at]
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        if kind == "name" and text.lower() in _LISTS and following == "(":
            end = _closing(tokens, at + 1, ")")
            grouping += [name for kind, name in tokens[at + 2 : end] if kind == "name"]
            at = end
        elif kind == "name" and following == "{":
            end = _closing(tokens, at + 1, "}")
            selectors.append(Selector(text, _matchers(tokens[at + 2 : end])))
            at = end
        elif text == "{":
            end = _closing(tokens, at, "}")
            selectors.append(Selector("", _matchers(tokens[at + 1 : end])))
            at = end
        # A function is followed by a parenthesis, an aggregation by that or its labels.
        elif (
            kind == "name" and text.lower() not in _WORDS and following.lower() not in {"(", "by", "without"}
        ):
            selectors.append(Selector(text))
        at += 1
    return Usage(tuple(selectors), tuple(grouping))


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(expression):
        yield str(match.lastgroup), match[0]


def _closing(tokens: list[tuple[str, str]], opening: int, bracket: str) -> int:
    for at in range(opening, len(tokens)):
        if tokens[at][1] == bracket:
            return at
    raise ValueError(f"no {bracket} in the expression")


def _matchers(tokens: list[tuple[str, str]]) -> tuple[tuple[str, str, str], ...]:
    found = []
    for at, (kind, text) in enumerate(tokens):
        if kind == "name" and at + 2 < len(tokens) and tokens[at + 1][1] in _MATCHERS:
            found.append((text, tokens[at + 1][1], tokens[at + 2][1][1:-1]))
    return tuple(found)
