"""Removes tags of HTML and SSML, entities, reasoning and stage directions. No I/O."""

import re
from html import unescape

from services.tts.spoken_text.mapped_text import MappedText

_SSML = (
    "speak|break|phoneme|prosody|emphasis|say-as|sub|audio|voice|lang|mark|w|token|par|seq|media|desc|lexicon"
    "|lookup|meta|metadata|emotion|speed|volume|spell"
)
_HTML = (
    "a|abbr|article|b|big|blockquote|body|br|button|center|cite|code|del|details|div|dd|dl|dt|em|figure|font"
    "|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|main|mark|nav|ol|p|pre|q|s"
    "|samp|section|script|small|span|strike|strong|style|summary|sub|sup|svg|table|tbody|td|tfoot|th|thead"
    "|time|title|tr|tt|u|ul|var|video"
)
_REASONING = r"think|thinking|thought|reasoning"
_SUPPORTED = rf"(?:{_SSML}|{_HTML}|{_REASONING}|[a-z]+:[\w-]+)"
_ATTRIBUTE = r"""\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|“[^”<>]*”|[^\s"'<>]+)"""

_DROPPED = re.compile(r"<!--.*?-->|<\?.*?\?>|<!doctype[^>]*>|<!\[CDATA\[|\]\]>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(
    # A known tag, however malformed its attributes are; any other only if it cannot be a comparison.
    rf"<\s?/?\s?(?!\w\b)(?P<name>{_SUPPORTED})\b(?:[^<>]{{0,300}})>"
    rf"|</?[A-Za-z][\w:.-]*(?:{_ATTRIBUTE})*\s*/?>"
    r"|</\s*>|<>",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"(?<!\w)<([^\W\d_][\w ]{0,40})>")
"""“<your name>”: the text is kept."""
_UNCLOSED = re.compile(rf"<\s?/?\s?(?!\w\b)(?:{_SUPPORTED})(?:\s[^<>]{{0,300}}|/?)$", re.IGNORECASE)
_BLOCK = re.compile(
    r"<\s?/?\s?(?:br|p|div|li|tr|h[1-6]|ul|ol|table|hr|section|article|blockquote|dt|dd|summary)\b",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_HIDDEN_START = re.compile(rf"<\s?(?P<name>{_REASONING}|script|style)\b[^<>]{{0,200}}>", re.IGNORECASE)
_SUPPORTED_SSML = re.compile(rf"</?(?:{_SSML})\b(?:{_ATTRIBUTE})*\s*/?>")
_AUDIO_TAG = re.compile(r"\[[^\W\d_][^\W\d_ ,'’-]*(?:[ ,'’-]+[^\W\d_]+){0,3}\](?!\()")
_DIRECTION_STEM = (
    r"laugh|chuckl|giggl|sigh|whisper|cough|clears?|cry|cri|sob|gasp|gulp|yawn|groan|moan|sniff|snort|shout|yell"
    r"|scream|sing|hum|pause|silen|breath|exhal|inhal|excite|sad|angr|happ|happil|curious|sarcas|cheer|calm|nerv"
    r"|warm|friendly|soft|gent|applau|clap|mischiev|surpris|tired|wheez|swallow|mumbl|stutter|hesitat|dramatic"
    r"|empath|smil|grin|nod|wink|shrug|laughter|beep|music|inaudible|lacht|seufzt|flüstert|ríe|rires?|soupir"
    r"|suspira|risas|risos"
)
_DIRECTION = re.compile(
    rf"\[(?:[^\W\d_]+[ ,]+){{0,2}}(?:{_DIRECTION_STEM})[^\W\d_]*(?:[ ,'’-]+[^\W\d_]+){{0,3}}\](?!\()"
    rf"|\((?:{_DIRECTION_STEM})[^\W\d_]*(?: [^\W\d_]+ly)?\)"
    rf"|(?<![*\w])\*{{1,2}}(?:(?:laugh|chuckl|giggl|sigh|whisper|cough|gasp|yawn|smil|grin|nod|wink|shrug)(?:s|es|ing)"
    rf"|clears? throat|pauses)(?: [a-z]+ly)?\*{{1,2}}(?![*\w])",
    re.IGNORECASE,
)

KEEP_NOTHING = re.compile(r"(?!)")
"""Matches nothing."""


def passthrough_pattern(*, keep_ssml: bool, keep_audio_tags: bool) -> re.Pattern[str]:
    """The markup that is sent to the voice unchanged: SSML tags, and audio tags such as [laughs]."""
    patterns = [
        *([_SUPPORTED_SSML.pattern] if keep_ssml else []),
        *([_AUDIO_TAG.pattern] if keep_audio_tags else []),
    ]
    return re.compile("|".join(patterns)) if patterns else KEEP_NOTHING


def decode_entities(text: MappedText) -> MappedText:
    """Replace entities such as `&amp;` by their characters."""
    return text.sub(_ENTITY, lambda m: _decoded(m.group()))


def remove_hidden(text: MappedText, open_tag: str) -> tuple[MappedText, str]:
    """Remove reasoning and scripts, which may extend over clauses.

    `open_tag` is the tag that an earlier clause has left open; returned is the one that this clause leaves
    open, or an empty text.
    """
    while True:
        if open_tag:
            end = re.search(rf"<\s?/\s?{open_tag}\s?>", text.text, re.IGNORECASE)
            if end is None:
                return text[:0], open_tag
            text = text[end.end() :]
        start = _HIDDEN_START.search(text.text)
        if start is None:
            # An end without a beginning: a server that removed the opening tag only.
            return text, ""
        open_tag = start.group("name").lower()
        end = re.search(rf"<\s?/\s?{open_tag}\s?>", text.text[start.end() :], re.IGNORECASE)
        if end is None:
            return text[: start.start()], open_tag
        before, rest = text[: start.start()], text[start.end() + end.end() :]
        text = MappedText(before.text + rest.text, before.offsets + rest.offsets)
        open_tag = ""


def remove_tags(text: MappedText) -> MappedText:
    """Remove tags; the text inside them is kept."""
    return (
        text.remove(_DROPPED)
        .sub(_TAG, lambda m: "\n" if _BLOCK.match(m.group()) else "")
        .sub(_PLACEHOLDER, lambda m: [m.span(1)])
    )


def cut_unclosed_tag(text: MappedText) -> tuple[MappedText, bool]:
    """Remove a tag that begins at the end of the clause; whether there was one."""
    match = _UNCLOSED.search(text.text.rstrip())
    return (text[: match.start()], True) if match else (text, False)


def finish_tag(text: MappedText) -> MappedText:
    """Remove the rest of a tag that an earlier clause has begun."""
    end = text.text.find(">")
    return text[end + 1 :] if 0 <= end < 300 and "<" not in text.text[:end] else text


def remove_directions(text: MappedText) -> MappedText:
    """Remove stage directions such as [laughs], which a voice without audio tags would read aloud."""
    return text.remove(_DIRECTION)


def _decoded(entity: str) -> str | None:
    text = unescape(entity)
    return None if text == entity else text
