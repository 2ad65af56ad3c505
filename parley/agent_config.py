"""An agent: its prompt and how it transcribes, answers and speaks; read from a YAML file and validated."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from parley.errors import ConfigError


def _switch(value: Any) -> Any:
    """Undo YAML's reading of `on` and `off` as booleans."""
    return ("on" if value else "off") if isinstance(value, bool) else value


AutoSwitch: TypeAlias = Annotated[Literal["auto", "on", "off"], BeforeValidator(_switch)]
"""A setting that may be left to the program."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProviderSection(_Section):
    """A section that names a provider, and fallbacks to use when that provider fails."""

    _PER_PROVIDER: ClassVar[frozenset[str]] = frozenset({"model", "voice", "options"})
    """Keys that a fallback with another provider does not inherit."""
    _PER_MODEL: ClassVar[frozenset[str]] = frozenset()
    """Keys that a fallback with another provider, model or server does not inherit."""
    _PER_STAGE: ClassVar[frozenset[str]] = frozenset({"fallbacks"})
    """Keys that the stage itself reads, whichever provider is used; a fallback cannot change them."""

    provider: str = Field(min_length=1)
    """Name of an installed provider."""
    options: dict[str, Any] = {}
    """Settings that only this provider has."""
    fallbacks: tuple[dict[str, Any], ...] = ()
    """Partial sections, merged over this one; used in this order when it fails."""

    @property
    def chain(self) -> tuple[Self, ...]:
        """This section and its fallbacks as complete sections, in order of preference."""
        return (self.merged({}), *(self.merged(entry) for entry in self.fallbacks))

    def merged(self, entry: Mapping[str, Any]) -> Self:
        """This section with the keys of `entry`, and without fallbacks.

        Raises:
            ValueError: a key is unknown or its value is wrong.
        """
        if refused := sorted(self._PER_STAGE & entry.keys()):
            raise ValueError(f"{refused[0]}: belongs to the section itself, not to a fallback")
        base = self.model_dump(exclude={"fallbacks"}, exclude_unset=True)
        if entry.get("provider", self.provider) != self.provider:
            base = {key: value for key, value in base.items() if key not in self._PER_PROVIDER}
        if self._PER_MODEL and self._is_other_model(entry):
            base = {key: value for key, value in base.items() if key not in self._PER_MODEL}
        options = entry.get("options")
        if "options" in base and isinstance(options, Mapping):
            entry = {**entry, "options": {**self._inherited_options(options), **options}}
        return self.model_validate({**base, **entry})

    def _is_other_model(self, entry: Mapping[str, Any]) -> bool:
        return any(
            key in entry and entry[key] != getattr(self, key, None) for key in ("provider", "model")
        ) or (self._is_other_server(entry.get("options")))

    def _is_other_server(self, options: object) -> bool:
        return isinstance(options, Mapping) and (
            "base_url" in options and options["base_url"] != self.options.get("base_url")
        )

    def _inherited_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options that a fallback with these options inherits; a key stays with its server."""
        if self._is_other_server(options):
            return {key: value for key, value in self.options.items() if key != "api_key_env"}
        return self.options

    @model_validator(mode="after")
    def _check_fallbacks(self) -> Self:
        for number, entry in enumerate(self.fallbacks):
            try:
                self.merged(entry)
            except ValidationError as error:
                first = error.errors()[0]
                key = ".".join(map(str, ("fallbacks", number, *first["loc"])))
                raise ValueError(f"{key}: {first['msg']}") from None
            except ValueError as error:
                raise ValueError(f"fallbacks.{number}.{error}") from None
        return self


class SttConfig(ProviderSection):
    """How the agent transcribes the caller's speech and detects the end of a turn."""

    _PER_STAGE: ClassVar[frozenset[str]] = frozenset(
        {"fallbacks", "turn_silence_ms", "incomplete_turn_silence_ms"}
    )

    provider: str = Field(default="deepgram", min_length=1)
    model: str = "nova-3"
    """With Deepgram, a model whose name begins with `flux` detects the end of a turn itself."""
    language: str = "en"
    keyterms: tuple[str, ...] = ()
    """Names and words to expect."""
    endpointing_ms: int = Field(default=100, ge=10, le=5000)
    """Silence after which the provider sends a final transcript."""
    utterance_end_ms: int = Field(default=1000, ge=1000, le=5000)
    """Gap between words after which the provider ends the utterance."""
    turn_silence_ms: int = Field(default=600, ge=100, le=5000)
    """Silence that ends a turn even if the provider reports nothing."""
    incomplete_turn_silence_ms: int = Field(default=1200, ge=100, le=10_000)
    """Silence allowed after an unfinished phrase, in a dictated number, or after a question that needs a long
    answer; no turn ends earlier, whatever the provider reports. Ignored by Flux models."""

    @model_validator(mode="after")
    def _check_model_kind(self) -> Self:
        if self.fallbacks and len({section.model.startswith("flux") for section in self.chain}) > 1:
            raise ValueError("fallbacks: either all models are flux models or none is")
        return self


