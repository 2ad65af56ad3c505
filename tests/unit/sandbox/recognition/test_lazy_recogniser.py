"""A recogniser that is opened by its first audio."""

from sandbox.recognition.lazy_recogniser import LazyRecogniser
from sandbox.recognition.settings import RecognitionSettings
from tests.recordings import recordings, registration_of

TEXT = "hello"


async def test_registered_words_are_recognised() -> None:
    """By the oracle, if the settings choose it."""
    recogniser = LazyRecogniser(RecognitionSettings(stt="oracle"))
    recogniser.oracle.register(registration_of(TEXT)["utterances"])

    words = await recogniser.recognise(recordings().utterance(TEXT).mulaw)
    assert [word.text for word in words] == [TEXT]
    assert not recogniser.busy
    await recogniser.aclose()
