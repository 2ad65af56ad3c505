"""The voices of the emulator's account and of Cartesia's library. No I/O."""

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.cartesia.errors import Rejected
from sandbox.synthesis import RECORDED_VOICE, TONE_VOICE

OWN_VOICE = "5a5a5a5a-0000-4000-8000-000000000001"
_VOICES = (
    (OWN_VOICE, "Riverside", "en", True),
    ("5a5a5a5a-0000-4000-8000-000000000002", "Harbour", "en", False),
    ("5a5a5a5a-0000-4000-8000-000000000003", "Elbufer", "de", False),
    ("5a5a5a5a-0000-4000-8000-000000000004", "Ribera", "es", False),
    ("5a5a5a5a-0000-4000-8000-000000000005", "Gangatat", "hi", False),
)
_IDS = frozenset(voice[0] for voice in _VOICES)


def check_voice(voice_id: str) -> None:
    """Reject an unknown voice.

    Raises:
        Rejected: the id is not a UUID, or no voice has it.
    """
    if voice_id in (TONE_VOICE, RECORDED_VOICE) or voice_id in _IDS:
        return
    try:
        uuid.UUID(voice_id)
    except ValueError:
        raise Rejected("", f"voice.id {voice_id!r} is not a valid UUID.") from None
    raise Rejected("voice_not_found", f"The voice {voice_id} was not found.")


def described(voice_id: str) -> Mapping[str, Any]:
    """The description of a voice.

    Raises:
        Rejected: it does not exist.
    """
    check_voice(voice_id)
    return next((_voice(*voice) for voice in _VOICES if voice[0] == voice_id), _voice(*_VOICES[0]))


def listed(limit: int, starting_after: str) -> Mapping[str, Any]:
    """A page of the list of voices."""
    ids = [voice[0] for voice in _VOICES]
    begin = ids.index(starting_after) + 1 if starting_after in ids else 0
    page = _VOICES[begin : begin + limit]
    return {"data": [_voice(*voice) for voice in page], "has_more": begin + limit < len(_VOICES)}


def _voice(voice_id: str, name: str, language: str, own: bool) -> Mapping[str, Any]:
    return {
        "id": voice_id,
        "name": name,
        "tagline": "",
        "description": f"{name}, a voice of the emulator",
        "access": "private" if own else "public",
        "visibility": "owner" if own else "all",
        "is_owner": own,
        "language": language,
        "locales": [],
        "created_at": "2026-01-01T00:00:00Z",
    }
