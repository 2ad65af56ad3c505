"""The quality dashboard: what callers experience, apart from latency."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from parley.telemetry.catalogue.cost import SPECULATION_DISCARDED_CHARACTERS
from parley.telemetry.catalogue.quality import (
    DEAD_AIR,
    EMPTY_ANSWERS,
    FALLBACKS,
    INTERRUPTIONS,
    REPLIES,
    SPECULATIONS,
    TURNS,
)
from scripts.dashboards import actions
from scripts.dashboards.latency import AGENT
from scripts.dashboards.layout import Section, build
from scripts.dashboards.panels import Help, Panel, Query, graph, heat_map, statistic
from scripts.dashboards.promql import WINDOW, Scope, ratio
from scripts.dashboards.style import COUNT, ORANGE, PER_MINUTE, RED, SHARE

_SCOPE = Scope(("agent",))
_UNANSWERED = {"outcome": '="unanswered"'}


def quality() -> Dashboard:
    """Turns, dead air, interruptions, fillers, speculation, tools, transfers and fallbacks."""
    return build(
        "parley-quality",
        "Parley / Quality",
        "What callers experience: answers, silences, interruptions, fillers, tools, transfers and fallbacks.",
        (AGENT,),
        (
            Section("At a glance", [_statistics()]),
            Section("Turns", [[_turns(), _replies()]]),
            Section(
                "Silence and interruptions",
                [[_dead_air(), _dead_air_lengths()], [_interruptions(), _false_alarms()]],
            ),
            Section("Speculation", [[_speculations(), _discarded()]]),
            Section("Tools", actions.tools()),
            Section("Transfers, text messages and keys", actions.telephony()),
            Section("Failures", [[_empty_answers(), _fallbacks()]]),
        ),
    )


def _statistics() -> list[Panel]:
    turns = _SCOPE.events(TURNS)
    return [
        _share(
            "Turns answered",
            Help(
                "Share of the callers' turns that were answered or that the caller went on with.",
                "99 % or more.",
                "see Failures below and the log of the brain.",
            ),
            f"1 - {ratio(_SCOPE.events(TURNS, where=_UNANSWERED), turns)}",
            steps=((0.97, ORANGE), (0.99, "green")),
            base=RED,
        ),
        dead_air_share(),
        _share(
            "False alarms",
            Help(
                "Share of paused replies where the caller had not interrupted (a cough, a door, uh-huh).",
                "below 30 %.",
                "raise the agent's threshold for interruptions; see docs/turn-taking.md.",
            ),
            ratio(
                _SCOPE.events(INTERRUPTIONS, where={"outcome": '="false_alarm"'}),
                _SCOPE.events(INTERRUPTIONS),
            ),
            steps=((0.3, ORANGE), (0.5, RED)),
            no_value="none",
        ),
        _share(
            "Fillers per turn",
            Help(
                "Fillers that covered a slow reply, per turn.",
                "below 10 %.",
                "replies are slow: see the latency budget.",
            ),
            ratio(_SCOPE.events(REPLIES, where={"kind": '="filler"'}), turns),
            steps=((0.1, ORANGE), (0.25, RED)),
        ),
        _share(
            "Speculation used",
            Help(
                "Share of speculative replies that were played, because the turn ended as expected.",
                "above 60 %: less costs tokens for nothing.",
                "disable speculation for the agent, or make its turn-taking more patient.",
            ),
            ratio(_SCOPE.events(SPECULATIONS, where={"outcome": '="used"'}), _SCOPE.events(SPECULATIONS)),
            steps=((0.3, ORANGE), (0.6, "green")),
            base=RED,
            no_value="off",
        ),
        fallbacks(),
    ]


def dead_air_share() -> Panel:
    """Silences over two seconds per turn."""
    return _share(
        "Dead air per turn",
        Help(
            "Silences of more than 2 s after the caller's last word, per turn.",
            "below 1 %.",
            "see the latency budget for slow turns and Providers for failures at that time.",
            ("ParleyDeadAir",),
        ),
        ratio(_SCOPE.events(DEAD_AIR), _SCOPE.events(TURNS)),
        steps=((0.01, ORANGE), (0.03, RED)),
    )


def fallbacks() -> Panel:
    """Calls that were given to the agent's fallback."""
    help_ = Help(
        "Calls that were given to the agent's fallback because a part did not work.",
        "0.",
        "the reason names the part: see Providers.",
        ("ParleyCallsFallBack",),
    )
    return statistic("Fallbacks", help_, _SCOPE.events(FALLBACKS), decimals=0, steps=((0.5, RED),))


def _share(
    title: str,
    help_: Help,
    expr: str,
    *,
    steps: tuple[tuple[float, str], ...],
    base: str = "",
    no_value: str = "no turns",
) -> Panel:
    return statistic(title, help_, expr, SHARE, steps=steps, base=base, decimals=1, no_value=no_value)


