"""Faults apply to some sockets only."""

from sandbox.recognition.faults import SocketFaults
from sandbox.recognition.settings import RecognitionSettings


def test_a_fault_is_given_to_the_configured_number_of_sockets() -> None:
    """Sockets for another model do not count."""
    settings = RecognitionSettings(stt_fault_model="m", stt_fault_sockets=2)
    faults = SocketFaults(lambda: settings)

    assert [faults.take(model) for model in ("m", "x", "m", "m")] == [True, False, True, False]
