"""The Gemini API for `HttpLlmClient`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from parley.agent_config import LlmConfig
from parley.errors import ProviderError
from services.brain.providers.gemini.errors import PROVIDER, refusal_error
from services.brain.providers.gemini.reader import GeminiReader
from services.brain.providers.gemini.request import build_request, headers
from services.brain.providers.streams.http_api import Correction, HttpRequest
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.options import ServerOptions
from services.brain.providers.streams.refusal import Refusal
from services.brain.providers.streams.servers import Server, ServerSettings

_VERSION = re.compile(r"/v\d+(?:alpha|beta)?\d*(?:/|$)")


@dataclass(frozen=True, slots=True)
class GenerateContentApi:
    """Implements HttpApi."""

    settings: ServerSettings

    @property
    def provider(self) -> str:
        """Name of the provider."""
        return PROVIDER

    def server(self, config: LlmConfig) -> Server:
        """The server of a section; a version, such as `/v1beta`, in its address is optional."""
        options = ServerOptions.model_validate(config.options)
        server = self.settings.find(options)
        if _VERSION.search(urlsplit(server.base_url).path):
            return server
        return Server(f"{server.base_url}/v1beta", server.key, server.key_env, server.is_providers_own)

    def warm_up(self, server: Server) -> tuple[str, Mapping[str, str]]:
        """The first model of the list."""
        return "/models?pageSize=1", headers(server)

    def request(
        self, server: Server, config: LlmConfig, given: ModelInput, refused: frozenset[str]
    ) -> HttpRequest:
        """See `build_request`."""
        return build_request(server, config, given, refused)

    def reader(self, given: ModelInput) -> GeminiReader:
        """A reader of the answer."""
        return GeminiReader(given.tool_names)

    def correction(self, refusal: Refusal, request: HttpRequest) -> Correction | None:
        """Signatures, the setting of thinking, or a field or ability that the model lacks."""
        text, body = refusal.text, request.body
        if re.search(r"thought.?signature", text) and "thoughtSignature" in str(body["contents"]):
            return Correction("signatures", "signatures of earlier thoughts")
        if "thinking" in text and request.thinking:
            return Correction(request.thinking, request.thinking)
        if "temperature" in text and "temperature" in body["generationConfig"]:
            return Correction("temperature", "temperature")
        if re.search(r"parameters_?json_?schema", text) and "tools" in body:
            return Correction("parametersJsonSchema", "JSON Schema of tools")
        if re.search(r"(?:developer|system).?instruction", text) and "systemInstruction" in body:
            return Correction("systemInstruction", "system instructions")
        if re.search(r"function calling is not (?:enabled|supported)", text) and "tools" in body:
            return Correction("tools", "tools: the agent can call none, not even end_call")
        return None

    def error(self, refusal: Refusal, server: Server, config: LlmConfig, reason: str) -> ProviderError:
        """See `refusal_error`."""
        return refusal_error(refusal, server, config, reason)
