"""Scripts for simulated callers, parsed from YAML or JSON and validated. No I/O, no clock."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import yaml

_DEFAULT_TIMEOUT_S = 20.0
_DTMF_DIGITS = frozenset("0123456789*#ABCD")
_MAX_STEPS = 1000
_MAX_TEXT_CHARACTERS = 2000
_MAX_NOISE_MS = 60_000.0
_MAX_PLAY_BYTES = 10 * 60 * 8000
_MAX_NUMBER = 1e9


class ScriptError(ValueError):
    """An invalid script; the text names the file and the step."""


class NoiseKind(StrEnum):
    """Audio of a caller other than words."""

    COUGH = "cough"
    DOOR = "door"
    UH_HUH = "uh_huh"
    STATIC = "static"


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait until the agent has spoken and then been silent for `silence_ms`."""

    silence_ms: float = 700.0
    timeout_s: float = _DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text, at once or this long after the agent started to speak."""

    text: str
    after_agent_starts_ms: float | None = None
    timeout_s: float = _DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Play:
    """Play recorded speech, at once or this long after the agent started to speak."""

    mulaw_base64: str
    """Mu-law at 8 kHz."""
    text: str = ""
    """Its words; empty for speech without words, such as a cough."""
    word_ends_ms: tuple[float, ...] = ()
    """End of each word; empty to spread the words evenly."""
    after_agent_starts_ms: float | None = None
    timeout_s: float = _DEFAULT_TIMEOUT_S

    @property
    def mulaw(self) -> bytes:
        """The decoded audio."""
        return base64.b64decode(self.mulaw_base64)


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, one every 250 ms, at once or this long after the agent started to speak."""

    digits: str
    after_agent_starts_ms: float | None = None
    timeout_s: float = _DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class ExpectKeys:
    """Wait until the other side has pressed these keys, as a voice menu does."""

    digits: str
    timeout_s: float = _DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Pause:
    """Stay silent."""

    ms: float


@dataclass(frozen=True, slots=True)
class Noise:
    """Make a noise, at once or this long after the agent started to speak; uh_huh has a fixed length."""

    kind: NoiseKind
    ms: float = 300.0
    after_agent_starts_ms: float | None = None
    timeout_s: float = _DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call, at once or this long after the agent started to speak."""

    after_agent_starts_ms: float | None = None
    timeout_s: float = _DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class ExpectHangUp:
    """Wait for the agent to end the call; at the timeout, report it and hang up."""

    timeout_s: float = 10.0


Step = Listen | Say | Play | Press | ExpectKeys | Pause | Noise | HangUp | ExpectHangUp


@dataclass(frozen=True, slots=True)
class Script:
    """The voice id and the steps of a caller."""

    voice: str
    steps: tuple[Step, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts the caller speaks, in order."""
        return tuple(step.text for step in self.steps if isinstance(step, Say | Play) and step.text)


def default_script() -> Script:
    """The script of a callee that has none of its own."""
    return Script("rms", (Say("hello"), Listen(), Say("thank you goodbye"), ExpectHangUp()))


