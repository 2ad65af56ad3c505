"""The choice of a voice for agents that name none."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from services.tts.providers.elevenlabs_voices import VoiceDirectory, choose_voice, read_voices

OWN = {"voice_id": "own", "name": "Own", "category": "cloned", "is_owner": True}
LIBRARY = {"voice_id": "lib", "name": "Lib", "category": "professional", "is_owner": False}
COPIED = {"voice_id": "cop", "category": "professional", "sharing": {"status": "copied"}}
DEFAULT = {"voice_id": "def", "name": "Default", "category": "premade"}
UNTRAINED = {**OWN, "voice_id": "unt", "fine_tuning": {"state": {"m": "not_started"}}}


def directory(*responses: httpx.Response | Exception) -> VoiceDirectory:
    """A directory whose requests get these responses, the last one repeatedly."""
    left = list(responses)

    def respond(request: httpx.Request) -> httpx.Response:
        assert request.headers["xi-api-key"] == "key"
        response = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(response, Exception):
            raise response
        return response

    client = httpx.AsyncClient(transport=httpx.MockTransport(respond))
    return VoiceDirectory(client, "http://x", "key")


def listing(*voices: Any) -> httpx.Response:
    """A response with these voices."""
    return httpx.Response(200, json={"voices": list(voices)})


@pytest.mark.parametrize(
    ("voices", "chosen"),
    [
        ([DEFAULT, LIBRARY, OWN], "own"),
        ([DEFAULT, LIBRARY], "lib"),
        ([DEFAULT, COPIED], "cop"),
        ([DEFAULT], "def"),
        ([UNTRAINED, DEFAULT], "def"),
        ([UNTRAINED, LIBRARY, DEFAULT, OWN], "own"),
    ],
)
def test_the_accounts_own_voices_come_first(voices: list[dict[str, Any]], chosen: str) -> None:
    """Default voices end; library voices need a paid plan; a voice may not be trained for the model."""
    voice = choose_voice(read_voices({"voices": voices}), "m")
    assert voice is not None
    assert voice.voice_id == chosen


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["voices", "voice_id", "name", "category", "sharing", "fine_tuning", "state"]
                ),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_any_response_is_read(body: Any) -> None:
    """Entries that are not voices are skipped."""
    assert all(voice.voice_id for voice in read_voices(body))


async def test_the_voices_are_listed_once() -> None:
    """All calls of the process use the same voice."""
    voices = directory(listing(OWN), httpx.Response(500))

    assert [await voices.voice_for("m") for _ in range(3)] == ["own"] * 3


async def test_a_refused_voice_is_replaced() -> None:
    """Without another, the remedy is to add one."""
    voices = directory(listing(LIBRARY, DEFAULT))
    assert await voices.voice_for("m") == "lib"
    assert voices.refuse("lib")
    assert await voices.voice_for("m") == "def"
    assert not voices.refuse("def")
    with pytest.raises(ProviderRejected, match=r"add one at .* then set tts\.voice"):
        await voices.voice_for("m")


@pytest.mark.parametrize(
    ("response", "kind", "text"),
    [
        (
            httpx.Response(401, json={"detail": {"status": "missing_permissions", "message": "voices_read"}}),
            ProviderRejected,
            "voices_read; give the API key this permission",
        ),
        (httpx.Response(401, json={"detail": "no"}), ProviderRejected, "or set tts.voice"),
        (httpx.Response(500), ProviderUnavailable, "HTTP 500"),
        (httpx.Response(200, text="<html>"), ProviderUnavailable, "not JSON"),
        (httpx.Response(200, json=None), ProviderUnavailable, "not JSON"),
        (httpx.Response(200, json=[1]), ProviderUnavailable, "another form"),
        (listing(), ProviderRejected, "no voice"),
        (httpx.ConnectError("x"), ProviderUnavailable, "no list of voices"),
        (httpx.ReadTimeout("x"), ProviderTimeout, "no list of voices"),
    ],
)
async def test_a_failed_listing_is_explained_and_repeated(
    response: httpx.Response | Exception, kind: type[ProviderError], text: str
) -> None:
    """The next use of the voice tries again."""
    voices = directory(response, listing(OWN))
    with pytest.raises(kind, match=text):
        await voices.voice_for("m")

    assert await voices.voice_for("m") == "own"
