"""Removes Markdown and LaTeX marks; the text that they format is kept. No I/O.

Marks are recognized one by one and not in pairs, because a clause may contain only one of a pair.
"""

import re
from dataclasses import dataclass

from services.tts.spoken_text.mapped_text import MappedText, Piece, Replacement, joined

_START = r"(?m:^)[ \t]*(?:>[ \t]?)*[ \t]*"
_FENCE = re.compile(r"(?m:^)[ \t>]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)[^\n`]*(?:\n|$)")
_INLINE_FENCE = re.compile(r"`{3,}")
_TEXT_LANGUAGES = frozenset({"", "text", "txt", "plain", "plaintext", "markdown", "md"})
_RULE = re.compile(
    rf"{_START}(?:(?:\*[ \t]*){{3,}}|(?:-[ \t]*){{3,}}|(?:_[ \t]*){{3,}}|={{3,}})[ \t]*(?:\n|$)"
)
_QUOTE = re.compile(r"(?m:^)[ \t]*(?:>[ \t]?)+(?![=\d])")
_HEADING = re.compile(r"(?m:^)[ \t]*#{1,6}(?:[ \t]+|$)")
_HEADING_END = re.compile(r"(?<=\S)[ \t]+#{2,6}[ \t]*(?m:$)")
_TASK = re.compile(r"(?m:^)([ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+)\[[ xX]\][ \t]+|(?m:^)[ \t]*\[[xX ]\][ \t]+")
_BULLET = re.compile(r"(?m:^)[ \t]*(?:[-*+•‣◦▪▸►●○–—][ \t]+(?=\S)|[-*+•‣◦▪▸►●○][ \t]*(?m:$))")
_NUMBERED = re.compile(r"(?m:^)[ \t]*(?P<number>\d{1,3})(?P<mark>\))(?=[ \t]+\S)")
_TABLE_RULE = re.compile(
    r"(?m:^)[ \t]*(?:\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?|\|[ \t]*:?-+:?[ \t]*\|)[ \t]*(?:\n|$)"
)
_PIPE = re.compile(r"[ \t]*\|+[ \t]*(?m:$)|(?m:^)[ \t]*\|+[ \t]*|[ \t]*(?<!\|)\|{1,2}(?!\|)[ \t]*")
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)|!\[([^\]\n]*)\]\[[^\]\n]*\]")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\((?:[^()\n]|\([^()\n]*\))*\)|\[([^\[\]\n]+)\]\[[^\[\]\n]*\]")
_LINK_END = re.compile(r"\]\((?:https?:|mailto:|tel:|www\.|/)[^)\s]*\)?|\]\([^)\s]*$")
_ADDRESS = r"<?(?:[a-z]+://|mailto:|tel:|www\.|[/#]|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?=[/\s>]|$))\S*"
_DEFINITION = re.compile(
    rf"(?m:^)[ \t]*\[[^\]\n]+\]:[ \t]*(?:\[\^|{_ADDRESS}(?:[ \t]+[\"'(][^\n]*[\"')])?[ \t]*(?:\n|$))"
)
"""The address of a link; "[Agent]: Hello." is a speaker and speech."""
_FOOTNOTE = re.compile(
    r"(?m:^)[ \t]*\[\^[^\]\n]+\]:[ \t]*|\[\^[^\]\n]+\]|(?<=[\w.,;!?)])[ ]?(?:\[\d{1,3}(?:[,–-]\s?\d{1,3})*\](?![(:]))+|【[^】\n]*】"
)
_BRACKETS = re.compile(r"[\[\]]")
_ESCAPE = re.compile(r"\\([!\"#$%&'*+,./:;<=>?@\[\\\]^_`{|}~-])|\\(?=\n|$)|\\(?=\s)")
_CODE = re.compile(r"`+")
_STARS = re.compile(r"\*+")
_UNDERSCORES = re.compile(r"(?<![^\W_])_+(?=\S)|(?<=\S)_+(?![^\W_])|(?<!\S)_+(?!\S)")
_HASHTAG = re.compile(r"(?<![\w&])#(?=[^\W\d_])")
_STRIKE = re.compile(r"~~+|==(?=\w)|(?<=\w)==(?!\s|=)|\+\+(?=[^\W\d_])(?<![\w+]\+\+)")
_MATH_BLOCK = re.compile(r"\\[()\[\]](?!\w\))|\$\$|\\(?:begin|end)\{[^}\n]*\}")
_MATH = re.compile(
    r"(?<![\w$])\$(?=[A-Za-z\\(])([^$\n]{1,120}?)(?<=\S)\$(?![\w$])|(?<![\w$])\$(\d[^$\n]{0,60}?[=+*^\\<>][^$\n]{0,60}?\S)\$(?![\w$])"
)
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}\n]*)\}\{([^{}\n]*)\}")
_COMMAND = re.compile(
    r"\\(text|mathrm|mathbf|mathit|textbf|textit|operatorname|emph|boxed|hat|bar|vec|underline|sqrt|overline|left|right|quad|qquad|,|;|!)(?![A-Za-z])"
)
_SIGNS = {
    "times": "×",
    "cdot": "×",
    "div": "÷",
    "pm": "±",
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "neq": "≠",
    "ne": "≠",
    "approx": "≈",
    "to": "→",
    "rightarrow": "→",
    "degree": "°",
    "circ": "°",
    "ldots": "…",
    "dots": "…",
}
_SIGN = re.compile(rf"\s*\\({'|'.join(sorted(_SIGNS, key=len, reverse=True))})(?![A-Za-z])\s*")
_GROUP = re.compile(r"[{}]")
_SPACED_SIGN = re.compile(r"[\w)%]\s$")


