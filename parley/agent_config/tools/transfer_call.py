"""The tool that transfers the caller to a person."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from parley.agent_config.section import Section
from parley.agent_config.tools.phone_numbers import Address, FreeNumberTool, OptionalNumber

_NAME_PATTERN = r"^[\w-]{1,64}$"


class Destination(Section):
    """People or a department to whom the agent may transfer a caller."""

    number: Address | None = None
    """Number (E.164) or SIP address."""
    numbers: tuple[Address, ...] = Field(default=(), max_length=10)
    """Several, called one after the other until one answers; instead of `number`."""
    description: str = ""
    """When to choose it, for the model."""
    send_digits: str = Field(default="", pattern=r"^[0-9*#A-Dw]{0,32}$")
    """Keys pressed as soon as it answers, such as the extension `ww12`; `w` waits half a second."""
    timeout_s: int = Field(default=25, ge=5, le=600)
    """How long each number rings."""
    kind: Literal["cold", "warm"] | None = None
    """Kind of transfer for this destination; without one, that of the tool."""

    @model_validator(mode="after")
    def _check_numbers(self) -> Self:
        if (self.number is None) == (not self.numbers):
            raise ValueError("number: give one number, or several as `numbers`")
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        """The numbers and SIP addresses, in the order in which they are called."""
        return (self.number,) if self.number is not None else self.numbers


class TransferCallTool(FreeNumberTool):
    """The agent may transfer the caller; the model chooses the destination by its name."""

    type: Literal["transfer_call"] = "transfer_call"
    destinations: Mapping[Annotated[str, Field(pattern=_NAME_PATTERN)], Destination] = {}
    kind: Literal["cold", "warm"] = "cold"
    """`cold` connects the caller at once. With `warm`, the person is called first, gets a summary, and
    accepts or declines while the caller stays with the agent."""
    meanwhile: Literal["agent", "music"] = "agent"
    """Audio for the caller while a person is called: the agent, or hold music."""
    if_unanswered: Literal["return", "goodbye"] = "return"
    """After a cold transfer: back to the agent, or `transfer.goodbye` and the end."""
    after_hang_up: Literal["end_call", "return"] = "end_call"
    """The continuation for the caller. With `return`, the call keeps its place in all services meanwhile."""
    caller_id: OptionalNumber = ""
    """The number that the person sees; empty for the caller's own (cold), or the one that was called."""
    machine_detection: bool = True
    """In warm transfers, an answering machine does not count as a person; Twilio needs up to some seconds."""

    @model_validator(mode="before")
    @classmethod
    def _speak_only_with_a_waiting_caller(cls, data: Any) -> Any:
        """Without fillers unless the caller waits with the agent: they disturb music and ringing."""
        if not isinstance(data, Mapping) or "filler" in data:
            return data
        with_agent = data.get("kind") == "warm" and data.get("meanwhile", "agent") == "agent"
        return data if with_agent else {**data, "filler": ()}

    @model_validator(mode="after")
    def _check_destinations(self) -> Self:
        if not self.destinations and not self.allow_any_number:
            raise ValueError(
                "destinations: name at least one, such as {sales: {number: '+15550100123', description: …}}"
            )
        return self

    @property
    def is_warm(self) -> bool:
        """Whether any transfer may be warm."""
        return "warm" in (self.kind, *(destination.kind for destination in self.destinations.values()))
