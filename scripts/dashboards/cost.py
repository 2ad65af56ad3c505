"""The dashboard of cost: what providers charge for, per minute, per call and by model."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from parley.telemetry.catalogue.calls import CALL_DURATION, CALLS_ENDED
from parley.telemetry.catalogue.cost import (
    LLM_COST,
    LLM_TOKENS,
    SPECULATION_DISCARDED_CHARACTERS,
    STT_AUDIO,
    TTS_CACHED_CHARACTERS,
    TTS_CHARACTERS,
)
from parley.telemetry.catalogue.metric import Metric
from scripts.dashboards.latency import AGENT, MODEL, PROVIDER
from scripts.dashboards.layout import Section, build
from scripts.dashboards.panels import Column, Help, Panel, Query, columns, graph, statistic
from scripts.dashboards.promql import Scope, ratio
from scripts.dashboards.style import COUNT, PER_MINUTE, SECONDS, SHARE

_SCOPE = Scope(("agent", "provider", "model"))
_ROUTE = ("agent", "provider", "model")
_INPUT = {"kind": '="input"'}
_CACHED = {"kind": '="cached_input"'}
_OUTPUT = {"kind": '="output"'}


def cost() -> Dashboard:
    """Tokens, characters and seconds: totals, per call, per minute of calls, by agent and model."""
    return build(
        "parley-cost",
        "Parley / Cost",
        "What providers charge for: tokens, characters and seconds, in total, per call and per minute. "
        "Prices differ by contract; models with `llm.price` in the agent file also have their cost.",
        (AGENT, PROVIDER, MODEL),
        (
            Section("Time range", [_totals(), _per_call()]),
            Section(
                "Models",
                [[_tokens(), _tokens_by_model()], [_cached_share(), _tokens_per_call()], [_cost_by_model()]],
            ),
            Section("Speech", [[_characters(), _audio()], [_characters_cached(), _discarded()]]),
            Section("By agent and model", [[_token_table()], [_speech_table()]]),
        ),
    )


def _totals() -> list[Panel]:
    return [
        _total("Input tokens", LLM_TOKENS, _INPUT, "Tokens sent to models, cached ones included."),
        _total("Output tokens", LLM_TOKENS, _OUTPUT, "Tokens that models wrote, reasoning included."),
        _total(
            "Characters synthesized", TTS_CHARACTERS, None, "Characters sent to a provider for synthesis."
        ),
        _total("Audio recognized", STT_AUDIO, None, "Audio sent to a provider for recognition.", SECONDS),
    ]


def _total(title: str, metric: Metric, where: dict[str, str] | None, shows: str, unit: str = COUNT) -> Panel:
    help_ = Help(
        f"{shows} Over the time range.", "in proportion to the calls.", "compare the figures per call."
    )
    return statistic(title, help_, _SCOPE.events(metric, where=where), unit)


def _per_call() -> list[Panel]:
    return [
        _each(
            "Input tokens per call", LLM_TOKENS, _INPUT, "long prompts and long calls: shorten the history."
        ),
        _each(
            "Output tokens per call", LLM_TOKENS, _OUTPUT, "long replies or reasoning: ask for shorter ones."
        ),
        _each("Characters per call", TTS_CHARACTERS, None, "long replies, or speculation that is discarded."),
        statistic(
            "Audio per minute of calls",
            Help(
                "Recognized audio per minute of ended calls.",
                "60 s: the caller's side is recognized all the time.",
                "far above: several connections per call, as after many takeovers or with a standby stream.",
            ),
            f"60 * {ratio(_SCOPE.events(STT_AUDIO), _SCOPE.seconds(CALL_DURATION))}",
            SECONDS,
            decimals=0,
            no_value="no calls ended",
        ),
    ]


def _each(title: str, metric: Metric, where: dict[str, str] | None, act: str) -> Panel:
    help_ = Help(f"{title.removesuffix(' per call')}, divided by the calls that ended.", "steady.", act)
    expr = ratio(_SCOPE.events(metric, where=where), _SCOPE.events(CALLS_ENDED))
    return statistic(title, help_, expr, decimals=0, no_value="no calls ended")


def _tokens() -> Panel:
    help_ = Help(
        "Tokens of models by kind. cached_input is a part of input, reasoning a part of output, so they are "
        "not stacked.",
        "follows the turns.",
        "input grows faster than turns: calls get longer or prompts grew.",
    )
    query = Query(_SCOPE.per_minute(LLM_TOKENS, "kind"), "{{kind}}")
    return graph("Tokens by kind", help_, [query], PER_MINUTE)


def _tokens_by_model() -> Panel:
    help_ = Help(
        "Input and output tokens by model.",
        "the models that your agents name first.",
        "a fallback model has many: the first one fails, see Providers.",
    )
    where = {"kind": '=~"input|output"'}
    query = Query(_SCOPE.per_minute(LLM_TOKENS, "model", where=where), "{{model}}")
    return graph("Tokens by model", help_, [query], PER_MINUTE, stacked=True)


def _cached_share() -> Panel:
    help_ = Help(
        "Share of input tokens that the provider had cached and charges less for. Gaps: no requests.",
        "above 50 % in calls of several turns, if the provider caches.",
        "a prompt that changes at its beginning defeats the cache: put what changes at its end.",
    )
    expr = ratio(_SCOPE.rate(LLM_TOKENS, where=_CACHED), _SCOPE.rate(LLM_TOKENS, where=_INPUT))
    return graph("Cached input", help_, [Query(expr, "cached")], SHARE, maximum=1, no_value="no cached input")


def _tokens_per_call() -> Panel:
    help_ = Help(
        "Input and output tokens divided by the calls that start in the same time. Gaps: no calls.",
        "steady.",
        "rises: longer calls or prompts.",
    )
    ended = _SCOPE.rate(CALLS_ENDED)
    queries = [
        Query(ratio(_SCOPE.rate(LLM_TOKENS, where=_INPUT), ended), "input"),
        Query(ratio(_SCOPE.rate(LLM_TOKENS, where=_OUTPUT), ended), "output"),
    ]
    return graph("Tokens per ended call", help_, queries, COUNT)


def _cost_by_model() -> Panel:
    help_ = Help(
        "Cost of the tokens of models that have `llm.price` in the agent file, by model and currency.",
        "follows the tokens.",
        "rises: see Tokens by model; limit it per call with `limits.max_cost`.",
    )
    query = Query(_SCOPE.per_minute(LLM_COST, "model", "currency"), "{{model}} {{currency}}")
    return graph("Cost of models", help_, [query], PER_MINUTE, stacked=True, no_value="no model has a price")


def _characters() -> Panel:
    help_ = Help(
        "Characters sent for synthesis, by model.",
        "follows the turns.",
        "more per turn than before: replies got longer.",
    )
    query = Query(_SCOPE.per_minute(TTS_CHARACTERS, "provider", "model"), "{{provider}} {{model}}")
    return graph("Characters by model", help_, [query], PER_MINUTE, stacked=True)


def _audio() -> Panel:
    help_ = Help(
        "Seconds of audio sent for recognition per minute, by model: 60 per call in progress.",
        "60 times the calls in progress.",
        "more: several connections per call.",
    )
    query = Query(_SCOPE.per_minute(STT_AUDIO, "provider", "model"), "{{provider}} {{model}}")
    return graph("Audio by model", help_, [query], "suffix:s/min", stacked=True)


def _characters_cached() -> Panel:
    help_ = Help(
        "Share of characters whose audio came from the phrase cache, which costs nothing.",
        "greetings, fillers and fixed texts come from it.",
        "zero: texts differ each time, or processes restart often.",
    )
    cached, sent = _SCOPE.rate(TTS_CACHED_CHARACTERS), _SCOPE.rate(TTS_CHARACTERS)
    query = Query(ratio(cached, f"{cached} + {sent}"), "cached")
    return graph("Synthesis from the cache", help_, [query], SHARE, maximum=1, no_value="nothing cached")


def _discarded() -> Panel:
    help_ = Help(
        "Characters of speculative replies that were discarded, as a share of all that were synthesized.",
        "below 10 %.",
        "see Speculation on Quality.",
    )
    wasted = _SCOPE.rate(SPECULATION_DISCARDED_CHARACTERS)
    query = Query(ratio(wasted, _SCOPE.rate(TTS_CHARACTERS)), "discarded")
    return graph("Discarded speculation", help_, [query], SHARE, no_value="nothing discarded")


def _token_table() -> Panel:
    help_ = Help(
        "Tokens of each agent and model over the time range: multiply by your prices.",
        "the models that your agents name first.",
        "see Tokens by model.",
    )
    values = [
        Column(
            name,
            _SCOPE.increase(LLM_TOKENS, *_ROUTE, where=where),
        )
        for name, where in (("input", _INPUT), ("cached input", _CACHED), ("output", _OUTPUT))
    ]
    return columns("Tokens", help_, _ROUTE, values)


def _speech_table() -> Panel:
    help_ = Help(
        "Characters and audio of each agent and model over the time range: multiply by your prices.",
        "in proportion to the calls.",
        "see the graphs above.",
    )
    values = [
        Column(name, _SCOPE.increase(metric, *_ROUTE), unit)
        for name, metric, unit in (("characters", TTS_CHARACTERS, COUNT), ("audio", STT_AUDIO, SECONDS))
    ]
    return columns("Characters and audio", help_, _ROUTE, values)
