"""The voices of the emulator's account and of the voice library. No I/O."""

import re
from datetime import date

from sandbox.elevenlabs.client_message import Rejected

OWN_VOICES = frozenset({"tone", "recorded", "sandboxVoiceOwn00001", "sandboxVoicePremade1"})
"""Voices of the account; `tone` speaks in tones that encode the text, `recorded` in the simulated
callers' recordings: the only synthesis that is the same each time and speech to a detector."""
PREMADE_VOICES = frozenset(
    {
        *("CwhRBWXzGAHq8TQ4Fs17", "EXAVITQu4vr4xnSDxMaL", "FGY2WhTYpPnrIDTdsKH5", "IKne3meq5aSn9XLyUdCD"),
        *("JBFqnCBsd6RMkjVDRZzb", "N2lVS1w4EtoT3dr4eOWO", "SAz9YHcvj6GT2YYXdXww", "TX3LPaxmHKxFdv7VOQHJ"),
        *("XB0fDUnXU5powFXDhCwa", "Xb7hH8MSUJpSbSDYk0k2", "XrExE9yKIg1WjnnlVkGX", "bIHbv24MWmeRgasZH58o"),
        *("cgSgspJ2msm6clMCkdW9", "cjVigY5qzO86Huf0OWal", "iP95p4xoKVk53GoZ742B", "nPczCjzI2devNBz1zQrb"),
        *("onwK4e9ZLuTAKqWW03F9", "pFZP5JQG7iQjIQuC4Bku", "pNInz6obpgDQGcFmaJgB", "pqHfZKP75CvOlQylNhV4"),
    }
)
PREMADE_VOICES_END = date(2026, 12, 31)
"""The announced last day of ElevenLabs' premade voices."""
LIBRARY_VOICES = frozenset(
    {
        *("21m00Tcm4TlvDq8ikWAM", "AZnzlk1XvdvUeBnXmlld", "ErXwobaYiN019PkySvjV", "MF3mGyEYCl7XYWbV9V6O"),
        *("TxGEqnHWrfWFTfGW9XjX", "VR6AewLTigWG4xSOukaG", "yoZ06aMxZJJ28mfd3POQ", "HuLbOdhRlvQQN8oPP0AJ"),
    }
)
"""Voices that others share; the free plan may not use them through the API."""
_VOICE_ID = re.compile(r"[A-Za-z0-9]{20}")


def check_voice_id(voice_id: str, tier: str = "creator", *, premade: bool = True) -> Rejected | None:
    """Return why a voice cannot be used; `premade` is false once the premade voices have ended."""
    if voice_id in OWN_VOICES or (voice_id in PREMADE_VOICES and premade):
        return None
    if voice_id in LIBRARY_VOICES:
        if tier != "free":
            return None
        return Rejected(
            "paid_plan_required",
            "Free users cannot use library voices via the API. "
            "Please upgrade your subscription to use this voice.",
        )
    if not _VOICE_ID.fullmatch(voice_id):
        return Rejected(
            "invalid_uid",
            f"An invalid ID has been received: '{voice_id}'. Make sure to provide a correct one.",
        )
    return Rejected("voice_not_found", f"A voice with the voice_id {voice_id} was not found.")
