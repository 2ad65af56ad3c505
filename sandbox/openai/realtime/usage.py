"""The tokens of a response, by the rates of OpenAI's pricing page. No I/O, no clock."""

from collections.abc import Iterable
from typing import Any

from sandbox.openai.realtime.conversation import Item

_USER_MS_PER_TOKEN = 100
_ASSISTANT_MS_PER_TOKEN = 50
_CACHE_STEP = 64


def text_tokens(text: str) -> int:
    """The tokens of a text, about four characters each."""
    return -(-len(text) // 4)


def item_tokens(item: Item) -> tuple[int, int]:
    """The text tokens and the audio tokens of an item."""
    data = item.data
    if item.audio_ms:
        rate = _ASSISTANT_MS_PER_TOKEN if item.speaks else _USER_MS_PER_TOKEN
        return (text_tokens(item.text) if item.speaks else 0, round(item.audio_ms / rate))
    fields = (item.text, data.get("name"), data.get("arguments"), data.get("output"))
    return sum(text_tokens(str(text)) for text in fields if text), 0


def usage(
    instructions: str, context: Iterable[Item], output: Iterable[Item], cached: int = 0
) -> dict[str, Any]:
    """The usage of a response; `cached` is the input of the one before it."""
    given = [item_tokens(item) for item in context]
    made = [item_tokens(item) for item in output]
    text = text_tokens(instructions) + sum(pair[0] for pair in given)
    audio = sum(pair[1] for pair in given)
    cached = min(cached, text + audio) // _CACHE_STEP * _CACHE_STEP
    cached_text = min(cached, text)
    out_text, out_audio = sum(pair[0] for pair in made), sum(pair[1] for pair in made)
    return {
        "total_tokens": text + audio + out_text + out_audio,
        "input_tokens": text + audio,
        "output_tokens": out_text + out_audio,
        "input_token_details": {
            "text_tokens": text,
            "audio_tokens": audio,
            "image_tokens": 0,
            "cached_tokens": cached,
            "cached_tokens_details": {
                "text_tokens": cached_text,
                "audio_tokens": cached - cached_text,
                "image_tokens": 0,
            },
        },
        "output_token_details": {"text_tokens": out_text, "audio_tokens": out_audio},
    }
