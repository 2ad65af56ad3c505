"""One session on its socket: what it was sent, and the transcripts that it answers with."""

from collections.abc import Mapping
from typing import Any

import structlog

from parley.errors import ProviderTimeout, ProviderUnavailable
from parley.providers.stt import KeepAlive, SttEvent
from parley.providers.untrusted import clean_text
from services.stt.providers.openai.commits import Commit, CommitPolicy
from services.stt.providers.openai.errors import PROVIDER, reported_error
from services.stt.providers.openai.items import MAX_TEXT_CHARS, Items, commit_number
from services.stt.providers.openai.socket import TranscriptionSocket

log = structlog.get_logger()

_TRANSCRIPT_TIMEOUT_S = 6.0
"""Time from a commit to its transcript; it usually takes 0.5 to 0.7 s."""
_RENEW_BEFORE_S, _FORCE_BEFORE_S = 300.0, 30.0
"""The next session is opened 5 minutes before the end of this one, and takes over 30 s before it even within
speech; in proportion where sessions are shorter."""
_RENEW_SHARE, _FORCE_SHARE = 0.3, 0.05
_PREFIX = "conversation.item.input_audio_transcription."
_MAX_ID_CHARS = 200


class TranscriptionSession:
    """The items of one socket."""

    def __init__(self, socket: TranscriptionSocket, policy: CommitPolicy) -> None:
        self.socket = socket
        self._policy = policy
        self._items = Items()
        self._outstanding_since_s: float | None = None
        lasts_s = socket.expires_s - socket.opened_s
        self.renew_at_s = socket.expires_s - min(_RENEW_BEFORE_S, lasts_s * _RENEW_SHARE)
        """Monotonic time at which the next session is opened."""
        self.force_at_s = socket.expires_s - min(_FORCE_BEFORE_S, lasts_s * _FORCE_SHARE)
        """Monotonic time at which it takes over even within speech."""

    @property
    def outstanding(self) -> bool:
        """Whether a transcript of committed audio has not arrived."""
        return self._items.outstanding

    async def commit(self, commit: Commit, now_s: float) -> None:
        """Commit the audio sent so far."""
        self._outstanding_since_s = now_s if self._outstanding_since_s is None else self._outstanding_since_s
        await self.socket.commit(self._items.committed(commit))

    def check(self, now_s: float) -> None:
        """Raise ProviderTimeout if a transcript is overdue: the audio is then sent to another session."""
        since_s = self._outstanding_since_s
        if since_s is not None and now_s - since_s > _TRANSCRIPT_TIMEOUT_S:
            raise ProviderTimeout(PROVIDER, f"no transcript {_TRANSCRIPT_TIMEOUT_S:g} s after a commit")

    def read(self, message: Mapping[str, Any], now_s: float) -> list[SttEvent]:
        """Convert a message to events.

        Raises:
            ProviderError: the service reports an error that ends the session.
        """
        kind = message.get("type")
        item_id = _text(message, "item_id", _MAX_ID_CHARS)
        if kind == "error":
            return self._on_error(message.get("error"))
        if kind == f"{_PREFIX}delta" and item_id:
            return self._on_delta(item_id, _text(message, "delta", MAX_TEXT_CHARS))
        if kind == f"{_PREFIX}completed" and item_id:
            events = self._items.complete(item_id, _text(message, "transcript", MAX_TEXT_CHARS))
            self._outstanding_since_s = now_s if self._items.outstanding else None
            return events or [KeepAlive()]
        if kind == f"{_PREFIX}failed":
            reason = reported_error(message.get("error")).reason
            raise ProviderUnavailable(PROVIDER, f"transcription failed: {reason}")
        if kind == "input_audio_buffer.committed" and item_id:
            self._items.named(item_id)
        return [KeepAlive()] if isinstance(kind, str) else []

    def _on_delta(self, item_id: str, delta: str) -> list[SttEvent]:
        if not delta:
            return [KeepAlive()]
        if self._items.is_next(item_id):
            self._policy.text_received()
        interim = self._items.add_text(item_id, delta, self._policy.text_start_ms, self._policy.text_end_ms)
        return [KeepAlive() if interim is None else interim]

    def _on_error(self, error: object) -> list[SttEvent]:
        """Ignore the refusal of a commit, which other commits follow; raise any other error."""
        number = commit_number(error.get("event_id")) if isinstance(error, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        if number is not None and code == "input_audio_buffer_commit_empty":
            log.warning("commit_refused", provider=PROVIDER)
            self._items.refused(number)
            if not self._items.outstanding:
                self._outstanding_since_s = None
            return [KeepAlive()]
        raise reported_error(error)


def _text(message: Mapping[str, Any], name: str, max_chars: int) -> str:
    value = message.get(name)
    return clean_text(value, max_chars) if isinstance(value, str) else ""
