"""The table of the drill: each alert, its rule test, the fault, and the times. No I/O."""

from collections.abc import Iterable, Mapping, Sequence

from bench.alert_drill.drill import Result
from bench.alert_drill.monitoring import Alert

NOT_PROVOKED: Mapping[str, str] = {
    "ParleyWatchdog": "fires always; the drill requires its notifications",
    "ParleyNoCalls": "compares with the calls of a week ago",
    "ParleyOutboundCallsFail": "the emulated telephone network has no outbound call that fails",
    "ParleyAudioLost": "audio is retransmitted in all faults of this drill; `make chaos` counts what is lost",
    "ParleySlowConsumer": "needs more audio than this machine can produce",
    "ParleyJetStreamStorage": "needs a NATS account with a storage limit",
    "ParleyStreamReplicasLagging": "two of three are the majority: see ParleyStreamsUnavailable",
    "ParleyRecordingsDisk": "needs a disk of its own for the recordings",
    "ParleyModelShutdown": "depends on the day: a model must end within a month",
}
"""Alerts that the drill does not make fire, with the reason; their rule tests show them."""


def markdown(results: Sequence[Result], factor: float, alerts: Iterable[Alert], about: str) -> str:
    """The report."""
    lines = [
        "# Alert drill",
        "",
        about,
        "",
        f"All durations of the rules are divided by {factor:g} (ranges to 5 s at least). Each alert",
        "is tested by `tests/deploy/test_alerts.py` with the cases in `tests/deploy/alert_cases`.",
        "",
        "| alert | severity | blow | fired after s | notified | resolved after s |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(result) for result in results),
        "",
        "Not provoked here:",
        "",
        "| alert | severity | reason |",
        "| --- | --- | --- |",
    ]
    provoked = {result.alert for result in results}
    for alert in sorted(set(alerts) - provoked, key=lambda alert: (alert.name, alert.severity)):
        lines.append(f"| {alert.name} | {alert.severity} | {NOT_PROVOKED.get(alert.name, 'not selected')} |")
    return "\n".join(lines) + "\n"


def _row(result: Result) -> str:
    fired = "never" if result.fired_s is None else f"{result.fired_s:.0f}"
    if result.fired_before:
        fired += " (fired before)"
    resolved = "never" if result.resolved_s is None else f"{result.resolved_s:.0f}"
    if result.resolution_not_awaited:
        resolved = "not awaited"
    return (
        f"| {result.alert.name} | {result.alert.severity} | {result.blow} | {fired} | {result.delivered} |"
        f" {resolved} |"
    )
