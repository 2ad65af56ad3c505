"""Parses scripts of simulated callers from YAML or JSON. No I/O, no clock."""

from collections.abc import Mapping

import yaml

from parley.audio.g711 import FRAME_MS
from sandbox.caller.script import Echo, Script, Step
from sandbox.caller.script_fields import Fields, ScriptError
from sandbox.caller.script_steps import READERS

_MAX_STEPS = 1000
_MAX_ECHO_DELAY_MS = 2000.0
_ECHO = Echo()


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
    if unknown := sorted(set(map(str, body)) - {"voice", "steps", "echo"}):
        raise ScriptError(f"{source}: unknown key {unknown[0]!r} (known: voice, steps, echo)")
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
    return Script(voice, tuple(parsed), _echo(body.get("echo"), f"{source}: echo"))


def _numbered(steps: object, where: str) -> list[tuple[str, object]]:
    if not isinstance(steps, list) or not steps:
        raise ScriptError(f"{where}: `steps` must be a list with at least one step")
    return [(f"{where}: step {number}", step) for number, step in enumerate(steps, 1)]


def _repeat(value: object, where: str) -> list[Step]:
    """The steps repeated `times` times; a nested repeat is rejected as an unknown action."""
    fields = Fields(value, where)
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
    read = READERS.get(str(kind))
    if read is None:
        raise ScriptError(f"{where}: unknown action {kind!r} (known: {', '.join(sorted(READERS))})")
    return read(value, f"{where} ({kind})")


def _echo(value: object, where: str) -> Echo | None:
    if value is None:
        return None
    fields = Fields(value, where)
    delay_ms = fields.number("delay_ms", _ECHO.delay_ms)
    attenuation_db = fields.number("attenuation_db", _ECHO.attenuation_db)
    texts = fields.take("texts")
    fields.reject_unknown()
    if not FRAME_MS <= delay_ms <= _MAX_ECHO_DELAY_MS or delay_ms % FRAME_MS:
        raise ScriptError(f"{where}: delay_ms must be 20 to 2000 ms in steps of 20, not {delay_ms:g}")
    if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
        raise ScriptError(f"{where}: texts must be a list of what the agent says, clause by clause")
    return Echo(delay_ms, attenuation_db, tuple(texts))
