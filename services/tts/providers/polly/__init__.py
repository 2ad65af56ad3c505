"""Amazon Polly as a text-to-speech provider, by AWS's SDK: one streamed request per clause."""

from services.tts.providers.polly.provider import PLUGIN

__all__ = ["PLUGIN"]
