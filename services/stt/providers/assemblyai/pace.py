"""How fast buffered audio may be sent after a connection was replaced. No I/O, no clock.

AssemblyAI ends a session whose audio arrives faster than real time (3007), and does not document how much
faster is allowed.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Pace:
    """The pace of all sessions of a process; it slows down when AssemblyAI has refused it."""

    speed: float = 1.5
    """Audio per time, once `burst_ms` have been sent."""
    burst_ms: float = 3000.0

    def slow_down(self) -> None:
        """Send little faster than real time from now on."""
        self.speed, self.burst_ms = 1.05, 1000.0


@dataclass(slots=True)
class SessionPace:
    """The audio of one session."""

    pace: Pace
    started_s: float
    _sent_ms: float = field(default=0.0)

    def sent(self, duration_ms: float) -> None:
        """Count audio that was sent."""
        self._sent_ms += duration_ms

    def delay_s(self, now_s: float, duration_ms: float) -> float:
        """Time to wait before audio of a duration is sent, in seconds."""
        ahead_ms = self._sent_ms + duration_ms - self.pace.burst_ms
        return max(0.0, ahead_ms / 1000 / self.pace.speed - (now_s - self.started_s))
