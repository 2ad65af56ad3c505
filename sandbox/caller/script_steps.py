"""Reads the steps of a caller's script and validates them. No I/O, no clock."""

import base64
import binascii
from collections.abc import Callable, Mapping

from sandbox.caller.script import (
    DEFAULT_TIMEOUT_S,
    ExpectHangUp,
    ExpectKeys,
    HangUp,
    Listen,
    Noise,
    NoiseKind,
    Pause,
    Play,
    Press,
    Say,
    Step,
)
from sandbox.caller.script_fields import MAX_TEXT_CHARACTERS, Fields, ScriptError
from sandbox.espeak import has_voice

_DTMF_DIGITS = frozenset("0123456789*#ABCD")
_MAX_NOISE_MS = 60_000.0
_MAX_PLAY_BYTES = 10 * 60 * 8000


def _listen(value: object, where: str) -> Step:
    fields = Fields(value, where)
    step = Listen(fields.number("silence_ms", 700), fields.number("timeout_s", DEFAULT_TIMEOUT_S))
    fields.reject_unknown()
    return step


def _say(value: object, where: str) -> Step:
    fields = Fields(value, where, shorthand="text")
    after_ms = fields.optional_number("after_agent_starts_ms")
    text, timeout_s = fields.text("text"), fields.number("timeout_s", DEFAULT_TIMEOUT_S)
    step = Say(text, after_ms, timeout_s, _language(fields.take("language"), where))
    fields.reject_unknown()
    return step


def _language(value: object, where: str) -> str:
    # YAML reads `no`, Norwegian, as a boolean.
    tag = "no" if value is False else value or ""
    if not isinstance(tag, str) or not has_voice(tag):
        raise ScriptError(f"{where}: there is no voice for the language {value!r}")
    return tag


def _play(value: object, where: str) -> Step:
    fields = Fields(value, where)
    audio, text, ends = fields.take("mulaw_base64"), fields.take("text"), fields.take("word_ends_ms")
    after_ms = fields.optional_number("after_agent_starts_ms")
    timeout_s = fields.number("timeout_s", DEFAULT_TIMEOUT_S)
    fields.reject_unknown()
    try:
        decoded = base64.b64decode(audio, validate=True) if isinstance(audio, str) else b""
    except binascii.Error:
        decoded = b""
    if not 0 < len(decoded) <= _MAX_PLAY_BYTES:
        raise ScriptError(f"{where}: mulaw_base64 must be 1 ms to 10 minutes of mu-law in base64")
    if text is not None and not isinstance(text, str):
        raise ScriptError(f"{where}: text must be text, not {text!r}")
    words = (text or "").strip()[:MAX_TEXT_CHARACTERS]
    return Play(str(audio), words, _word_ends(ends, words, where), after_ms, timeout_s)


def _word_ends(value: object, words: str, where: str) -> tuple[float, ...]:
    if value is None or value in ([], ()):
        return ()
    ends = list(value) if isinstance(value, list | tuple) else []
    is_number = all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
    if not is_number or len(ends) != len(words.split()) or ends != sorted(ends):
        raise ScriptError(f"{where}: word_ends_ms must be one ascending number for each word of text")
    return tuple(map(float, ends))


def _press(value: object, where: str) -> Step:
    fields = Fields(value, where, shorthand="digits")
    digits = fields.text("digits").upper()
    after_ms = fields.optional_number("after_agent_starts_ms")
    timeout_s = fields.number("timeout_s", DEFAULT_TIMEOUT_S)
    fields.reject_unknown()
    if wrong := sorted(set(digits) - _DTMF_DIGITS):
        raise ScriptError(f"{where}: {wrong[0]!r} is not a telephone key")
    return Press(digits, after_ms, timeout_s)


def _expect_keys(value: object, where: str) -> Step:
    fields = Fields(value, where, shorthand="digits")
    digits, timeout_s = fields.text("digits").upper(), fields.number("timeout_s", DEFAULT_TIMEOUT_S)
    fields.reject_unknown()
    if wrong := sorted(set(digits) - _DTMF_DIGITS):
        raise ScriptError(f"{where}: {wrong[0]!r} is not a telephone key")
    return ExpectKeys(digits, timeout_s)


def _pause(value: object, where: str) -> Step:
    fields = Fields(value, where, shorthand="ms")
    step = Pause(fields.number("ms", 1000))
    fields.reject_unknown()
    return step


def _noise(value: object, where: str) -> Step:
    fields = Fields(value, where, shorthand="kind")
    kind = fields.text("kind")
    if kind not in list(NoiseKind):
        raise ScriptError(f"{where}: unknown kind {kind!r} (known: {', '.join(NoiseKind)})")
    ms, after_ms = fields.number("ms", 300), fields.optional_number("after_agent_starts_ms")
    if ms > _MAX_NOISE_MS:
        raise ScriptError(f"{where}: a noise lasts {_MAX_NOISE_MS:g} ms at most")
    step = Noise(NoiseKind(kind), ms, after_ms, fields.number("timeout_s", DEFAULT_TIMEOUT_S))
    fields.reject_unknown()
    return step


def _hang_up(value: object, where: str) -> Step:
    fields = Fields(value, where)
    after_ms = fields.optional_number("after_agent_starts_ms")
    step = HangUp(after_ms, fields.number("timeout_s", DEFAULT_TIMEOUT_S))
    fields.reject_unknown()
    return step


def _expect_hang_up(value: object, where: str) -> Step:
    fields = Fields(value, where)
    step = ExpectHangUp(fields.number("timeout_s", 10))
    fields.reject_unknown()
    return step


READERS: Mapping[str, Callable[[object, str], Step]] = {
    "listen": _listen,
    "say": _say,
    "play": _play,
    "press": _press,
    "expect_keys": _expect_keys,
    "pause": _pause,
    "noise": _noise,
    "hang_up": _hang_up,
    "expect_hang_up": _expect_hang_up,
}
