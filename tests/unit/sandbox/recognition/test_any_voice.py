"""Tests of choosing a recogniser by the voice."""

from dataclasses import dataclass

from sandbox.recognition.any_voice import AnyVoice
from sandbox.recognition.recogniser import Word


@dataclass
class _Recogniser:
    name: str
    busy: bool = False

    async def recognise(self, _mulaw: bytes) -> tuple[Word, ...]:
        return (Word(self.name, 0, 100),)


class _Registry:
    def is_synthetic(self, mulaw: bytes) -> bool:
        return mulaw == b"simulated"


async def test_the_voice_decides() -> None:
    """A simulated caller has a recogniser of its own; it is busy if one of them is."""
    human = _Recogniser("human")
    recogniser = AnyVoice(_Registry(), _Recogniser("synthetic"), human)
    assert [word.text for word in await recogniser.recognise(b"simulated")] == ["synthetic"]
    assert [word.text for word in await recogniser.recognise(b"a person")] == ["human"]
    assert not recogniser.busy
    human.busy = True
    assert recogniser.busy
