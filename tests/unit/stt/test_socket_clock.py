"""Which call time a provider means."""

from services.stt.socket_clock import SocketClock


def test_a_sockets_zero_is_where_its_sound_began() -> None:
    """Whatever was heard before it."""
    clock = SocketClock()
    clock.sent(1600, 5000)

    assert clock.call_ms(0) == 5000
    assert clock.call_ms(150) == 5150


def test_a_leap_of_the_sound_is_a_leap_of_its_times() -> None:
    """Sound of 200 ms, a hole of ten seconds, sound again."""
    clock = SocketClock()
    clock.sent(1600, 1000)
    clock.sent(1600, 11_200)

    assert clock.call_ms(100) == 1100
    assert clock.call_ms(250) == 11_250


def test_filling_is_no_time_of_the_call() -> None:
    """What keeps a socket alive shifts nothing."""
    clock = SocketClock()
    clock.sent(1600, 1000)
    clock.filled(640)
    clock.sent(1600, 1200)

    assert clock.call_ms(240) == 1200
    assert clock.call_ms(280) == 1200
    assert clock.call_ms(300) == 1220
