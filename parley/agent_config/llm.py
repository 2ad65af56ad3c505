"""How an agent generates its answers."""

from decimal import Decimal
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from parley.agent_config.default_models import default_model_of
from parley.agent_config.provider_section import ProviderSection
from parley.agent_config.section import Section


class Speculation(Section):
    """Generation and synthesis before the end of the turn is certain; discarded if the caller continues."""

    enabled: bool = True
    max_per_turn: int = Field(default=2, ge=1, le=10)
    """Speculative replies within one turn of the caller."""
    max_discarded_per_call: int = Field(default=40, ge=0, le=1000)
    """Discarded replies after which speculation ends for this call."""


class History(Section):
    """The dialogue in requests to the model; older turns are replaced by notes when there are more."""

    max_turns: int = Field(default=40, ge=4, le=60)
    """Turns of the caller since the last notes."""
    max_characters: int = Field(default=16_000, ge=2000, le=40_000)
    """Characters since the last notes, including the arguments and results of tools."""
    summarize: bool = True
    """Whether the model writes the notes; otherwise older turns are left out."""


class TokenPrice(Section):
    """The price of a million tokens of a model."""

    input: Decimal = Field(ge=0, le=100_000, allow_inf_nan=False)
    cached_input: Decimal | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    """Input that the provider had cached; defaults to the price of `input`."""
    output: Decimal = Field(ge=0, le=100_000, allow_inf_nan=False)
    """Output, including reasoning."""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    """ISO 4217 code of the currency; one for all models of a call."""


class LlmConfig(ProviderSection):
    """How the agent generates answers."""

    _PER_PROVIDER: ClassVar[frozenset[str]] = frozenset({"model", "options", "extra", "price"})
    _PER_MODEL: ClassVar[frozenset[str]] = frozenset({"api", "profile", "reasoning_effort", "extra", "price"})
    _PER_STAGE: ClassVar[frozenset[str]] = frozenset(
        {"fallbacks", "speculation", "history", "max_tool_rounds", "max_tool_calls"}
    )

    provider: str = Field(default="openai", min_length=1)
    model: str = Field(default_factory=default_model_of("llm"), min_length=1)
    """By default the first of the provider."""
    speculation: Speculation = Speculation()
    history: History = History()
    temperature: float | None = Field(default=0.3, ge=0, le=2)
    """`null` to send no temperature. Models that refuse it while they reason get none either."""
    max_tokens: int = Field(default=300, ge=1, le=4096)
    """Tokens of an answer. A model that reasons gets more, because its limit includes the reasoning."""
    timeout_s: float = Field(default=3.0, gt=0, le=60)
    """Time limit for the first words of an answer, over all attempts; then the caller hears the apology."""
    max_tool_rounds: int = Field(default=2, ge=1, le=50)
    """Answers with tool calls in one turn, after which the model answers without tools."""
    max_tool_calls: int = Field(default=200, ge=1, le=10_000)
    """Calls of tools in one call, after which the model answers without tools."""
    reasoning_effort: str | None = Field(default=None, pattern=r"^[a-z_]{1,20}$")
    """How long the model thinks before it answers, such as `none`, `low` or `high`; None for the model's
    lowest."""
    api: Literal["auto", "chat", "responses"] = "auto"
    """The API to use: Chat Completions, Responses, or the one that the model needs."""
    price: TokenPrice | None = None
    """The price of the model's tokens; without it the cost of calls is unknown."""
    profile: str = ""
    """Name of a capability profile; empty to choose it by the server and the model."""
    extra: dict[str, Any] = Field(default_factory=dict)
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


def prices_problem(llm: LlmConfig) -> str:
    """Return which price of the section's models is missing, with the remedy; empty if none is."""
    chain = llm.chain
    for number, config in enumerate(chain):
        if config.price is None:
            place = "llm" if number == 0 else f"llm.fallbacks[{number - 1}]"
            return (
                f"the model {config.model} of {place} has no price; add to {place} what its provider charges"
                " for a million tokens: price: {input: …, cached_input: …, output: …, currency: USD}"
            )
    currencies = sorted({config.price.currency for config in chain if config.price is not None})
    if len(currencies) > 1:
        return f"the prices of llm and its fallbacks are in {' and '.join(currencies)}; use one currency"
    return ""
