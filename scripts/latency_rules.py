"""Generates `deploy/alerts/latency.yaml` from the latency budget: `python -m scripts.latency_rules`.

The budget allows 5 % of the turns to be slower than its p95 limit. The burn rate is the share of slow turns divided
by these 5 %. The SRE workbook's rates (14.4 and 6) are made for budgets of 0.1 %: 14.4 times 5 % are 72 %, which an
outage that slows every turn reaches only after 43 minutes. The windows here are shorter and the rates lower.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from cli.latency_budget import LatencyBudget, read_budget

FILE = Path(__file__).parents[1] / "deploy" / "alerts" / "latency.yaml"
ALLOWED_SLOW = 0.05
"""Share of the turns that may be slower than the p95 limit."""
_WINDOWS, _DAYS = ("5m", "30m", "2h", "6h"), ("1d", "3d")

_HEADER = """\
# Alerts on the latency budget of turns. Generated from deploy/latency-budget.yaml by `make alerts`; do not edit.
#
# A turn is slow if the first audio of its reply is sent later than the budget's p95 limit, {limit_s} s, after the end
# of the caller's speech. 5 % of the turns may be slow; the burn rate is the share of slow turns divided by 5 %.
groups:
  - name: parley-latency-budget
    rules:
"""


@dataclass(frozen=True, slots=True)
class Burn:
    """A burn rate that raises an alert when both windows exceed it."""

    rate: int
    long: str
    short: str
    min_slow: int
    """Slow turns in the long window below which the alert does not fire."""

    @property
    def share(self) -> float:
        """The share of slow turns at this burn rate."""
        return round(self.rate * ALLOWED_SLOW, 4)


FAST = Burn(8, "30m", "5m", 10)
"""All turns slow: fires after 12 minutes, when 0.6 % of a month's budget is spent."""
SLOW = Burn(4, "6h", "30m", 30)
"""All turns slow: fires after 72 minutes, when 3 % of a month's budget is spent."""
STEADY = (Burn(2, "1d", "2h", 50), Burn(1, "3d", "6h", 50))
"""More slow turns than allowed, day after day."""


def seconds(limit_ms: int) -> str:
    """Milliseconds in seconds, as a bucket's bound is written: `0.9`, `1.0`."""
    return str(float(limit_ms) / 1000)


def latency_rules(budget: LatencyBudget) -> str:
    """The rule file for a budget."""
    limit_s, median_s = seconds(budget.turn.p95_ms), seconds(budget.turn.p50_ms)
    return "".join(
        (
            _HEADER.format(limit_s=limit_s),
            *(
                _limit("turn", quantile, value_s)
                for quantile, value_s in (("0.5", median_s), ("0.95", limit_s))
            ),
            *(
                _limit(part, quantile, seconds(ms))
                for part, limit in (*budget.parts.items(), ("overhead", budget.overhead))
                for quantile, ms in (("0.5", limit.p50_ms), ("0.95", limit.p95_ms))
            ),
            "  - name: parley-latency-days\n    interval: 2m\n    rules:\n",
            *(_counts(window, limit_s) for window in _DAYS),
            "  - name: parley-latency\n    rules:\n",
            *(_counts(window, limit_s) for window in _WINDOWS),
            _burn_alert("Fast", FAST, "page", limit_s),
            _burn_alert("Slow", SLOW, "page", limit_s),
            _steady_alert(limit_s),
            _median_alert(median_s),
            _part_alert(),
            _overhead_alert(seconds(budget.overhead.p95_ms)),
        )
    )


def _limit(part: str, quantile: str, value_s: str) -> str:
    return f"""\
      - record: parley:latency_budget:seconds
        expr: vector({value_s})
        labels: {{part: {part}, quantile: "{quantile}"}}
"""


def _counts(window: str, limit_s: str) -> str:
    by = "sum by (namespace, agent)"
    return f"""\
      - record: namespace_agent:parley_turns:increase{window}
        expr: {by} (increase(parley_turn_latency_seconds_count[{window}]))
      - record: namespace_agent:parley_turns_slow:increase{window}
        expr: |
          {by} (increase(parley_turn_latency_seconds_count[{window}]))
          - {by} (increase(parley_turn_latency_seconds_bucket{{le="{limit_s}"}}[{window}]))
"""


def _exceeds(burn: Burn, labels: str) -> str:
    def share(window: str) -> str:
        slow, all_ = (
            f"namespace_agent:parley_turns_slow:increase{window}",
            f"namespace_agent:parley_turns:increase{window}",
        )
        return f"sum by ({labels}) ({slow}) / sum by ({labels}) ({all_}) > {burn.share}"

    long_slow = (
        f"sum by ({labels}) (namespace_agent:parley_turns_slow:increase{burn.long}) >= {burn.min_slow - 0.5}"
    )
    indent = "\n          "
    return indent.join((share(burn.long), "and", share(burn.short), "and", long_slow))


