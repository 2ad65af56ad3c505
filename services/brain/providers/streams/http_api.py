"""The differences between the native APIs of language models; `HttpLlmClient` does the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from parley.agent_config import LlmConfig
from parley.errors import ProviderError
from services.brain.providers.streams.answer_reader import AnswerReader
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.refusal import Refusal
from services.brain.providers.streams.servers import Server


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request in the wire format."""

    path: str
    """The path after the base URL."""
    headers: Mapping[str, str]
    body: dict[str, Any]
    ignored: tuple[str, ...] = ()
    """Settings of the agent file that are not sent, each as a sentence for the log."""
    thinking: str = ""
    """The setting of thinking that is sent, in the form in which a refusal is remembered."""
    has_other_auth: bool = False
    """Whether the server may take the key in another header than the one that is sent."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A setting to leave out from now on."""

    setting: str
    """Its name in `ObservedRefusals`."""
    refused: str
    """For the log."""


class HttpApi(Protocol):
    """One API; its methods do no I/O."""

    @property
    def provider(self) -> str:
        """Name of the provider."""

    def server(self, config: LlmConfig) -> Server:
        """The server of a section of the agent file."""

    def warm_up(self, server: Server) -> tuple[str, Mapping[str, str]]:
        """Path and headers of a small request that opens a connection."""

    def request(
        self, server: Server, config: LlmConfig, given: ModelInput, refused: frozenset[str]
    ) -> HttpRequest:
        """A streamed request, without the settings that the server has refused."""

    def reader(self, given: ModelInput) -> AnswerReader:
        """A reader of the answer."""

    def correction(self, refusal: Refusal, request: HttpRequest) -> Correction | None:
        """The setting that a refusal names; None if nothing can be left out."""

    def error(self, refusal: Refusal, server: Server, config: LlmConfig, reason: str) -> ProviderError:
        """The error for a refusal; `reason` is its text for the log, to which the remedy is added."""
