"""Chooses a voice for agents that name none: one of the account or the library that speaks the language."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.untrusted import clean_text
from services.tts.providers.cartesia import wire
from services.tts.providers.cartesia.errors import map_body
from services.tts.providers.cartesia.models import PROVIDER

log = structlog.get_logger()

_LIST_TIMEOUT_S = 5.0
_PAGE = 100
_MAX_TEXT_CHARS = 80


@dataclass(frozen=True, slots=True)
class Voice:
    """One of the voices that the account may use."""

    voice_id: str
    name: str
    language: str
    is_owner: bool


def read_voices(body: Any) -> list[Voice]:
    """Return the voices of a response of `/voices`; entries without an id are skipped."""
    entries = body.get("data") if isinstance(body, Mapping) else body
    found = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), str) and entry["id"]:
            found.append(
                Voice(
                    _text(entry["id"]),
                    _text(entry.get("name")),
                    _text(entry.get("language")).lower(),
                    entry.get("is_owner") is True,
                )
            )
    return found


def choose_voice(voices: list[Voice], language: str) -> Voice | None:
    """Return the voice to use: one of the language, of the account itself if it has one."""
    return min(
        voices, key=lambda voice: (voice.language != (language or "en"), not voice.is_owner), default=None
    )


class VoiceDirectory:
    """The voices of the account, listed once per process; a failed listing is repeated on the next use."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, key: str) -> None:
        self._client = client
        self._url = f"{base_url}/voices"
        self._headers = wire.headers(key)
        self._chosen: dict[str, str] = {}
        self._lock = asyncio.Lock()

    async def voice_for(self, language: str) -> str:
        """Return the id of the voice to use when the agent names none.

        Raises:
            ProviderError: the voices cannot be listed, or the list is empty.
        """
        async with self._lock:
            if language not in self._chosen:
                self._chosen[language] = self._choose(await self._list(), language)
            return self._chosen[language]

    def _choose(self, voices: list[Voice], language: str) -> str:
        voice = choose_voice(voices, language)
        if voice is None:
            raise ProviderRejected(
                PROVIDER,
                "the account has no voice: set tts.voice to one from https://play.cartesia.ai/voices",
            )
        log.warning(
            "tts_voice_chosen",
            provider=PROVIDER,
            voice=voice.voice_id,
            name=voice.name,
            language=voice.language,
            remedy=f"write `voice: {voice.voice_id}` under `tts:` in the agent file to keep this voice",
        )
        return voice.voice_id

    async def _list(self) -> list[Voice]:
        try:
            async with asyncio.timeout(_LIST_TIMEOUT_S):
                response = await self._client.get(self._url, params={"limit": _PAGE}, headers=self._headers)
        except (TimeoutError, httpx.TimeoutException):
            raise ProviderTimeout(PROVIDER, f"no list of voices within {_LIST_TIMEOUT_S:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderUnavailable(PROVIDER, f"no list of voices: {error!r}") from None
        if not response.is_success:
            raise _with_remedy(map_body(response.status_code, response.content))
        try:
            return read_voices(response.json())
        except (ValueError, RecursionError):
            raise ProviderUnavailable(PROVIDER, "a list of voices that is not JSON") from None


def _with_remedy(error: ProviderError) -> ProviderError:
    if not isinstance(error, ProviderRejected):
        return error
    return ProviderRejected(PROVIDER, f"{error.reason}; or set tts.voice, so that voices are not listed")


def _text(value: Any) -> str:
    return clean_text(value, _MAX_TEXT_CHARS) if isinstance(value, str) else ""
