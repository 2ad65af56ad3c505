"""Tests of the calls whose effects are counted."""

import pytest

from bench.chaos.effects import (
    AGENT,
    MOMENTS,
    NEXT_AGENT,
    Outside,
    agents,
    effects_of,
    moments_of,
    spoken_twice,
)
from parley.agent_config import AgentConfig
from parley.v1.handoff_pb2 import AgentChanged
from parley.v1.playback_pb2 import PlaybackFinished
from parley.v1.reply_pb2 import ToolCalled
from parley.v1.telephony_pb2 import DtmfSent, StreamRedirected, TelephonyAttempted, TransferLegUpdated
from tests.event_factories import event, reply_events

BY_NAME = {moment.name: moment for moment in MOMENTS}


def test_the_agents_are_valid() -> None:
    """The next agent of the hand-off is one of them."""
    files = agents("sandbox", "http://127.0.0.1:1/")

    for content in files.values():
        AgentConfig.model_validate(content)
    assert {AGENT, NEXT_AGENT} <= files.keys()


def test_each_stage_is_killed_while_it_takes_part() -> None:
    """The edge takes no part in tools and hand-offs."""
    assert [moment.name for moment in moments_of("brain")] == list(BY_NAME)
    assert not {"tool", "hand-off"} & {moment.name for moment in moments_of("edge")}
    for moment in MOMENTS:
        assert moment.words in moment.script().texts


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("tool", ToolCalled()),
        ("hand-off", ToolCalled()),
        ("message", TelephonyAttempted()),
        ("warm transfer", TelephonyAttempted()),
        ("cold transfer", StreamRedirected()),
        ("keys", StreamRedirected()),
    ],
)
def test_a_moment_is_an_event_of_the_call(name: str, body: ToolCalled) -> None:
    """The effect is on its way and not in the log yet."""
    assert BY_NAME[name].is_reached(event(body))
    assert not BY_NAME[name].is_reached(event(StreamRedirected(withdrawn=True)))


def test_effects_are_counted_outside_and_by_their_ids() -> None:
    """A repeated event is the same effect; another CallSid is another call to the person."""
    leg = [event(TransferLegUpdated(call_sid=sid)) for sid in ("CA1", "CA1", "CA2")]
    keys = [event(DtmfSent(tool_call_id="t1"))] * 2
    changed = [event(AgentChanged(tool_call_id="t1"))]

    assert effects_of(BY_NAME["tool"], [], Outside(bookings=2)) == 2
    assert effects_of(BY_NAME["message"], [], Outside(messages=1)) == 1
    assert effects_of(BY_NAME["warm transfer"], leg, Outside()) == 2
    assert effects_of(BY_NAME["cold transfer"], leg[:2], Outside()) == 1
    assert effects_of(BY_NAME["hand-off"], changed, Outside()) == 1
    assert effects_of(BY_NAME["keys"], keys, Outside(keys_pressed=True)) == 1
    assert effects_of(BY_NAME["keys"], keys, Outside()) == 0


def test_a_sentence_that_was_played_twice_is_found() -> None:
    """A reply without any audio does not count."""
    events = [*reply_events("r1", 1, "Hello."), *reply_events("r2", 1, "Hello.")]
    played = [event(PlaybackFinished(reply_id=reply_id, played_samples=800)) for reply_id in ("r1", "r2")]

    assert spoken_twice([*events, played[0]]) == []
    assert spoken_twice([*events, *played]) == ["Hello."]
