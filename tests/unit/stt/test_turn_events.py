"""The events of the caller's turns."""

from parley.v1.speech_pb2 import EagerEndOfTurn, TranscriptUpdated, TurnEnded
from services.stt.transcript import Transcript
from services.stt.turn_events import TurnEvents
from tests.event_factories import bodies_of
from tests.unit.stt.doubles import FakeLog


async def test_an_unchanged_text_is_published_once_in_a_turn() -> None:
    """Also the text of a probable end, unless the turn has continued since."""
    log = FakeLog()
    events, transcript = TurnEvents(log), Transcript().with_interim("hello", (), 900)
    for _ in range(2):
        await events.transcript(transcript, final=False)
        await events.eager_end(transcript, 800)
    await events.resumed(transcript)
    await events.eager_end(transcript, 800)
    await events.ended(transcript, 800, "silence", ("deepgram", "nova-3"))
    events.next_turn()
    await events.transcript(transcript.next_turn().with_interim("hello", (), 1900), final=False)

    assert [body.turn for body in bodies_of(log.bodies, TranscriptUpdated)] == [1, 2]
    assert len(bodies_of(log.bodies, EagerEndOfTurn)) == 2
    [ended] = bodies_of(log.bodies, TurnEnded)
    assert (ended.text, ended.speech_end_ms, ended.decided_by) == ("hello", 800, "silence")
    assert (ended.provider, ended.model) == ("deepgram", "nova-3")