class Speculation(_Section):
    """Generation and synthesis before the end of the turn is certain; discarded if the caller continues."""

    enabled: bool = True
    max_per_turn: int = Field(default=2, ge=1, le=10)
    """Speculative replies within one turn of the caller."""
    max_discarded_per_call: int = Field(default=40, ge=0, le=1000)
    """Discarded replies after which speculation ends for this call."""


class LlmConfig(ProviderSection):
    """How the agent generates answers."""

    _PER_PROVIDER: ClassVar[frozenset[str]] = frozenset({"model", "options", "extra"})
    _PER_MODEL: ClassVar[frozenset[str]] = frozenset({"api", "profile", "reasoning_effort", "extra"})
    _PER_STAGE: ClassVar[frozenset[str]] = frozenset({"fallbacks", "speculation", "max_tool_rounds"})

    provider: str = Field(default="openai", min_length=1)
    model: str = Field(default="gpt-6-luna", min_length=1)
    speculation: Speculation = Speculation()
    temperature: float | None = Field(default=0.3, ge=0, le=2)
    """`null` to send no temperature. Models that refuse it while they reason get none either."""
    max_tokens: int = Field(default=300, ge=1, le=4096)
    """Tokens of an answer. A model that reasons gets more, because its limit includes the reasoning."""
    timeout_s: float = Field(default=3.0, gt=0, le=60)
    """Time limit for the first words of an answer, over all attempts; then the caller hears the apology."""
    max_tool_rounds: int = Field(default=2, ge=1, le=50)
    """Answers with tool calls in one turn, after which the model answers without tools."""
    reasoning_effort: str | None = Field(default=None, pattern=r"^[a-z_]{1,20}$")
    """How long the model thinks before it answers, such as `none`, `low` or `high`; None for the model's
    lowest."""
    api: Literal["auto", "chat", "responses"] = "auto"
    """The API to use: Chat Completions, Responses, or the one that the model needs."""
    profile: str = ""
    """Name of a capability profile; empty to choose it by the server and the model."""
    extra: dict[str, Any] = {}
    """Fields that are merged into each request without changes; `null` removes a field."""

    @field_validator("reasoning_effort", mode="before")
    @classmethod
    def _check_effort(cls, value: object) -> object:
        if value is False:
            raise ValueError("YAML reads `off` and `no` as false; write none, in quotes or without")
        return value

    @field_validator("extra")
    @classmethod
    def _check_extra(cls, value: dict[str, Any]) -> dict[str, Any]:
        if refused := sorted(_NOT_EXTRA & value.keys()):
            raise ValueError(f"{refused[0]} cannot be set here: it is made for each request")
        if hint := next(
            (f"{key}: use llm.{other}" for key, other in _OWN_KEYS.items() if key in value), None
        ):
            raise ValueError(f"{hint} instead")
        return value


_NOT_EXTRA = frozenset({"messages", "input", "instructions", "stream"})
_OWN_KEYS = {"model": "model"}


class TtsConfig(ProviderSection):
    """How the agent speaks."""

    _PER_STAGE: ClassVar[frozenset[str]] = frozenset({"fallbacks", "first_chunk"})

    provider: str = Field(default="elevenlabs", min_length=1)
    voice: str = ""
    """The provider's voice id; if empty, the provider chooses one of the account."""
    model: str = "eleven_flash_v2_5"
    language: str | None = None
    stability: float = Field(default=0.5, ge=0, le=1)
    similarity: float = Field(default=0.8, ge=0, le=1)
    speed: float = Field(default=1.0, ge=0.7, le=1.2)
    first_chunk: Literal["phrase", "sentence"] = "phrase"
    """The first text to synthesize: a phrase, or all text up to the first comma or full stop."""
    text_normalization: AutoSwitch = "auto"
    """Whether numbers, dates, times and amounts are written in words before synthesis; `auto` does so for
    models that cannot read them. Markup and emoji are removed in any case."""