def parse_yaml(text: str, source: str) -> Script:
    """Parse a script from YAML; `source` names it in errors."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ScriptError(f"{source}: not YAML: {error}") from error
    return parse_script(data, source)


def parse_script(data: object, source: str = "script") -> Script:
    """Parse a script from loaded YAML or JSON; `source` names it in errors."""
    body = data.get("caller", data) if isinstance(data, Mapping) else data
    if not isinstance(body, Mapping):
        raise ScriptError(f"{source}: expected a mapping with `steps`, got {type(body).__name__}")
    if unknown := sorted(set(map(str, body)) - {"voice", "steps"}):
        raise ScriptError(f"{source}: unknown key {unknown[0]!r} (known: voice, steps)")
    voice, steps = body.get("voice", "rms"), body.get("steps")
    if voice not in ("rms", "espeak"):
        raise ScriptError(f"{source}: voice must be rms or espeak, not {voice!r}")
    parsed: list[Step] = []
    for where, step in _numbered(steps, source):
        if isinstance(step, Mapping) and set(step) == {"repeat"}:
            parsed += _repeat(step["repeat"], f"{where} (repeat)")
        else:
            parsed.append(_step(step, where))
    if len(parsed) > _MAX_STEPS:
        raise ScriptError(f"{source}: {len(parsed)} steps including repeats are more than {_MAX_STEPS}")
    return Script(voice, tuple(parsed))


def _numbered(steps: object, where: str) -> list[tuple[str, object]]:
    if not isinstance(steps, list) or not steps:
        raise ScriptError(f"{where}: `steps` must be a list with at least one step")
    return [(f"{where}: step {number}", step) for number, step in enumerate(steps, 1)]


def _repeat(value: object, where: str) -> list[Step]:
    """The steps repeated `times` times; a nested repeat is rejected as an unknown action."""
    fields = _Fields(value, where)
    times, steps = fields.count("times", _MAX_STEPS), fields.take("steps")
    fields.reject_unknown()
    return [_step(step, at) for at, step in _numbered(steps, where)] * times


def _step(step: object, where: str) -> Step:
    if isinstance(step, str):
        kind, value = step, None
    elif isinstance(step, Mapping) and len(step) == 1:
        kind, value = next(iter(step.items()))
    else:
        raise ScriptError(f"{where}: expected one action such as `listen` or `say: …`, got {step!r}")
    read = _READERS.get(str(kind))
    if read is None:
        raise ScriptError(f"{where}: unknown action {kind!r} (known: {', '.join(sorted(_READERS))})")
    return read(value, f"{where} ({kind})")


class _Fields:
    """The fields of one step; each is taken once, and the remaining ones are unknown."""

    __slots__ = ("_remaining", "_where")

    def __init__(self, value: object, where: str, shorthand: str | None = None) -> None:
        if value is None:
            value = {}
        elif shorthand and not isinstance(value, Mapping):
            value = {shorthand: value}
        if not isinstance(value, Mapping):
            raise ScriptError(f"{where}: expected fields such as `timeout_s: 5`, got {value!r}")
        self._remaining = {str(key): item for key, item in value.items()}
        self._where = where

    def take(self, name: str) -> object:
        """The value of a field, or None."""
        return self._remaining.pop(name, None)

    def text(self, name: str) -> str:
        """The value of a required text field."""
        value = self.take(name)
        if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
            raise ScriptError(f"{self._where}: {name} must be text, not {value!r}")
        if len(str(value)) > _MAX_TEXT_CHARACTERS:
            raise ScriptError(f"{self._where}: {name} is longer than {_MAX_TEXT_CHARACTERS} characters")
        return str(value).strip()

    def count(self, name: str, maximum: int) -> int:
        """A required whole number of at least 1."""
        value = self.take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= maximum:
            raise ScriptError(
                f"{self._where}: {name} must be a whole number from 1 to {maximum}, not {value!r}"
            )
        return value

    def number(self, name: str, default: float) -> float:
        """A non-negative number."""
        value = self._remaining.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_NUMBER:
            raise ScriptError(f"{self._where}: {name} must be a number, 0 or more, not {value!r}")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """A non-negative number, or None."""
        return self.number(name, 0) if name in self._remaining else None

    def reject_unknown(self) -> None:
        """Raise ScriptError if fields remain."""
        if self._remaining:
            raise ScriptError(f"{self._where}: unknown field {min(self._remaining)!r}")


def _listen(value: object, where: str) -> Step:
    fields = _Fields(value, where)
    step = Listen(fields.number("silence_ms", 700), fields.number("timeout_s", _DEFAULT_TIMEOUT_S))
    fields.reject_unknown()
    return step


def _say(value: object, where: str) -> Step:
    fields = _Fields(value, where, shorthand="text")
    after_ms = fields.optional_number("after_agent_starts_ms")
    step = Say(fields.text("text"), after_ms, fields.number("timeout_s", _DEFAULT_TIMEOUT_S))
    fields.reject_unknown()
    return step


def _play(value: object, where: str) -> Step:
    fields = _Fields(value, where)
    audio, text, ends = fields.take("mulaw_base64"), fields.take("text"), fields.take("word_ends_ms")
    after_ms = fields.optional_number("after_agent_starts_ms")
    timeout_s = fields.number("timeout_s", _DEFAULT_TIMEOUT_S)
    fields.reject_unknown()
    try:
        decoded = base64.b64decode(audio, validate=True) if isinstance(audio, str) else b""
    except binascii.Error:
        decoded = b""
    if not 0 < len(decoded) <= _MAX_PLAY_BYTES:
        raise ScriptError(f"{where}: mulaw_base64 must be 1 ms to 10 minutes of mu-law in base64")
    if text is not None and not isinstance(text, str):
        raise ScriptError(f"{where}: text must be text, not {text!r}")
    words = (text or "").strip()[:_MAX_TEXT_CHARACTERS]
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
    fields = _Fields(value, where, shorthand="digits")
    digits = fields.text("digits").upper()
    after_ms = fields.optional_number("after_agent_starts_ms")
    timeout_s = fields.number("timeout_s", _DEFAULT_TIMEOUT_S)
    fields.reject_unknown()
    if wrong := sorted(set(digits) - _DTMF_DIGITS):
        raise ScriptError(f"{where}: {wrong[0]!r} is not a telephone key")
    return Press(digits, after_ms, timeout_s)


def _expect_keys(value: object, where: str) -> Step:
    fields = _Fields(value, where, shorthand="digits")
    digits, timeout_s = fields.text("digits").upper(), fields.number("timeout_s", _DEFAULT_TIMEOUT_S)
    fields.reject_unknown()
    if wrong := sorted(set(digits) - _DTMF_DIGITS):
        raise ScriptError(f"{where}: {wrong[0]!r} is not a telephone key")
    return ExpectKeys(digits, timeout_s)


def _pause(value: object, where: str) -> Step:
    fields = _Fields(value, where, shorthand="ms")
    step = Pause(fields.number("ms", 1000))
    fields.reject_unknown()
    return step


def _noise(value: object, where: str) -> Step:
    fields = _Fields(value, where, shorthand="kind")
    kind = fields.text("kind")
    if kind not in list(NoiseKind):
        raise ScriptError(f"{where}: unknown kind {kind!r} (known: {', '.join(NoiseKind)})")
    ms, after_ms = fields.number("ms", 300), fields.optional_number("after_agent_starts_ms")
    if ms > _MAX_NOISE_MS:
        raise ScriptError(f"{where}: a noise lasts {_MAX_NOISE_MS:g} ms at most")
    step = Noise(NoiseKind(kind), ms, after_ms, fields.number("timeout_s", _DEFAULT_TIMEOUT_S))
    fields.reject_unknown()
    return step


def _hang_up(value: object, where: str) -> Step:
    fields = _Fields(value, where)
    after_ms = fields.optional_number("after_agent_starts_ms")
    step = HangUp(after_ms, fields.number("timeout_s", _DEFAULT_TIMEOUT_S))
    fields.reject_unknown()
    return step


def _expect_hang_up(value: object, where: str) -> Step:
    fields = _Fields(value, where)
    step = ExpectHangUp(fields.number("timeout_s", 10))
    fields.reject_unknown()
    return step


_READERS: Mapping[str, Callable[[object, str], Step]] = {
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
