"""Removes reasoning and special tokens from streamed text. No I/O.

Servers without a reasoning parser send the model's reasoning as text between tags, or leak the tokens of its
template.
"""

import re

from services.brain.providers.streams.tool_text import TOOL_TOKEN

_NAMES = (
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reason",
    "reflection",
    "scratchpad",
    "analysis",
    "rationale",
    "planning",
    "monologue",
    "inner_monologue",
    "internal_monologue",
    "inner_thoughts",
    "chain_of_thought",
    "seed:think",
)
_WRAPPERS = (
    "answer",
    "final_answer",
    "final",
    "response",
    "output",
    "solution",
    "s",
    "bos",
    "eos",
    "pad",
    "unk",
)
"""Tags around the answer or at its end, which are left out."""
_TURNS = ("end_of_turn", "start_of_turn", "eot", "end_of_utterance")
_MAX_TAG_CHARS = 100

_TAG = re.compile(
    rf"""
      <\s?(?P<close>/?)\s?(?:{"|".join(_NAMES)})(?:\s[^<>]*)?(?P<empty>/?)>
    | (?P<token_open><\|(?:start_thinking|begin_of_thought|think)\|>|<\|channel>)
    | (?P<token_close><\|(?:end_thinking|end_of_thought|/think)\|>|<channel\|>)
    | (?P<wrapper></?(?:{"|".join((*_WRAPPERS, *_TURNS))})>|\[/?INST\])
    | \[(?P<mistral_close>/?)THINK\]
    | ◁(?P<kimi_close>/?)think▷
    | (?P<harmony_open><\|channel\|>\s?(?:analysis|commentary)[^<>]*(?:<\|constrain\|>[^<>]*)?<\|message\|>)
    | (?P<harmony_final><\|channel\|>\s?final[^<>]*<\|message\|>)
    | (?P<harmony_end><\|(?:end|call|return)\|>)
    | (?P<role><\|(?:start|im_start|start_header_id)\|>(?:assistant)?)
    | (?P<special>(?!{TOOL_TOKEN})<[|\uff5c][^<>|\uff5c\s]{{1,40}}[|\uff5c]>)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NAME_PREFIX = re.compile(r"<\s?/?\s?([a-z_:]*)(.*)$", re.IGNORECASE | re.DOTALL)
_ROLE_TOKENS = ("<|start|", "<|im_start|", "<|start_header_id|")
_ROLE = "assistant"
_TAG_STARTS = ("[think]", "[/think]", "[inst]", "[/inst]", "◁think▷", "◁/think▷", "<channel|>")


class ThinkFilter:
    """Text in pieces in, the text without reasoning out.

    `thinks_first` is for models whose template has written the opening tag into the prompt: their text is
    reasoning until the closing tag. If none comes, `finish` returns all of it.
    """

    def __init__(self, *, thinks_first: bool = False) -> None:
        self._pending = ""
        self._depth = 0
        self._after_close: list[str] | None = None
        """Text after the last closing tag, while an opening tag within reasoning is still open."""
        self._unconfirmed: list[str] | None = [] if thinks_first else None
        """Text that is reasoning if a closing tag follows."""
        self._closed = self._emitted = False
        self.closed_without_opening = False
        """Whether a closing tag came first: what was returned before it was reasoning."""

    def push(self, text: str) -> str:
        """Add text; return what is certain not to be reasoning."""
        self._pending += text
        out: list[str] = []
        while self._pending:
            match = _TAG.search(self._pending)
            unfinished = _unfinished_tag(self._pending)
            if match is None or (unfinished is not None and unfinished <= match.start()):
                end = len(self._pending) if unfinished is None else unfinished
                self._text(self._pending[:end], out)
                self._pending = self._pending[end:]
                break
            self._text(self._pending[: match.start()], out)
            self._pending = self._pending[match.end() :]
            self._on_tag(match, out)
        return self._emit(out)

    def release(self) -> str:
        """The text is not reasoning after all, as the server sends that separately; return what was kept."""
        out, self._unconfirmed = self._unconfirmed or [], None
        return self._emit(out)

    def finish(self) -> str:
        """Return the rest at the end of the text."""
        out: list[str] = []
        self._text(_TAG.sub("", self._pending), out)
        self._pending = ""
        if self._unconfirmed is not None:
            out = [*self._unconfirmed, *out]
        elif self._depth and self._after_close:
            # The reasoning only mentioned a tag: what follows the last closing tag is the answer.
            out = self._after_close
        return self._emit(out)

    def _text(self, text: str, out: list[str]) -> None:
        if not text:
            return
        if self._unconfirmed is not None:
            self._unconfirmed.append(text)
        elif not self._depth:
            out.append(text)
        elif self._after_close is not None:
            self._after_close.append(text)

    def _on_tag(self, match: re.Match[str], out: list[str]) -> None:
        if match["special"] or match["role"] or match["empty"] or match["wrapper"]:
            return
        closing = match["close"] or match["mistral_close"] or match["kimi_close"] or match["token_close"]
        if closing or match["harmony_end"]:
            if not closing and not self._depth:
                return
            self._close(out)
        elif match["harmony_final"]:
            self._depth = 0
            self._unconfirmed = None
        elif self._unconfirmed is not None and not "".join(self._unconfirmed).strip():
            # The model opens its reasoning itself.
            self._unconfirmed = None
            self._depth = 1
        elif self._unconfirmed is None:
            self._after_close = self._after_close if self._depth else None
            self._depth += 1

    def _close(self, out: list[str]) -> None:
        if self._unconfirmed is not None:
            self._unconfirmed = None
            self.closed_without_opening = True
        elif self._depth:
            self._depth -= 1
        else:
            self.closed_without_opening = True
            # Not returned yet, so that it can still be dropped.
            out.clear()
        self._after_close, self._closed = [], True

    def _emit(self, parts: list[str]) -> str:
        text = "".join(parts)
        if not self._emitted:
            text = text.lstrip() if self._closed else text
            self._emitted = bool(text.strip())
        return text


def _unfinished_tag(text: str) -> int | None:
    """The position of a tag that further text may complete; None for text without one."""
    start = len(text)
    for mark in "<[◁":
        at = text.rfind(mark)
        if at >= 0 and (found := _begin_of_harmony(text, at)) < start and _may_be_tag(text[found:]):
            start = found
    return start if start < len(text) else None


def _begin_of_harmony(text: str, at: int) -> int:
    """The position of the header `<|channel|>…<|message|>` that the token at `at` may belong to."""
    channel = text.lower().rfind("<|channel|>", 0, at)
    if channel >= 0 and "<|message|>" not in text[channel:].lower() and at - channel < _MAX_TAG_CHARS:
        return channel
    return at


def _may_be_tag(tail: str) -> bool:
    lowered = tail.lower()
    if len(tail) > _MAX_TAG_CHARS:
        return False
    if any(tag.startswith(lowered) for tag in _TAG_STARTS):
        return True
    if lowered.startswith(("<|", "<\uff5c")):
        if lowered.startswith("<|channel|>"):
            return "<|message|>" not in lowered
        token, end, role = lowered.partition(">")
        if end:
            return token in _ROLE_TOKENS and _ROLE.startswith(role) and role != _ROLE
        return not re.search(r"\s", tail)
    if lowered.startswith("<"):
        if ">" in tail:
            return False
        match = _NAME_PREFIX.match(lowered)
        name, rest = (match[1], match[2]) if match else ("", "x")
        if rest:
            return name in _NAMES and (rest[0].isspace() or rest == "/")
        return any(full.startswith(name) for full in (*_NAMES, *_WRAPPERS, *_TURNS))
    return False
