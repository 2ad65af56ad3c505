"""Builds the parameters of a request from the agent's section and the model's capabilities. No I/O.

A parameter that the provider refuses by name is left out from then on, for that model.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from pydantic import BaseModel

from parley.agent_config import AutoSwitch, TtsConfig
from parley.language_codes import code_among
from services.tts.providers.elevenlabs_models import capabilities

log = structlog.get_logger()

OUTPUT_FORMAT = "ulaw_8000"
INACTIVITY_TIMEOUT_S = 180
_MAX_MODELS = 64
_SETTINGS = "voice_settings"
_CODES = ("no", "zh", "fil", "he", "id", "jv")
"""Codes that ElevenLabs uses for languages that have several."""
_REQUIRED = frozenset({"model_id", "output_format"})


class ElevenLabsOptions(BaseModel, extra="forbid"):
    """`tts.options` in the agent file."""

    transport: Literal["websocket", "http"] = "websocket"
    ssml: bool = False
    """Whether the text may contain SSML, such as `<break time="0.5s"/>`; otherwise it is removed."""
    apply_text_normalization: AutoSwitch | None = None
    """Whether ElevenLabs writes numbers and dates in words itself; unset for the model's default."""


class RefusedParameters:
    """Parameters that the provider has refused in this process, by model."""

    def __init__(self) -> None:
        self._by_model: OrderedDict[str, set[str]] = OrderedDict()

    def of(self, model: str) -> frozenset[str]:
        """The parameters to leave out for a model."""
        return frozenset(self._by_model.get(model, ()))

    def add_named(self, model: str, sent: Iterable[str], reason: str) -> bool:
        """Leave out the parameter that a rejection names; False if it names none of those sent."""
        refused = self._by_model.setdefault(model, set())
        self._by_model.move_to_end(model)
        while len(self._by_model) > _MAX_MODELS:
            self._by_model.popitem(last=False)
        # The group of settings comes last: usually only one of them is refused.
        for name in sorted(set(sent) - _REQUIRED, key=lambda name: (name == _SETTINGS, -len(name))):
            if re.search(rf"\b{name.replace('_', '[_ ]')}\b", reason, re.IGNORECASE):
                if name not in refused:
                    log.warning("tts_parameter_refused", model=model, parameter=name, reason=reason)
                refused.add(name)
                return True
        return False


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """The parameters for one section of an agent file, without those that the model refuses."""

    config: TtsConfig
    refused: frozenset[str] = frozenset()

    @property
    def options(self) -> ElevenLabsOptions:
        """The section's options."""
        return ElevenLabsOptions.model_validate(self.config.options)

    @property
    def websocket(self) -> bool:
        """Whether replies are synthesized over a WebSocket."""
        return self.options.transport == "websocket" and capabilities(self.config.model).websocket

    def voice_settings(self) -> dict[str, float]:
        """The voice settings that the model accepts."""
        accepted = capabilities(self.config.model)
        stability = self.config.stability
        if accepted.stability_steps:
            stability = min(accepted.stability_steps, key=lambda step: abs(step - stability))
        if _SETTINGS in self.refused:
            return {}
        settings = {
            "stability": stability,
            "similarity_boost": self.config.similarity,
            "speed": self.config.speed,
        }
        return {
            name: value for name, value in self._allowed(settings).items() if name in accepted.voice_settings
        }

    def socket_query(self) -> dict[str, str]:
        """The query of a WebSocket's address."""
        query = {
            "model_id": self.config.model,
            "output_format": OUTPUT_FORMAT,
            # Clauses are complete: waiting for more characters gains nothing.
            "auto_mode": "true",
            "sync_alignment": "true",
            "inactivity_timeout": str(INACTIVITY_TIMEOUT_S),
            **self._common(),
        }
        if self.options.ssml and capabilities(self.config.model).ssml:
            query["enable_ssml_parsing"] = "true"
        return self._allowed(query)

    def http_body(self, previous_text: str) -> dict[str, Any]:
        """The optional parameters of an HTTP request."""
        body: dict[str, Any] = self._common()
        if previous_text and capabilities(self.config.model).previous_text:
            body["previous_text"] = previous_text
        return self._allowed(body)

    @property
    def names(self) -> frozenset[str]:
        """The names of all parameters that a request may contain."""
        settings = self.voice_settings()
        group = (_SETTINGS,) if settings else ()
        return frozenset((*self.socket_query(), *self.http_body("x"), *settings, *group))

    def _common(self) -> dict[str, str]:
        common: dict[str, str] = {}
        if self.config.language and capabilities(self.config.model).language_code:
            common["language_code"] = code_among(self.config.language, _CODES)
        if self.options.apply_text_normalization is not None:
            common["apply_text_normalization"] = self.options.apply_text_normalization
        return common

    def _allowed(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in parameters.items() if name not in self.refused}
