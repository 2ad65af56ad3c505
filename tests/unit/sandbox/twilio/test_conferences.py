"""Conference rooms: start, mixing, end."""

from parley.audio.g711 import FRAME_BYTES
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.twilio.conferences import Conferences
from sandbox.twilio.verbs import Conference

LOUD, OTHER = b"\x10" * FRAME_BYTES, b"\x20" * FRAME_BYTES


def test_two_participants_are_connected_once_one_of_them_starts_the_conference() -> None:
    """Before, music or silence is played to them."""
    conferences = Conferences()
    first, events = conferences.join("CA1", Conference("room", start_on_enter=False, wait_url=""))
    assert (events, first.next_frame()) == (["participant-join"], SILENT_FRAME)
    waiting, _ = conferences.join("CA2", Conference("other"))
    assert waiting.next_frame() != SILENT_FRAME

    second, events = conferences.join("CA3", Conference("room", end_on_exit=True))
    first.on_frame(LOUD, SILENT_FRAME)
    second.on_frame(OTHER, SILENT_FRAME)

    assert events == ["participant-join", "conference-start"]
    assert (first.next_frame(), second.next_frame()) == (OTHER, LOUD)


def test_three_participants_are_mixed() -> None:
    """No participant receives its own audio."""
    conferences = Conferences()
    one, two, three = (conferences.join(sid, Conference("room"))[0] for sid in ("CA1", "CA2", "CA3"))
    one.on_frame(LOUD, SILENT_FRAME)
    two.on_frame(OTHER, SILENT_FRAME)

    assert three.next_frame() not in (LOUD, OTHER, SILENT_FRAME)
    assert (one.next_frame(), two.next_frame()) == (OTHER, LOUD)


def test_the_exit_of_a_participant_may_end_the_conference() -> None:
    """The others leave too; the same name is then another conference."""
    conferences = Conferences()
    stays, _ = conferences.join("CA1", Conference("room"))
    leaves, _ = conferences.join("CA2", Conference("room", end_on_exit=True))

    assert conferences.leave(leaves) == ["participant-leave", "conference-end"]
    assert stays.left.is_set()
    assert conferences.leave(leaves) == []
    again, _ = conferences.join("CA3", Conference("room"))
    assert again.room.sid != stays.room.sid
