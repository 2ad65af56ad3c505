"""The overview: one panel per question, and links to the dashboards with the details."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.dashboards import bus, calls, latency, providers, quality, survival
from scripts.dashboards.budget import Budget
from scripts.dashboards.layout import Section, build


def overview(limits: Budget) -> Dashboard:
    """The most important panels of the other dashboards."""
    return build(
        "parley-overview",
        "Parley / Overview",
        "Start here: one number per question; the links at the top lead to the details.",
        (latency.AGENT, calls.STAGE, latency.PROVIDER, latency.MODEL),
        (
            Section(
                "Now and in this time range",
                [
                    [
                        calls.open_streams(),
                        latency.percentile(0.5, limits.turn_p50),
                        latency.percentile(0.95, limits.turn_p95),
                        latency.share_within_budget(limits),
                        quality.dead_air_share(),
                        calls.lost_calls(),
                    ],
                    [
                        calls.not_ready(),
                        survival.count_of_takeovers(),
                        quality.fallbacks(),
                        providers.failed_share(),
                        bus.stream_usage(),
                        calls.fullest_stage(),
                    ],
                ],
            ),
            Section("Latency", [[latency.percentiles(limits), latency.parts_stack(limits)]]),
            Section("Load", [[calls.calls_in_progress(), calls.used_share()], [calls.stages_table()]]),
            Section("Failures", [[providers.failures(), survival.takeovers()]]),
        ),
    )
