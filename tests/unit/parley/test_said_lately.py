"""What is said again to the next server."""

import pytest

from parley.bus import said_lately
from parley.bus.said_lately import SaidLately


@pytest.fixture
def told() -> list[bytes]:
    return []


@pytest.fixture
def lately(told: list[bytes]) -> SaidLately:
    """All that it says again comes to `told`."""

    async def say(_subject: str, data: bytes) -> None:
        told.append(data)

    return SaidLately(say)


async def test_what_was_said_a_moment_ago_is_said_again_in_order(
    lately: SaidLately, told: list[bytes]
) -> None:
    """As often as the connection is lost."""
    for number in range(5):
        lately.keep("s", bytes([number]), forget=True)

    await lately.again()
    await lately.again()

    assert told == [bytes([number]) for number in range(5)] * 2


async def test_one_subject_is_repeated_without_the_others(
    lately: SaidLately, told: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far back as is asked for; new sound is not held up by it."""
    now_s = 100.0
    monkeypatch.setattr(said_lately.time, "monotonic", lambda: now_s)
    for number in range(10):
        lately.keep("ab"[number % 2], bytes([number]), forget=True)
        now_s += 1

    await lately.repeat(12, "a")
    assert told == [bytes([number]) for number in (0, 2, 4, 6, 8)]
    told.clear()
    await lately.repeat(3.5)
    assert told == [bytes([number]) for number in (7, 8, 9)]
    assert not lately.speaking


async def test_what_is_long_past_is_forgotten_unless_the_bus_is_away(
    lately: SaidLately, told: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost that nobody could have got."""
    now_s = 100.0
    monkeypatch.setattr(said_lately.time, "monotonic", lambda: now_s)
    lately.keep("s", b"old", forget=True)
    now_s += 60
    lately.keep("s", b"away", forget=False)
    await lately.again()
    assert told == [b"old", b"away"]

    now_s += 60
    lately.keep("s", b"back", forget=True)
    told.clear()
    await lately.again()
    assert told == [b"back"]


async def test_there_is_an_end_to_what_is_kept(
    lately: SaidLately, told: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest counts."""
    monkeypatch.setattr(said_lately, "_MOST_BYTES", 10)
    for number in range(20):
        lately.keep("s", bytes([number]), forget=False)

    await lately.again()

    assert told == [bytes([number]) for number in range(10, 20)]


async def test_what_is_said_meanwhile_comes_after_it(told: list[bytes]) -> None:
    """Readers drop what comes late."""

    async def say(_subject: str, data: bytes) -> None:
        if not told:
            assert lately.speaking
            lately.keep("s", b"new", forget=True)
        told.append(data)

    lately = SaidLately(say)
    lately.keep("s", b"1", forget=True)
    lately.keep("s", b"2", forget=True)
    await lately.again()

    assert told == [b"1", b"2", b"new"]
    assert not lately.speaking
