"""Removes emoji, control characters and decorations; speaks mathematical signs. No I/O."""

import re
from functools import partial
from unicodedata import category, digit

from services.tts.spoken_text.language import Vocabulary
from services.tts.spoken_text.mapped_text import MappedText, Replacement

_UNUSUAL = re.compile(r"[^\x20-\x7e\n]")
_KEYCAP = re.compile(r"([0-9#*])\ufe0f?\u20e3")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_EMOTICON = re.compile(
    r"(?<!\S)[:;=8]['’]?-?[)(DPpOo3|/\\*](?=[\s.,!?]|$)|(?<!\S)<3(?=[\s.,!?]|$)|(?<!\S)[xX]D(?=[\s.,!?]|$)"
)
_SHORTCODE = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,30}:(?![\w:])")
_RETAINED_SYMBOLS = "°℃℉№™©®"
_RETAINED_MATH = "⁺⁻+<=>|~¬±×÷−∕⁄≈≠≤≥"
_RETAINED_PUNCTUATION = "¡¿§·‐‑‒–—―‘’‚‛“”„‟…‰′″‹›«»§¢"
_RETAINED = frozenset(_RETAINED_SYMBOLS + _RETAINED_MATH + _RETAINED_PUNCTUATION)
_OTHER_MARKS = {"•", "‣", "⁃", "◦", "†", "‡", "※", "¶", "❧", "☙", "⁂", "⁎", "⁑", "〽", "〰", "‾", "⁕"}
_REPLACED = {
    "´": "'",
    "`": "`",
    "‼": "!",
    "⁉": "?!",
    "⁈": "?!",
    "⁇": "?",
    "⟨": "<",
    "⟩": ">",
    "⁄": "/",
    "∕": "/",
    "™": "",
    "©": "",
    "®": "",
    "℃": "°C",
    "℉": "°F",
    "№": "No. ",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "〜": "~",
    "～": "~",
    "％": "%",
    "＄": "$",
    "＃": "#",
    "＆": "&",
    "＊": "*",
    "＿": "_",
}
_ARROW = re.compile(
    r"\s*(?:[←-⇿⟰-⟿⤀-⥿⬀-⬑⬅-⬇⮀-⮹➔-➾]\ufe0f?|(?<![-<=])(?:-{1,3}|={1,2})>|<(?:-{1,2}|=)(?![\d-]))+[ \t]*"
)
_SUPERSCRIPT = re.compile(r"(?<=[\w)])(?<!\d[kcm]m)(?<! [kcm]m)(?<![ \d]m)(?<![ \d]ft)[⁺⁻]?[⁰¹²³⁴-⁹]+")
"""A power, but not that of a unit such as m²."""
_RAISED_DIGITS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_LOWERED_DIGITS = {chr(0x2080 + digit): str(digit) for digit in range(10)}
_LETTER = r"[^\W\d_]"


def plain_characters(text: MappedText) -> MappedText:
    """Remove inaudible characters: emoji, control and zero-width characters, decorations."""
    if text.text.isascii() and text.text.isprintable():
        return text
    text = text.sub(_LINE_ENDS, lambda _: "\n").sub(
        _KEYCAP, lambda m: m.group(1) if m.group(1).isdigit() else ""
    )
    text = text.sub(_ARROW, _arrow)
    source = text.text
    return text.sub(_UNUSUAL, lambda m: _plain(source, m))


def remove_emoticons(text: MappedText) -> MappedText:
    """Remove :-) and :smile:."""
    if ":" not in text.text and "<3" not in text.text and "D" not in text.text and "=" not in text.text:
        return text
    return text.sub(_SHORTCODE, lambda m: "" if not m.group()[1:-1].isdigit() else None).remove(_EMOTICON)


def replace_arrows(text: MappedText) -> MappedText:
    """An arrow between words is a pause."""
    return text.sub(_ARROW, _arrow)


def speak_signs(text: MappedText, words: Vocabulary) -> MappedText:
    """Replace signs between words and numbers by words: & @ + = < > × and a lone * or #."""
    if words.power:
        text = text.sub(_SUPERSCRIPT, lambda m: f" {words.power} {m.group().translate(_RAISED_DIGITS)}")
    for pattern, word in _signs(words):
        text = text.sub(pattern, partial(_spaced, word))
    return text


def _spaced(word: str, _match: re.Match[str]) -> str:
    return f" {word} "


def _signs(words: Vocabulary) -> list[tuple[re.Pattern[str], str]]:
    return [(pattern, getattr(words, name)) for name, pattern in _SIGNS if getattr(words, name)]


