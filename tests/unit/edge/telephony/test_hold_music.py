"""The hold music."""

from itertools import islice

from parley.audio.g711 import DECODE
from services.edge.telephony.hold_music import PIECE_S, pieces


def test_the_music_is_quiet_and_has_no_clicks() -> None:
    """Each piece begins and ends in silence."""
    notes = list(islice(pieces(), 48))

    assert {len(note) for note in notes} == {int(PIECE_S * 8000)}
    assert notes[:24] == notes[24:]
    assert max(abs(DECODE[byte]) for note in notes for byte in note) < 3000
    assert all(abs(DECODE[note[0]]) < 50 and abs(DECODE[note[-1]]) < 50 for note in notes)
