"""Chooses one of the account's voices for agents that name none."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from services.tts.providers.elevenlabs_errors import PROVIDER, error_detail, map_status_error

log = structlog.get_logger()

_LIST_TIMEOUT_S = 5.0
_LIBRARY_STATES = ("copied", "copied_disabled")


@dataclass(frozen=True, slots=True)
class Voice:
    """One of the account's voices."""

    voice_id: str
    name: str
    category: str
    from_library: bool
    """Whether it belongs to another account; the API uses such voices on paid plans only."""
    untrained_models: frozenset[str]
    """Models for which a professional voice is not ready."""

    @property
    def is_default(self) -> bool:
        """Whether it is one of ElevenLabs' default voices, which end on 31 December 2026."""
        return self.category == "premade"


def read_voices(body: Any) -> list[Voice]:
    """Return the voices of a response of `/v1/voices`; entries without an id are skipped."""
    entries = body.get("voices") if isinstance(body, Mapping) else None
    found = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("voice_id"), str) and entry["voice_id"]:
            found.append(_read_voice(entry))
    return found


def choose_voice(voices: list[Voice], model: str, refused: frozenset[str] = frozenset()) -> Voice | None:
    """Return the voice to use: one of the account's own, else one of the library, else a default voice."""
    usable = [voice for voice in voices if voice.voice_id not in refused]

    def preference(voice: Voice) -> tuple[bool, bool, bool]:
        return model in voice.untrained_models, voice.is_default, voice.from_library

    return min(usable, key=preference, default=None)


class VoiceDirectory:
    """The voices of the account, listed once per process; a failed listing is repeated on the next use."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, key: str) -> None:
        self._client = client
        self._url = f"{base_url}/v1/voices"
        self._key = key
        self._voices: list[Voice] | None = None
        self._chosen: dict[str, Voice] = {}
        self._refused: set[str] = set()
        self._lock = asyncio.Lock()

    async def voice_for(self, model: str) -> str:
        """Return the id of the voice to use with a model when the agent names none.

        Raises:
            ProviderError: the voices cannot be listed, or the list is empty.
        """
        async with self._lock:
            if self._voices is None:
                self._voices = await self._list()
            voice = self._chosen.get(model)
            if voice is None:
                voice = self._chosen[model] = self._choose(self._voices, model)
            return voice.voice_id

    def refuse(self, voice_id: str) -> bool:
        """Choose another voice from now on; False if the account has no other."""
        self._refused.add(voice_id)
        self._chosen = {model: voice for model, voice in self._chosen.items() if voice.voice_id != voice_id}
        return any(voice.voice_id not in self._refused for voice in self._voices or ())

    def _choose(self, voices: list[Voice], model: str) -> Voice:
        voice = choose_voice(voices, model, frozenset(self._refused))
        if voice is None:
            self._voices = None  # The next listing contains voices added since.
            self._refused.clear()
            raise ProviderRejected(
                PROVIDER,
                "the account has no voice that it may use: "
                "add one at https://elevenlabs.io/app/voice-library, then set tts.voice",
            )
        log.warning(
            "tts_voice_chosen",
            provider=PROVIDER,
            voice=voice.voice_id,
            name=voice.name,
            category=voice.category,
            remedy=f"write `voice: {voice.voice_id}` under `tts:` in the agent file to keep this voice"
            + ("; as a default voice it ends on 31 December 2026" if voice.is_default else ""),
        )
        return voice

    async def _list(self) -> list[Voice]:
        try:
            async with asyncio.timeout(_LIST_TIMEOUT_S):
                response = await self._client.get(self._url, headers={"xi-api-key": self._key})
        except (TimeoutError, httpx.TimeoutException):
            raise ProviderTimeout(PROVIDER, f"no list of voices within {_LIST_TIMEOUT_S:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderUnavailable(PROVIDER, f"no list of voices: {error!r}") from None
        if response.is_success:
            body = _json(response)
            if not isinstance(body, Mapping):
                raise ProviderUnavailable(PROVIDER, "a list of voices in another form")
            return read_voices(body)
        raise _with_remedy(map_status_error(response.status_code, error_detail(response.content)))


def _with_remedy(error: ProviderError) -> ProviderError:
    if not isinstance(error, ProviderRejected):
        return error
    return ProviderRejected(PROVIDER, f"{error.reason}; or set tts.voice, so that voices are not listed")


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise ProviderUnavailable(PROVIDER, "a list of voices that is not JSON") from None


def _read_voice(entry: Mapping[str, Any]) -> Voice:
    sharing = entry.get("sharing")
    shared = isinstance(sharing, Mapping) and sharing.get("status") in _LIBRARY_STATES
    tuning = entry.get("fine_tuning")
    states = tuning.get("state") if isinstance(tuning, Mapping) else None
    untrained = (
        model
        for model, state in (states.items() if isinstance(states, Mapping) else ())
        if state != "fine_tuned"
    )
    return Voice(
        voice_id=entry["voice_id"],
        name=str(entry.get("name") or ""),
        category=str(entry.get("category") or ""),
        from_library=shared or entry.get("is_owner") is False,
        untrained_models=frozenset(map(str, untrained)),
    )
