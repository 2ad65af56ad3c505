"""The protocol of a speech-to-speech provider, which listens, answers and speaks over one connection."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from parley.agent_config import RealtimeConfig
from parley.errors import ProviderError
from parley.providers.llm import ToolCallRequest, ToolChoice


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller started to speak, at this position of the audio that the session has received."""

    audio_ms: int
    item_id: str = ""
    """The item that the turn will be; empty if the provider does not say."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller paused, at this position of the audio that the session has received."""

    audio_ms: int
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class TurnCommitted:
    """The caller's turn has ended, and is an item of the session's conversation; may be reported twice."""

    item_id: str


@dataclass(frozen=True, slots=True)
class TranscriptDelta:
    """The next words of a turn's transcript."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptCompleted:
    """The whole transcript of a turn; empty if it has no words."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptFailed:
    """A turn could not be transcribed."""

    item_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AudioDelta:
    """The next audio of a response: mu-law at 8 kHz."""

    tag: str
    item_id: str
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class SpokenTextDelta:
    """The next words that a response speaks; they may precede their audio."""

    tag: str
    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class SpokenText:
    """All words of a spoken item, which is complete; those of its deltas are among them."""

    tag: str
    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemProgressed:
    """An item of a response has begun, has grown, or is complete."""

    tag: str
    item_id: str
    complete: bool = False
    call: ToolCallRequest | None = None
    """The tool call that is complete but for the provider's confirmation, which ToolCallReceived is."""


@dataclass(frozen=True, slots=True)
class ToolCallReceived:
    """A complete tool call of a response; may be reported twice."""

    tag: str
    call: ToolCallRequest


@dataclass(frozen=True, slots=True)
class RealtimeUsage:
    """The tokens of a response, as the provider reports them; parts are included in their whole."""

    input: int = 0
    input_audio: int = 0
    cached_input: int = 0
    cached_input_audio: int = 0
    output: int = 0
    output_audio: int = 0


@dataclass(frozen=True, slots=True)
class ResponseDone:
    """A response has ended: `completed`, `cancelled`, `incomplete` or `failed`."""

    tag: str
    status: str
    reason: str = ""
    """Why it is incomplete or has failed."""
    error: ProviderError | None = None
    """The error of a failed one."""
    usage: RealtimeUsage = RealtimeUsage()


RealtimeEvent: TypeAlias = (
    SpeechStarted
    | SpeechStopped
    | TurnCommitted
    | TranscriptDelta
    | TranscriptCompleted
    | TranscriptFailed
    | AudioDelta
    | SpokenTextDelta
    | SpokenText
    | ItemProgressed
    | ToolCallReceived
    | ResponseDone
)


@dataclass(frozen=True, slots=True)
class CallerText:
    """Text of a turn or of keys of the caller."""

    text: str


@dataclass(frozen=True, slots=True)
class AgentText:
    """Text of a reply of the agent."""

    text: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """A message of the system."""

    text: str


@dataclass(frozen=True, slots=True)
class CalledTool:
    """A tool call of an earlier answer."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """The result of a tool call."""

    call_id: str
    output: str


HistoryItem: TypeAlias = CallerText | AgentText | Instruction | CalledTool | ToolOutput


@dataclass(frozen=True, slots=True)
class SessionSetup:
    """Settings with which a session starts."""

    instructions: str
    tools: Sequence[Mapping[str, Any]] = ()
    """Function definitions in the OpenAI chat completions format."""
    languages: Sequence[str] = ()
    """The languages that the caller may speak, as in `de`, the likeliest first; empty if unknown."""
    safety_id: str = ""
    """Identifies the call to the provider without naming the caller."""


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """A response to request; at most one is in progress in a session."""

    tag: str
    """Returned with each event of the response."""
    exact_text: str = ""
    """Words to speak unchanged, without regard to the conversation; empty to answer the caller."""
    tool_choice: ToolChoice = "auto"
    tools: Sequence[Mapping[str, Any]] | None = None
    """The functions that the response may call, if they have changed since the session started."""
    context: Sequence[str] = field(default_factory=tuple)
    """Material for this response only, such as passages of documents."""


class RealtimeConnection(Protocol):
    """An open session. Its methods raise ProviderError; so does `run` when the session ends."""

    async def send(self, mulaw: bytes) -> None:
        """Send audio of the caller: mu-law at 8 kHz, of any length, without a gap to the audio before."""

    async def add(self, item_id: str, item: HistoryItem) -> None:
        """Add an item to the end of the conversation, under an id of at most 32 characters."""

    async def remove(self, item_id: str) -> None:
        """Remove an item of the conversation."""

    async def truncate(self, item_id: str, played_ms: int) -> None:
        """Forget the part of a spoken item that was not played."""

    async def respond(self, request: ResponseRequest) -> None:
        """Request a response."""

    async def cancel(self, tag: str) -> None:
        """Cancel the response with this tag; ResponseDone follows, also if it has ended already."""

    async def run(self, on_event: Callable[[RealtimeEvent], Awaitable[None]]) -> None:
        """Deliver events until the session ends, then raise ProviderError."""


class RealtimeProvider(Protocol):
    """A speech-to-speech provider of one process; opened by its plugin, shared by all calls."""

    def connect(
        self, config: RealtimeConfig, setup: SessionSetup
    ) -> AbstractAsyncContextManager[RealtimeConnection]:
        """Open a session; entering raises ProviderError, and returns when the session is set up."""
