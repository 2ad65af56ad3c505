"""The address of Deepgram's API, which transcription and speech synthesis share."""

from typing import Literal, TypeAlias

DeepgramRegion: TypeAlias = Literal["", "eu", "au", "in"]
"""A region of developers.deepgram.com/reference/regional-endpoints; a key is valid in all of them."""


def deepgram_address(url: str, region: DeepgramRegion) -> str:
    """Return the base address of a setting or of a region; empty for the global one."""
    return url or (f"https://api.{region}.deepgram.com" if region else "")
