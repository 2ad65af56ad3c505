"""How the Helm chart restarts the pods of a stage. No I/O, no clock."""

import math
from dataclasses import dataclass

STAGES = ("stt", "brain", "tts", "recorder", "edge")
_CLOSE_S = 15.0
_EDGE_PRE_STOP_S, _EDGE_MOVE_S = 5.0, 10.0


@dataclass(frozen=True, slots=True)
class Rollout:
    """The update strategy and the time limits of a stage's pods."""

    surge: bool
    """Whether a new pod is ready before an old one stops (maxSurge 1, maxUnavailable 0)."""
    pre_stop_s: float
    """Wait before SIGTERM, in which the pod still accepts requests."""
    grace_period_s: float
    """terminationGracePeriodSeconds: SIGKILL follows after it. The wait before SIGTERM is part of it."""


def rollout(stage: str, drain_timeout_s: float) -> Rollout:
    """Strategy and time limits of a stage, as the chart renders them; tests/deploy compares the two."""
    drain_s = math.ceil(drain_timeout_s)
    if stage == "edge":
        return Rollout(False, _EDGE_PRE_STOP_S, drain_s + _EDGE_MOVE_S + _EDGE_PRE_STOP_S + _CLOSE_S)
    return Rollout(True, 0.0, drain_s + _CLOSE_S)
