"""Which call time a provider means."""

from services.stt.provider_clock import ProviderClock


def test_a_sockets_zero_is_where_its_sound_began() -> None:
    """Whatever was heard before it."""
    clock = ProviderClock()
    clock.audio_sent(1600, 5000)

    assert clock.to_call_ms(0) == 5000
    assert clock.to_call_ms(150) == 5150


def test_a_leap_of_the_sound_is_a_leap_of_its_times() -> None:
    """Sound of 200 ms, a hole of ten seconds, sound again."""
    clock = ProviderClock()
    clock.audio_sent(1600, 1000)
    clock.audio_sent(1600, 11_200)

    assert clock.to_call_ms(100) == 1100
    assert clock.to_call_ms(250) == 11_250


def test_filling_is_no_time_of_the_call() -> None:
    """What keeps a socket alive shifts nothing."""
    clock = ProviderClock()
    clock.audio_sent(1600, 1000)
    clock.padding_sent(640)
    clock.audio_sent(1600, 1200)

    assert clock.to_call_ms(240) == 1200
    assert clock.to_call_ms(280) == 1200
    assert clock.to_call_ms(300) == 1220
