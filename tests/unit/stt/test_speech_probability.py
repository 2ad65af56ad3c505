"""When the model runs, and on which audio."""

from services.stt.speech_probability import FRAME_BYTES, WINDOW_BYTES, SpeechProbability


def frame(number: int) -> bytes:
    """A frame of which every sample is its number."""
    return bytes([number]) * FRAME_BYTES


class Recorder:
    """A model that keeps its input."""

    def __init__(self) -> None:
        self.windows: list[bytes] = []

    def __call__(self, window: bytes) -> float:
        """Return 0.7."""
        self.windows.append(window)
        return 0.7


def test_the_model_does_not_process_quiet_audio() -> None:
    """Except for the four frames after louder audio."""
    model = Recorder()
    probability = SpeechProbability(model)
    audible = [False, True, False, False, False, False, False]
    seen = [probability.update(frame(1), audible=loud, speaking=False) for loud in audible]
    assert seen == [0, 0.7, 0.7, 0.7, 0.7, 0, 0]


def test_outside_of_speech_each_frame_has_a_window() -> None:
    """Each ends with its frame."""
    model = Recorder()
    probability = SpeechProbability(model)
    for number in range(3):
        probability.update(frame(number), audible=True, speaking=False)
    assert [window[-1] for window in model.windows] == [0, 1, 2]
    assert all(len(window) == WINDOW_BYTES for window in model.windows)


def test_in_speech_the_windows_follow_each_other() -> None:
    """Eight frames of 20 ms are five windows of 32 ms, of which none is lost and none is processed twice."""
    model = Recorder()
    probability = SpeechProbability(model)
    audio = bytes(range(1, 161)) * 8
    for at in range(0, len(audio), FRAME_BYTES):
        probability.update(audio[at : at + FRAME_BYTES], audible=True, speaking=True)
    assert b"".join(window[3:] for window in model.windows) == audio
