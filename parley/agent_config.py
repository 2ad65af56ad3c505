"""An agent: who answers, in which voice, how it listens; read from a YAML file and validated."""

from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from parley.errors import ConfigError


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SttConfig(_Section):
    """How the agent listens."""

    provider: Literal["deepgram"] = "deepgram"
    model: str = "nova-3"
    """A Deepgram model; one whose name begins with `flux` decides itself when a turn ends."""
    fallback_models: tuple[str, ...] = ()
    """Asked in this order when it fails; of the same kind."""
    language: str = "en"
    keyterms: tuple[str, ...] = ()
    """Names and words to expect."""
    endpointing_ms: int = Field(default=100, ge=10, le=5000)
    """Silence after which the provider calls its transcript final."""
    utterance_end_ms: int = Field(default=1000, ge=1000, le=5000)
    turn_silence_ms: int = Field(default=600, ge=100, le=5000)
    """Silence after which a turn is over even if the provider says nothing."""
    incomplete_turn_silence_ms: int = Field(default=1200, ge=100, le=10_000)
    """Silence granted after an unfinished phrase, in a dictated number, or when a long answer was asked for;
    no turn ends before, whatever the provider says. A Flux model decides alone."""

    @model_validator(mode="after")
    def _check_model_kind(self) -> Self:
        if len({name.startswith("flux") for name in (self.model, *self.fallback_models)}) > 1:
            raise ValueError("other_models: either all are flux models or none is")
        return self


class Speculation(_Section):
    """Thinking and making sound before the turn is surely over, for nothing if the caller goes on."""

    enabled: bool = True
    max_per_turn: int = Field(default=2, ge=1, le=10)
    """So often within one turn of the caller."""
    max_discarded_per_call: int = Field(default=40, ge=0, le=1000)
    """After so much work for nothing, no more in this call."""


class LlmConfig(_Section):
    """How the agent thinks."""

    provider: Literal["openai"] = "openai"
    model: str = "gpt-4.1-mini"
    fallback_models: tuple[str, ...] = ()
    """Asked in this order when the first refuses, is late or breaks off."""
    speculation: Speculation = Speculation()
    temperature: float = Field(default=0.3, ge=0, le=2)
    max_tokens: int = Field(default=300, ge=1, le=4096)
    timeout_s: float = Field(default=4.0, gt=0, le=60)
    """How long the first token may take."""


class FallbackVoice(_Section):
    """A voice that speaks when the first cannot."""

    voice: str
    model: str = "eleven_flash_v2_5"


class TtsConfig(_Section):
    """How the agent speaks."""

    provider: Literal["elevenlabs"] = "elevenlabs"
    voice: str = "21m00Tcm4TlvDq8ikWAM"
    model: str = "eleven_flash_v2_5"
    language: str | None = None
    stability: float = Field(default=0.5, ge=0, le=1)
    similarity: float = Field(default=0.8, ge=0, le=1)
    speed: float = Field(default=1.0, ge=0.7, le=1.2)
    first_chunk: Literal["phrase", "sentence"] = "phrase"
    """What the voice begins with: the first phrase that makes sense, or all up to the first comma or stop."""
    fallback_voices: tuple[FallbackVoice, ...] = ()
    """Asked in this order when the voice fails."""


class Openers(_Section):
    """Short beginnings of an answer, kept as sound and heard while the answer is thought of."""

    enabled: bool = False
    statements: tuple[str, ...] = ("Sure.", "All right.", "Okay.", "Got it.")
    """After the caller told or asked for something."""
    questions: tuple[str, ...] = ("Let me see.", "Good question.", "Well,")
    """After a question."""
    max_fraction: float = Field(default=0.6, ge=0, le=1)
    """At most this share of answers begins with one."""


class Fillers(_Section):
    """Said when the model or a tool keeps the caller waiting."""

    after_ms: int = Field(default=1500, ge=300, le=20_000)
    """So long after the turn's end; again after as long a silence, with another."""
    phrases: tuple[str, ...] = ("One moment, please.", "Just a second.", "Bear with me.")
    """Empty for none."""


