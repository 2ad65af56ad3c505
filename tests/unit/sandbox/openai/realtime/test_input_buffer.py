"""The caller's audio that has not been committed."""

from parley.audio.g711 import make_silence
from sandbox.openai.realtime.input_buffer import InputBuffer


def test_audio_is_buffered_until_it_is_taken() -> None:
    """Positions count from the beginning of the session."""
    buffer = InputBuffer()
    buffer.append(make_silence(120))
    buffer.append(make_silence(80))

    assert buffer.duration_ms == 200
    assert buffer.take().duration_ms == 200
    assert (buffer.duration_ms, buffer.end_ms) == (0, 200)


def test_older_audio_is_dropped() -> None:
    """While the caller is silent."""
    buffer = InputBuffer()
    buffer.append(make_silence(500) + b"a" * 80)
    buffer.keep_last(20)

    assert buffer.peek() == make_silence(10) + b"a" * 80


def test_a_short_buffer_cannot_be_committed() -> None:
    """The text has its length."""
    buffer = InputBuffer()
    buffer.append(make_silence(50))
    error = buffer.commit_error()

    assert error is not None
    assert error.message.endswith("buffer only has 50.00ms of audio.")
    buffer.append(make_silence(50))
    assert buffer.commit_error() is None
    buffer.clear()
    assert buffer.commit_error() is not None
