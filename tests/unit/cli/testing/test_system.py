"""The environment of the system that tests run against."""

from cli.testing.system import clean_environment, emulated_stages

GIVEN = {
    "PATH": "/bin",
    "BOOKING_TOKEN": "t",
    "TWILIO_AUTH_TOKEN": "x",
    "OPENAI_API_KEY": "k",
    "PARLEY_DEEPGRAM_URL": "http://stt",
    "PARLEY_POSTGRES_URL": "postgres://production",
    "PARLEY_NATS_URL": "nats://production",
}


def test_tests_do_not_use_the_database_or_the_streams_of_production() -> None:
    assert clean_environment(GIVEN, live=False) == {"PATH": "/bin", "BOOKING_TOKEN": "t"}


def test_live_tests_use_the_providers_but_never_twilio() -> None:
    live = clean_environment(GIVEN, live=True)

    assert live.keys() == {"PATH", "BOOKING_TOKEN", "OPENAI_API_KEY", "PARLEY_DEEPGRAM_URL"}


def test_a_stage_is_emulated_if_its_key_is_the_sandboxs() -> None:
    keys = {"DEEPGRAM_API_KEY": "sandbox", "OPENAI_API_KEY": "sk-real", "ELEVENLABS_API_KEY": "sandbox"}

    assert emulated_stages(keys) == {"stt", "tts"}
    assert emulated_stages({}) == frozenset()
