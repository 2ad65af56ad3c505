"""Lines that send no audio while the caller is silent."""

import pytest

from tests.field.caller_turns import CallerTurns
from tests.field.rows import Seen, row

CASES = [
    ("a sentence, frames stop after 200 ms", 200, False, ["I need an appointment on Friday"], 1300),
    ("a sentence, frames stop at once", 0, False, ["I need an appointment on Friday"], 2400),
    ("a sentence, Flux", 200, True, ["I need an appointment on Friday"], 1300),
    ("an unfinished sentence", 200, False, ["I would like to"], 1400),
    ("a dictation", 200, False, ["my number is five five five"], 2700),
    ("a dictation, Flux", 200, True, ["my number is five five five"], 2700),
]


@row("T9", "no frames in silence", "the clock ends the turn")
@pytest.mark.parametrize(("about", "after_ms", "flux", "groups", "within_ms"), CASES, ids=str)
async def test_the_clock_ends_the_turn(
    about: str, after_ms: int, flux: bool, groups: list[str], within_ms: int, seen: Seen
) -> None:
    """Not the next frame, which never arrives."""
    ended = await CallerTurns(suppress_silence_after_ms=after_ms, flux=flux).play(groups, 0)
    seen([(turn.text, turn.silence_ms) for turn in ended])

    assert [turn.text for turn in ended] == groups, about
    assert ended[0].silence_ms <= within_ms


@row("T9", "the second turn on a line without frames in silence", "ends as early as on any line")
@pytest.mark.parametrize("after_ms", [0, 60, 200, 400])
@pytest.mark.parametrize("flux", [False, True])
async def test_the_line_is_recognized_after_its_first_pause(after_ms: int, flux: bool, seen: Seen) -> None:
    """The call time of its audio has a gap."""
    caller = CallerTurns(suppress_silence_after_ms=after_ms, flux=flux)
    ended = await caller.play(["hello there", "I need an appointment on Friday"], 5000)
    seen([turn.silence_ms for turn in ended])

    assert [turn.text for turn in ended] == ["hello there", "I need an appointment on Friday"]
    assert ended[1].silence_ms <= after_ms + 420


@row("T9", "a dictation on a line without frames in silence, pauses of 900 to 1,500 ms", "one turn")
@pytest.mark.parametrize("pause_ms", [900, 1200, 1500])
@pytest.mark.parametrize("flux", [False, True])
async def test_a_dictation_is_one_turn(pause_ms: int, flux: bool, seen: Seen) -> None:
    """The clock measures the patience too."""
    caller = CallerTurns(suppress_silence_after_ms=100, flux=flux)
    ended = await caller.play(["my card number is 4111", "1111", "1111", "1111"], pause_ms)
    seen([(turn.text, turn.silence_ms) for turn in ended])

    assert [turn.text for turn in ended] == ["my card number is 4111 1111 1111 1111"]
    assert caller.eager <= 1