class Openers(_Section):
    """Short beginnings of an answer, cached as audio and played while the answer is generated."""

    enabled: bool = False
    statements: tuple[str, ...] = ("Sure.", "All right.", "Okay.", "Got it.")
    """After a statement or a request of the caller."""
    questions: tuple[str, ...] = ("Let me see.", "Good question.", "Well,")
    """After a question."""
    max_fraction: float = Field(default=0.6, ge=0, le=1)
    """Maximum fraction of answers that begin with an opener."""


class Fillers(_Section):
    """Phrases that are played while the model or a tool is slow."""

    after_ms: int = Field(default=1500, ge=300, le=20_000)
    """Delay after the end of the turn; another phrase follows after the same delay in silence."""
    phrases: tuple[str, ...] = ("One moment, please.", "Just a second.", "Bear with me.")
    """Empty to play no fillers."""


class DtmfConfig(_Section):
    """Digits that the caller presses, collected into one input for the model."""

    terminator: Literal["#", "*", ""] = "#"
    """The digit that ends an input."""
    inter_digit_timeout_ms: int = Field(default=3000, ge=500, le=30_000)
    """Time without a digit that also ends an input."""


class Reconnect(_Section):
    """Behaviour after a lost media stream has been replaced."""

    resume: Literal["sentence", "apology"] = "sentence"
    """Continue with the interrupted sentence, or drop it, apologise and let the caller speak."""
    apology: str = "Sorry, the line broke up. Please go on."


class Idle(_Section):
    """Behaviour while neither side speaks."""

    timeout_s: float = Field(default=8.0, gt=0, le=300)
    """Silence before each prompt."""
    prompts: tuple[str, ...] = ("Are you still there?",)
    """Used one after another, then the goodbye is played."""
    goodbye: str = "I will hang up now. Goodbye."


class Fallback(_Section):
    """Twilio's handling of a call that a stage can no longer serve; Parley is no longer involved."""

    say: str = "We are sorry, something is wrong on our side."
    then: Literal["goodbye", "transfer", "voicemail"] = "goodbye"
    number: str = Field(default="", pattern=r"^(\+[1-9]\d{1,14})?$")
    """Number to transfer to (E.164)."""

    @model_validator(mode="after")
    def _check_number(self) -> Self:
        if self.then == "transfer" and not self.number:
            raise ValueError("number: a transfer needs one, as in +15550100")
        return self


class HttpTool(_Section):
    """An HTTP endpoint that the model may call: POST with JSON arguments; the response is JSON or text.

    Each request carries an `Idempotency-Key`; a repeated key, after a timeout or when another process has
    taken the call over, must have no second effect.
    """

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str = Field(min_length=1)
    """Description for the model: when to call the tool and what it does."""
    url: str = Field(pattern=r"^https?://.+")
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON schema of the arguments."""
    timeout_s: float = Field(default=8.0, gt=0, le=60)
    """Time limit for all attempts together."""
    token_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    """Environment variable of the brain that holds a bearer token; empty for none."""


class AgentConfig(_Section):
    """The content of a file in the agents folder."""

    name: str = ""
    prompt: str = Field(min_length=1)
    """The system prompt."""
    greeting: str = ""
    """The first reply; empty to let the caller begin."""
    apology: str = Field(
        default="I'm sorry, something went wrong on my side. Could you say that again?", min_length=1
    )
    """The reply when no model has answered."""
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
    """Maximum length of a call; the caller is warned 30 s before."""
    max_call_warning: str = "We have to come to an end in half a minute."

    @model_validator(mode="after")
    def _check_tool_names(self) -> Self:
        names = [tool if isinstance(tool, str) else tool.name for tool in self.tools]
        if len(set(names)) < len(names) or any(t.name == "end_call" for t in self.tools if t != "end_call"):
            raise ValueError("tools: names must be unique")
        return self


def load_agent_config(folder: str | Path, name: str) -> AgentConfig:
    """Read `<folder>/<name>.yaml`.

    Raises:
        ConfigError: no such file, not YAML, or a wrong value; the text names file, key and reason.
    """
    path = Path(folder) / f"{name}.yaml"
    if not name or Path(name).name != name:
        raise ConfigError(f"{name!r} is not the name of an agent file")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        existing = ", ".join(sorted(p.stem for p in Path(folder).glob("*.yaml"))) or "no agent files"
        raise ConfigError(
            f"{path}: no such agent file; {folder} (PARLEY_AGENTS_DIR) contains: {existing}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: must contain keys such as `prompt` and `greeting`")
    try:
        return AgentConfig.model_validate({"name": name, **data})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, p['loc']))}: {p['msg'].removeprefix('Value error, ')}"
            for p in error.errors()
        )
        raise ConfigError(f"{path}: {problems}") from None