def _turns() -> Panel:
    help_ = Help(
        "Turns of callers: answered, interrupted (the caller went on before the reply was audible), or "
        "unanswered.",
        "nearly all answered.",
        "many interrupted turns: the agent takes the turn too early; raise its endpointing time. "
        "Unanswered: failures below.",
    )
    query = Query(_SCOPE.per_minute(TURNS, "outcome"), "{{outcome}}")
    return graph("Turns by outcome", help_, [query], PER_MINUTE, stacked=True)


def _replies() -> Panel:
    help_ = Help(
        "Replies that were started, by kind.",
        "one greeting per call, and answers.",
        "idle prompts: callers are silent or not understood. Apologies and reconnected: lost streams.",
    )
    query = Query(_SCOPE.per_minute(REPLIES, "kind"), "{{kind}}")
    return graph("Replies by kind", help_, [query], PER_MINUTE, stacked=True)


def _dead_air() -> Panel:
    help_ = Help(
        "Silences of more than 2 s after a caller's last word, by agent.",
        "0 (the series none), apart from single ones.",
        "compare the time with provider failures, takeovers and slow turns.",
        ("ParleyDeadAir",),
    )
    query = Query(_SCOPE.events(DEAD_AIR, "agent", window=WINDOW), "{{agent}}")
    return graph("Dead air over 2 s", help_, [query], COUNT, bars=True)


def _dead_air_lengths() -> Panel:
    help_ = Help(
        "Lengths of the silences over 2 s.",
        "empty or few short ones.",
        "silences near a time limit of a provider end in its fallback: shorten the limit.",
        ("ParleyDeadAir",),
    )
    rate = f"rate({_SCOPE.select(DEAD_AIR, '_bucket')}[{WINDOW}])"
    return heat_map("Length of dead air", help_, f"sum by (le) ({rate})", no_value="no dead air")


def _interruptions() -> Panel:
    help_ = Help(
        "Replies that the caller's speech paused: barge-ins, and false alarms after which the reply went on.",
        "depends on callers and on the length of replies.",
        "many barge-ins: replies are too long. Many false alarms: noise or too sensitive settings.",
    )
    query = Query(_SCOPE.per_minute(INTERRUPTIONS, "outcome"), "{{outcome}}")
    return graph("Interruptions", help_, [query], PER_MINUTE, stacked=True)


def _false_alarms() -> Panel:
    help_ = Help(
        "Share of interruptions that were false alarms, by agent. Gaps: no interruptions.",
        "below 30 %.",
        "compare agents: settings of the best one may suit the others.",
    )
    alarms = _SCOPE.rate(INTERRUPTIONS, "agent", where={"outcome": '="false_alarm"'})
    expr = ratio(alarms, _SCOPE.rate(INTERRUPTIONS, "agent"))
    steps = ((0.3, ORANGE), (0.5, RED))
    return graph("False alarms by agent", help_, [Query(expr, "{{agent}}")], SHARE, maximum=1, steps=steps)


def _speculations() -> Panel:
    help_ = Help(
        "Replies that were generated before the turn had ended: used or discarded.",
        "more used than discarded. 0 with speculation off.",
        "mostly discarded: it costs tokens and gains nothing for this agent.",
    )
    query = Query(_SCOPE.per_minute(SPECULATIONS, "outcome"), "{{outcome}}")
    return graph("Speculative replies", help_, [query], PER_MINUTE, stacked=True)


def _discarded() -> Panel:
    help_ = Help(
        "Characters of discarded speculative replies: what speculation wastes.",
        "small beside the characters of the Cost dashboard.",
        "as above.",
    )
    query = Query(_SCOPE.per_minute(SPECULATION_DISCARDED_CHARACTERS, "agent"), "{{agent}}")
    return graph("Discarded characters", help_, [query], PER_MINUTE)


def _empty_answers() -> Panel:
    help_ = Help(
        "Answers of models without text or tool call, by model.",
        "0 (the series none).",
        "one model: its provider refuses or filters; read its responses in the trace.",
    )
    query = Query(_SCOPE.events(EMPTY_ANSWERS, "provider", "model", window=WINDOW), "{{provider}} {{model}}")
    return graph("Empty answers", help_, [query], COUNT, bars=True)


def _fallbacks() -> Panel:
    help_ = Help(
        "Calls that were given to the agent's fallback, by reason.",
        "0 (the series none).",
        "see Providers for the part that the reason names.",
        ("ParleyCallsFallBack",),
    )
    query = Query(_SCOPE.events(FALLBACKS, "reason", window=WINDOW), "{{reason}}")
    return graph("Fallbacks by reason", help_, [query], COUNT, bars=True)
