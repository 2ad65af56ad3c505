"""What `/v2/listen` says, message by message, in the SDK's own types and order."""

from deepgram.listen.v2.types.listen_v2configure_failure import ListenV2ConfigureFailure
from deepgram.listen.v2.types.listen_v2configure_success import ListenV2ConfigureSuccess
from deepgram.listen.v2.types.listen_v2connected import ListenV2Connected
from deepgram.listen.v2.types.listen_v2fatal_error import ListenV2FatalError
from deepgram.listen.v2.types.listen_v2turn_info import ListenV2TurnInfo
from deepgram.listen.v2.types.listen_v2warning import ListenV2Warning
from pydantic import BaseModel

from parley.mulaw import silence
from sandbox.deepgram.flux import Flux
from sandbox.deepgram.recogniser import Word
from tests.strict import assert_fits
from tests.unit.sandbox.deepgram.line import TEXT, Line, event, knowing, line, spoken

EAGER = {"eager_eot_threshold": "0.5"}
TYPES: dict[str, type[BaseModel]] = {
    "Connected": ListenV2Connected,
    "TurnInfo": ListenV2TurnInfo,
    "ConfigureSuccess": ListenV2ConfigureSuccess,
    "ConfigureFailure": ListenV2ConfigureFailure,
    "Warning": ListenV2Warning,
    "Error": ListenV2FatalError,
}


class Forgetful:
    """A recogniser that hears a word in a guess and nothing in the end."""

    busy = False

    def __init__(self) -> None:
        self._answers = [(Word("well", 0, 200),)]

    async def recognise(self, _mulaw: bytes) -> tuple[Word, ...]:
        """The word, once."""
        return self._answers.pop() if self._answers else ()


def events(desk: Line) -> list[str]:
    """The turns' events in their order."""
    return [m["event"] for m in desk.said if m["type"] == "TurnInfo"]


def assert_all_fit(desk: Line) -> None:
    for number, message in enumerate(desk.said):
        assert_fits(TYPES[message["type"]], message)
        assert message["sequence_id"] == number


async def test_a_turn_in_its_order() -> None:
    """Connected first; the eager end's words are the end's words; the next turn counts on."""
    async with line(Flux, knowing(TEXT), EAGER) as desk:
        for count in (1, 2):
            await desk.hear(silence(200) + spoken())
            await desk.until(event("EndOfTurn"), count)

    assert desk.said[0]["type"] == "Connected"
    one = [m for m in desk.said[1:] if m["turn_index"] == 0]
    assert one[0]["event"] == "StartOfTurn"
    assert [m["event"] for m in one[-2:]] == ["EagerEndOfTurn", "EndOfTurn"]
    assert {m["event"] for m in one[1:-2]} == {"Update"}
    assert one[-2]["transcript"] == one[-1]["transcript"] == TEXT
    assert one[-2]["end_of_turn_confidence"] < 0.7 < one[-1]["end_of_turn_confidence"]
    assert one[-1]["trigger"] == "model"
    assert [m["turn_index"] for m in desk.all(event("EndOfTurn"))] == [0, 1]
    assert_all_fit(desk)


async def test_a_voice_that_goes_on_resumes_the_turn() -> None:
    """One turn, with the words of both parts."""
    async with line(Flux, knowing(TEXT), EAGER, stt_final_ms=1000) as desk:
        await desk.hear(spoken())
        await desk.until(event("EagerEndOfTurn"))
        await desk.hear(spoken())
        [end] = await desk.until(event("EndOfTurn"))

    kept = [name for name in events(desk) if name != "Update"]
    assert kept == ["StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EagerEndOfTurn", "EndOfTurn"]
    assert end["transcript"] == f"{TEXT} {TEXT}"
    assert_all_fit(desk)


async def test_nothing_is_eager_unasked() -> None:
    """And a sound without words is no turn."""
    async with line(Flux, knowing(TEXT), {}) as desk:
        await desk.hear(spoken("stop") + silence(400))
        await desk.hear(spoken())
        await desk.until(event("EndOfTurn"))

    assert set(events(desk)) == {"StartOfTurn", "Update", "EndOfTurn"}
    assert desk.said[-1]["transcript"] == TEXT


async def test_by_timeout_only() -> None:
    """With a threshold of 1 a turn ends after eot_timeout_ms of silence."""
    asked = {"eot_threshold": "1.0", "eot_timeout_ms": "800"}
    async with line(Flux, knowing(TEXT), asked) as desk:
        await desk.hear(spoken())
        [end] = await desk.until(event("EndOfTurn"))

    assert end["trigger"] == "timeout"
    assert end["audio_window_end"] - end["words"][-1]["end"] >= 0.8
    assert_all_fit(desk)


async def test_a_turn_is_ended_by_force() -> None:
    """Without one there is a warning."""
    async with line(Flux, knowing(TEXT), {"eot_threshold": "1.0"}) as desk:
        await desk.tell({"type": "ForceEndTurn"})
        await desk.hear(spoken())
        await desk.tell({"type": "ForceEndTurn"})

    assert desk.said[1]["code"] == "FORCE_END_TURN_NO_ACTIVE_TURN"
    assert (desk.said[-1]["event"], desk.said[-1]["trigger"]) == ("EndOfTurn", "manual")
    assert_all_fit(desk)


async def test_configure_changes_the_turns() -> None:
    """It is answered with all that is in force; what is out of range is refused and changes nothing."""
    async with line(Flux, knowing(TEXT), {"eot_threshold": "1.0"}) as desk:
        await desk.tell({"type": "Configure", "thresholds": {"eot_threshold": 3}})
        await desk.tell({"type": "Configure", "thresholds": {"eot_threshold": 0.8}, "keyterms": ["x"]})
        await desk.hear(spoken())
        [end] = await desk.until(event("EndOfTurn"))

    assert [m["type"] for m in desk.said[1:3]] == ["ConfigureFailure", "ConfigureSuccess"]
    assert desk.said[2]["thresholds"] == {"eot_threshold": 0.8, "eot_timeout_ms": 5000}
    assert end["trigger"] == "model"
    assert_all_fit(desk)


async def test_endless_talk_is_one_turn() -> None:
    """Its words are all there at the end."""
    async with line(Flux, knowing(TEXT), {}, stt_final_ms=300) as desk:
        await desk.hear(spoken() * 10)
        [end] = await desk.until(event("EndOfTurn"))

    assert 49 <= len(end["words"]) <= 50
    assert end["audio_window_start"] < 0.3
    assert_all_fit(desk)


async def test_a_turn_that_began_ends() -> None:
    """Though what was guessed is not heard in the end."""
    async with line(Flux, Forgetful(), {}) as desk:
        await desk.hear(spoken())
        [end] = await desk.until(event("EndOfTurn"))

    assert end["transcript"] == "well"


async def test_an_unknown_message_ends_the_stream() -> None:
    """After an error; CloseStream ends it without a word."""
    async with line(Flux, knowing(TEXT), {}) as desk:
        assert not await desk.tell({"type": "KeepAlive"})
        assert not await desk.tell({"type": "CloseStream"})

    assert [m["type"] for m in desk.said] == ["Connected", "Error"]
    assert_all_fit(desk)