class DtmfConfig(_Section):
    """Keys that the caller presses, collected and given to the model as one input."""

    terminator: Literal["#", "*", ""] = "#"
    """The key that ends an input."""
    inter_digit_timeout_ms: int = Field(default=3000, ge=500, le=30_000)
    """No key for so long ends it too."""


class Reconnect(_Section):
    """What the agent does when the line to the caller was lost and is there again."""

    resume: Literal["sentence", "apology"] = "sentence"
    """Go on with the sentence that was cut off, or drop it, apologise and let the caller speak."""
    apology: str = "Sorry, the line broke up. Please go on."


class Idle(_Section):
    """What the agent does when nobody speaks."""

    timeout_s: float = Field(default=8.0, gt=0, le=300)
    """Silence after which it asks, and asks again."""
    prompts: tuple[str, ...] = ("Are you still there?",)
    """What it asks, one after another; then it says goodbye."""
    goodbye: str = "I will hang up now. Goodbye."


class Fallback(_Section):
    """What becomes of a call when nobody can hear, think or speak for it any more; Twilio does it alone."""

    say: str = "We are sorry, something is wrong on our side."
    then: Literal["goodbye", "transfer", "voicemail"] = "goodbye"
    number: str = Field(default="", pattern=r"^(\+[1-9]\d{1,14})?$")
    """Whom to transfer to (E.164)."""

    @model_validator(mode="after")
    def _check_number(self) -> Self:
        if self.then == "transfer" and not self.number:
            raise ValueError("number: a transfer needs one, as in +15550100")
        return self


class HttpTool(_Section):
    """A service of yours that the model may call: POST with the arguments as JSON, an answer of JSON or text.

    Each request carries an `Idempotency-Key`; the same key again, after a time-out or when another process
    has taken the call over, must have no second effect.
    """

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str = Field(min_length=1)
    """Tells the model when to call it and what it does."""
    url: str = Field(pattern=r"^https?://.+")
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON schema of the arguments."""
    timeout_s: float = Field(default=8.0, gt=0, le=60)
    """For all tries together."""
    token_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    """Environment variable of the brain that holds a bearer token; empty for none."""


class AgentConfig(_Section):
    """All that a file in the agents folder says."""

    name: str = ""
    prompt: str = Field(min_length=1)
    """The system prompt."""
    greeting: str = ""
    """Said first; empty to let the caller begin."""
    stt: SttConfig = SttConfig()
    llm: LlmConfig = LlmConfig()
    tts: TtsConfig = TtsConfig()
    openers: Openers = Openers()
    fillers: Fillers = Fillers()
    dtmf: DtmfConfig = DtmfConfig()
    tools: tuple[Literal["end_call"] | HttpTool, ...] = ("end_call",)
    reconnect: Reconnect = Reconnect()
    fallback: Fallback = Fallback()
    idle: Idle = Idle()
    max_call_s: float = Field(default=1800.0, gt=0, le=86_400)
    """Longest call; the caller is warned half a minute before."""
    max_call_warning: str = "We have to come to an end in half a minute."

    @model_validator(mode="after")
    def _check_tool_names(self) -> Self:
        names = [tool if isinstance(tool, str) else tool.name for tool in self.tools]
        if len(set(names)) < len(names) or any(t.name == "end_call" for t in self.tools if t != "end_call"):
            raise ValueError("tools: each needs a name of its own")
        return self


def load_agent_config(folder: str | Path, name: str) -> AgentConfig:
    """Read `<folder>/<name>.yaml`.

    Raises:
        ConfigError: no such file, no YAML, or a wrong value; the text names file, key and reason.
    """
    path = Path(folder) / f"{name}.yaml"
    if not name or Path(name).name != name:
        raise ConfigError(f"{name!r} is no name of an agent file")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = sorted(p.stem for p in Path(folder).glob("*.yaml"))
        known = ", ".join(there) or "none"
        raise ConfigError(
            f"{path}: no such agent file; {folder} (PARLEY_AGENTS_DIR) holds: {known}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is no YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: must hold keys such as `prompt` and `greeting`")
    try:
        return AgentConfig.model_validate({"name": name, **data})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
        raise ConfigError(f"{path}: {problems}") from None