def _burn_alert(name: str, burn: Burn, severity: str, limit_s: str) -> str:
    return f"""\
      - alert: ParleyTurnLatencyBurn{name}
        expr: |
          {_exceeds(burn, "namespace")}
        for: 1m
        labels: {{severity: {severity}, subject: latency}}
        annotations:
          summary: Callers wait too long for replies
          description: >-
            {{{{ $value | humanizePercentage }}}} of the turns of the last {burn.long} were answered later than {limit_s} s
            after the end of the caller's speech; 5 % are allowed. The budget burns {burn.rate} times as fast as it may,
            or faster.
          runbook_url: docs/operate/runbooks/ParleyTurnLatencyBurn{name}.md
          dashboard: /d/parley-latency
"""


def _steady_alert(limit_s: str) -> str:
    fast, slow = (_exceeds(burn, "namespace, agent") for burn in STEADY)
    return f"""\
      - alert: ParleyTurnLatencyBurnSteady
        expr: |
          {fast}
          or
          {slow}
        for: 15m
        labels: {{severity: ticket, subject: latency}}
        annotations:
          summary: The agent {{{{ $labels.agent }}}} exceeds its latency budget
          description: >-
            {{{{ $value | humanizePercentage }}}} of the turns with the agent {{{{ $labels.agent }}}} were answered later than
            {limit_s} s, for days; 5 % are allowed.
          runbook_url: docs/operate/runbooks/ParleyTurnLatencyBurnSteady.md
          dashboard: /d/parley-latency
"""


def _median_alert(median_s: str) -> str:
    def within(window: str) -> str:
        counted = f'parley_turn_latency_seconds_bucket{{le="{median_s}"}}'
        return (
            f"sum by (namespace, agent) (increase({counted}[{window}]))\n"
            f"            / sum by (namespace, agent) (increase(parley_turn_latency_seconds_count[{window}])) < 0.5"
        )

    return f"""\
      - alert: ParleyTurnLatencyMedian
        expr: |
          {within("6h")}
          and
          {within("30m")}
          and
          sum by (namespace, agent) (namespace_agent:parley_turns:increase6h) >= 99.5
        for: 15m
        labels: {{severity: ticket, subject: latency}}
        annotations:
          summary: The median latency of the agent {{{{ $labels.agent }}}} exceeds the budget
          description: >-
            Only {{{{ $value | humanizePercentage }}}} of the turns with the agent {{{{ $labels.agent }}}} were answered within
            {median_s} s; at least half should be.
          runbook_url: docs/operate/runbooks/ParleyTurnLatencyMedian.md
          dashboard: /d/parley-latency
"""


def _part_alert() -> str:
    by = "sum by (namespace, part, le) (rate(parley_turn_part_seconds_bucket[{}]))"
    limit = 'on (part) group_left () 1.5 * parley:latency_budget:seconds{quantile="0.95"}'
    return f"""\
      - alert: ParleyTurnLatencyPart
        expr: |
          histogram_quantile(0.95, {by.format("1h")})
            > {limit}
          and
          histogram_quantile(0.95, {by.format("15m")})
            > {limit}
          and
          sum by (namespace, part) (increase(parley_turn_part_seconds_count[1h])) >= 49.5
        for: 15m
        labels: {{severity: ticket, subject: latency}}
        annotations:
          summary: The part {{{{ $labels.part }}}} of turns takes too long
          description: >-
            The p95 of {{{{ $labels.part }}}} is {{{{ $value | humanizeDuration }}}}, more than one and a half times its share of
            the latency budget.
          runbook_url: docs/operate/runbooks/ParleyTurnLatencyPart.md
          dashboard: /d/parley-latency
"""


def _overhead_alert(limit_s: str) -> str:
    def exceeding(window: str) -> str:
        return (
            "1 - (\n"
            f'            sum by (namespace) (increase(parley_turn_overhead_seconds_bucket{{le="{limit_s}"}}[{window}]))\n'
            f"            / sum by (namespace) (increase(parley_turn_overhead_seconds_count[{window}]))\n"
            "          ) > 0.1"
        )

    return f"""\
      - alert: ParleyTurnOverhead
        expr: |
          {exceeding("1h")}
          and
          {exceeding("15m")}
          and
          sum by (namespace) (increase(parley_turn_overhead_seconds_count[1h])) >= 49.5
        for: 15m
        labels: {{severity: ticket, subject: latency}}
        annotations:
          summary: Parley itself makes turns slow
          description: >-
            In {{{{ $value | humanizePercentage }}}} of the turns of the last hour Parley's own share of the latency, without
            the time spent waiting for providers, was more than {limit_s} s; 5 % are allowed.
          runbook_url: docs/operate/runbooks/ParleyTurnOverhead.md
          dashboard: /d/parley-latency
"""


def main() -> int:
    """Write the file; returns 0."""
    FILE.write_text(latency_rules(read_budget()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