_NUMBER_BEFORE = r"(?<=[\d)%€£¥₹])"
_SIGNS = (
    ("and_", re.compile(r"(?<=\w)\s+&\s+(?=\w)")),
    ("at", re.compile(r"(?<=\w)\s+@\s+(?=[\w$€£₹])|(?<=\s)@(?=[\d$€£₹])")),
    (
        "by",
        re.compile(
            r"(?<=\d)\s*[x×]\s*(?=\d+(?:[.,]\d+)?(?:\s*[x×]\s*\d+(?:[.,]\d+)?)?\s*(?:[cm]?m|in|inch(?:es)?|ft|feet|foot|px)\b)"
        ),
    ),
    (
        "times",
        re.compile(
            rf"{_NUMBER_BEFORE}\s*[*×✕✖⋅]\s*(?=[\d(])|(?<=\b{_LETTER})\s*[*×]\s*(?={_LETTER}\b)"
            rf"|(?<=\d)\s+x\s+(?=\d)|(?<=\d)\s*×\s*(?={_LETTER})|(?<=\d)x(?=\d+(?!\w))"
        ),
    ),
    ("divided", re.compile(r"(?<=\d)\s*÷\s*(?=\d)|(?<=\d)\s*/\s*(?=\d[\d.,]*\s*=)")),
    ("plus", re.compile(rf"{_NUMBER_BEFORE}\s*\+\s*(?=[\d(])|(?<=\w)\s+\+\s+(?=\w)|(?<=\d)\+(?=\s|$|[.,])")),
    ("plus_minus", re.compile(r"\s*±\s*(?=\d)")),
    ("less_equal", re.compile(r"(?<=[\w)])\s*(?:<=|≤)\s*(?=[-\w($€£])|(?<!\S)(?:<=|≤)\s*(?=\d)")),
    ("greater_equal", re.compile(r"(?<=[\w)])\s*(?:>=|≥)\s*(?=[-\w($€£])|(?<!\S)(?:>=|≥)\s*(?=\d)")),
    ("less", re.compile(r"(?<=[\w)])\s*<\s*(?=[-\w($€£])|(?<!\S)<\s*(?=[\d$€£])")),
    ("greater", re.compile(r"(?<=[\w)])\s*>\s*(?=[-\w($€£])|(?<!\S)>\s*(?=[\d$€£])")),
    ("not_equal", re.compile(r"(?<=[\w)])\s*(?:≠|!=)\s*(?=[-\w($€£])")),
    ("equals", re.compile(r"(?<=[\w)])\s*={1,3}\s*(?=[-\w($€£])")),
    ("about", re.compile(r"(?<!\S)[~≈]\s*(?=[\d$€£₹])|(?<=\w)\s+≈\s+(?=\w)")),
    ("power", re.compile(r"(?<=\w)\^\{?(?=-?\w)")),
    ("star", re.compile(r"(?<=\w)\s\*\s(?=[^\W\d_])|(?<=\w)\s\*(?=[.,!?]|\s*$)")),
    ("hash", re.compile(r"(?<=\w)\s#\s(?=[^\W\d_])|(?<=\w)\s#(?=[.,!?]|\s*$)")),
)


def _arrow(match: re.Match[str]) -> Replacement:
    before, after = match.string[: match.start()], match.string[match.end() :]
    if not before.strip() or before.endswith("\n") or not after.strip() or before[-1:] in ",;:.!?":
        return " " if before and not before.endswith("\n") else ""
    return ", "


def _plain(text: str, match: re.Match[str]) -> Replacement:
    character = match.group()
    if character in _REPLACED:
        return _REPLACED[character]
    if character in _LOWERED_DIGITS:
        return _LOWERED_DIGITS[character]
    if character in _RETAINED:
        return None
    kind = category(character)
    if kind in ("Mn", "Cf", "Zs", "No"):
        return _special(text, match, kind)
    if kind[0] == "L" or kind in ("Nd", "Sc", "Mc"):
        return None
    if kind in ("So", "Sk", "Sm") or character in _OTHER_MARKS or character == "\t":
        return " "
    return None if kind[0] == "P" else ""


def _special(text: str, match: re.Match[str], kind: str) -> Replacement:
    """Variation selectors, joiners, spaces, and numbers in circles."""
    character = match.group()
    match kind:
        case "Mn":
            return "" if "\ufe00" <= character <= "\ufe0f" or character >= "\U000e0100" else None
        case "Cf":
            return None if character in "\u200c\u200d" and _joins_letters(text, match) else ""
        case "Zs":
            return None if character in "\u00a0\u202f\u2009" else " "
        case _:
            raised = character in "¹²³" or "⁰" <= character <= "₉"
            value = None if raised else digit(character, None)
            return None if value is None else str(value)


def _joins_letters(text: str, match: re.Match[str]) -> bool:
    """Whether a joiner stands within a word of a script that needs it, and not in an emoji."""
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return (
        bool(before and after)
        and category(before)[0] in "LM"
        and category(after)[0] in "LM"
        and before != "\ufe0f"
    )