@dataclass(frozen=True, slots=True)
class BlockState:
    """The block that earlier clauses of the reply leave open."""

    line_start: bool = True
    """Whether the clause begins a line."""
    fence: str = ""
    """The mark of the open code fence."""
    code: bool = False
    """Whether that fence contains code, which is not spoken, and not text."""


def remove_fences(text: MappedText, state: BlockState) -> tuple[MappedText, BlockState]:
    """Remove code fences, and the code in them; returns what is left open."""
    parts: list[MappedText] = []
    fence, code, done = state.fence, state.code, 0
    for match in _FENCE.finditer(text.text):
        if (
            match.start() == 0
            and not state.line_start
            and not match.group().strip().startswith(("```", "~~~"))
        ):
            continue
        if fence and not (match["mark"].startswith(fence) and not match["language"]):
            continue
        if not (fence and code):
            parts.append(text[done : match.start()])
        if fence:
            fence, code = "", False
        else:
            fence, code = match["mark"], match["language"].lower() not in _TEXT_LANGUAGES
        done = match.end()
    if not (fence and code):
        parts.append(text[done:])
    line_start = text.text.endswith("\n") or (state.line_start and not text.text.strip())
    return joined(parts).remove(_INLINE_FENCE), BlockState(line_start, fence, code)


def remove_math(text: MappedText) -> MappedText:
    """Remove the delimiters and commands of LaTeX."""
    if "\\" not in text.text and "$" not in text.text:
        return text
    text = text.remove(_MATH_BLOCK).sub(_MATH, lambda m: [m.span(1 if m.group(1) is not None else 2)])
    if "\\" not in text.text:
        return text
    math = "{" in text.text
    text = text.sub(_FRACTION, lambda m: [m.span(1), "/" if (m[1] + m[2]).isdigit() else " / ", m.span(2)])
    text = text.sub(
        _SIGN, lambda m: f" {_SIGNS[m.group(1)]} " if _SIGNS[m.group(1)] not in "°…" else _SIGNS[m.group(1)]
    )
    text = text.remove(_COMMAND)
    return text.remove(_GROUP) if math else text


def remove_blocks(text: MappedText, *, line_start: bool) -> MappedText:
    """Remove the marks at the beginning of lines, and tables."""

    def at_line_start(match: re.Match[str]) -> bool:
        return match.start() > 0 or line_start

    def drop(match: re.Match[str]) -> Replacement:
        return "" if at_line_start(match) else None

    text = text.sub(_RULE, lambda m: "\n" if m.start() and at_line_start(m) else drop(m))
    if "|" in text.text:
        text = text.sub(_TABLE_RULE, drop).sub(_PIPE, _cell_border)
    text = text.sub(_DEFINITION, lambda m: None if "[^" in m.group() else drop(m))
    text = text.sub(_QUOTE, drop).sub(_HEADING, drop).remove(_HEADING_END)
    text = text.sub(_TASK, lambda m: ([m.span(1)] if m.group(1) else "") if at_line_start(m) else None)
    text = text.sub(_BULLET, drop)
    return text.sub(_NUMBERED, lambda m: [m.span("number"), "."] if at_line_start(m) else None)


def remove_spans(text: MappedText, *, keep_brackets: bool = False) -> MappedText:
    """Remove the marks within a line: emphasis, code, links, images, footnotes, escapes."""
    if "[" in text.text or "]" in text.text or "【" in text.text:
        text = text.sub(_IMAGE, _first_group).remove(_FOOTNOTE).sub(_LINK, _first_group).remove(_LINK_END)
        if not keep_brackets:
            text = text.remove(_BRACKETS)
    text = text.sub(_ESCAPE, lambda m: [m.span(1)] if m.group(1) else " ")
    if "`" in text.text:
        text = text.remove(_CODE)
    if "*" in text.text:
        text = text.sub(_STARS, _stars)
    if "_" in text.text:
        text = text.remove(_UNDERSCORES)
    if "#" in text.text:
        text = text.remove(_HASHTAG)
    return text.remove(_STRIKE) if "~" in text.text or "=" in text.text or "++" in text.text else text


def _cell_border(match: re.Match[str]) -> Replacement:
    at_edge = match.start() == 0 or match.string[match.start() - 1] == "\n"
    at_end = match.end() == len(match.string) or match.string[match.end()] == "\n"
    if at_edge:
        return ""
    before = match.string[: match.start()].rstrip()
    if at_end:
        return "." if before[-1:].isalnum() else ""
    return ", " if before[-1:] not in ",.:;" else " "


def _first_group(match: re.Match[str]) -> Replacement:
    spans: list[Piece] = [match.span(n) for n in (1, 2) if match.group(n)]
    return spans or " "


def _stars(match: re.Match[str]) -> Replacement:
    """Emphasis is removed; a multiplication, and the key * of a telephone, are kept."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if len(match.group()) == 1:
        if re.search(r"[\d)]\s?$", before) and re.match(r"\s?[\d(]", after):
            return None
        if re.search(r"(?:^|\W)[^\W\d_]$", before) and re.match(r"[^\W\d_](?:\W|$)", after):
            return None
        if _SPACED_SIGN.search(before) and (after[:1].isspace() or not after or after[0] in ".,!?"):
            return None
    return ""
