"""The faults of the drill, and the alerts that each makes fire."""

from typing import Any

from bench.alert_drill import faults, injections
from bench.alert_drill.certificate import expiring_certificate
from bench.alert_drill.drill import Blow
from bench.alert_drill.injections import emulator, processes
from bench.alert_drill.monitoring import Alert


def _page(name: str) -> Alert:
    return Alert(f"Parley{name}", "page")


def _ticket(name: str) -> Alert:
    return Alert(f"Parley{name}", "ticket")


CALLER = "+15550100001"
"""The number of all callers."""
_LLM_WORKS = {"llm_fault": "", "llm_refuse": 0, "first_token_ms": 30}
_TELEPHONE_WORKS: dict[str, Any] = {"faults": {}}
_LOST_STREAMS = {
    "faults": {"drop_sockets_at_ms": [4000, 4000, 4000, 4000], "no_fall_through": True, "rest_500": 1}
}

BLOWS = (
    Blow(
        "slow-model",
        "the model's first token takes 1.3 s",
        emulator("openai", {"first_token_ms": 1300}, _LLM_WORKS),
        (
            _page("TurnLatencyBurnFast"),
            _page("TurnLatencyBurnSlow"),
            _ticket("TurnLatencyBurnSteady"),
            _ticket("TurnLatencyMedian"),
            _ticket("TurnLatencyPart"),
        ),
        fires_within_s=420,
        resolves_within_s=240,
    ),
    Blow(
        "silent-model",
        "the model accepts requests and does not answer",
        emulator("openai", {"llm_fault": "hang"}, _LLM_WORKS),
        (
            _page("ProviderDown"),
            _ticket("ProviderFailures"),
            _ticket("ProviderCircuitOpen"),
            _page("DeadAir"),
            _ticket("DeadAir"),
            _page("CallsFallBack"),
        ),
        fires_within_s=120,
        resolves_within_s=120,
    ),
    Blow(
        "revoked-key",
        "the model's provider answers 401",
        emulator("openai", {"llm_refuse": 401}, _LLM_WORKS),
        (_page("ProviderRejects"),),
    ),
    Blow(
        "lost-streams",
        "media streams break, and Twilio's REST API fails",
        emulator("twilio", _LOST_STREAMS, _TELEPHONE_WORKS),
        (_page("CallsLost"), _ticket("CallsLost")),
        fires_within_s=150,
        not_resolved=(_ticket("CallsLost"),),
    ),
    Blow(
        "refused-streams",
        "the handshake of every media stream fails",
        emulator("twilio", {"faults": {"refused_streams": 9}}, _TELEPHONE_WORKS),
        (_page("MediaStreamsFail"),),
    ),
    Blow(
        "unsigned-requests",
        "five requests a second without a signature",
        injections.unsigned_requests,
        (_ticket("SignaturesRefused"),),
    ),
    Blow(
        "failing-tool",
        "the service of the agent's tool answers 500",
        injections.failing_tool,
        (_ticket("ToolsFail"),),
        fires_within_s=180,
    ),
    Blow(
        "looping-model",
        "the model calls a tool again and again",
        injections.repeated_question("what are your opening hours"),
        (_ticket("ToolLoops"),),
        fires_within_s=180,
        resolves_within_s=150,
    ),
    Blow(
        "refused-messages",
        "the callers have stopped messages to their number",
        injections.repeated_question(
            "i need a refill of my prescription", "twilio", {"opted_out_numbers": [CALLER]}
        ),
        (_ticket("MessagesRefused"),),
        fires_within_s=180,
        resolves_within_s=150,
    ),
    Blow(
        "failing-transfers",
        "Twilio's REST API fails, so that no call can be transferred",
        injections.repeated_question(
            "i would like to cancel my appointment", "twilio", {"faults": {"rest_500": 1}}
        ),
        (_ticket("TransfersFail"),),
        fires_within_s=180,
        resolves_within_s=150,
    ),
    Blow(
        "unreported-ends",
        "callers hang up before a media stream has opened, and no status callback arrives",
        injections.unreported_ends,
        (_ticket("CallsEndedByClock"),),
        fires_within_s=180,
        resolves_within_s=150,
    ),
    Blow(
        "stt-crashes",
        "every stt process is killed every 4 s",
        processes(lambda pids: faults.killed_repeatedly(pids, 4), "stt"),
        (_page("TakeoverStorm"), _page("ProcessRestarts"), _ticket("CallTakenOverRepeatedly")),
    ),
    Blow(
        "no-brain",
        "every brain process is killed as soon as it starts",
        processes(faults.downed, "brain"),
        (_page("StageMissing"), _page("CallsWaitForWorkers"), _ticket("TargetDown")),
    ),
    Blow(
        "late-brains",
        "the brains are frozen for 0.25 s twice a second",
        processes(lambda pids: faults.pulsed(pids, 0.25, 0.2), "brain"),
        (_page("EventLoopLate"), _ticket("EventLoopLate"), _ticket("TurnOverhead")),
        fires_within_s=150,
        resolves_within_s=120,
    ),
    Blow(
        "many-calls",
        "more calls than the processes accept",
        injections.many_callers,
        (_page("CapacityNearLimit"), _ticket("CapacityNearLimit")),
        resolves_within_s=150,
    ),
    Blow(
        "bad-work",
        "work for calls that do not exist",
        injections.work_without_a_call,
        (_ticket("LeasesFail"), _page("StagesAbandoned"), _ticket("StagesAbandoned")),
    ),
    Blow(
        "stuck-drain",
        "an edge is stopped; its calls do not end",
        injections.slow_drain,
        (_ticket("DrainStuck"),),
    ),
    Blow(
        "nats-frozen",
        "NATS is frozen",
        processes(faults.frozen, "nats"),
        (
            _page("BusDown"),
            _ticket("BusDisconnected"),
            _page("EventsUnacked"),
            _ticket("NotReady"),
            _page("WebhookErrors"),
        ),
    ),
    Blow(
        "nats-restarts",
        "NATS is killed every 2 s",
        processes(lambda pids: faults.killed_repeatedly(pids, 2), "nats"),
        (_ticket("BusReconnects"),),
    ),
    Blow(
        "slow-nats",
        "NATS is frozen for 0.3 s twice a second",
        processes(lambda pids: faults.pulsed(pids, 0.3, 0.2), "nats"),
        (_ticket("BusSlow"),),
    ),
    Blow(
        "small-streams",
        "the limits of AUDIO and CALLS are lowered to 104 % of their size",
        injections.small_streams,
        (_page("StreamNearLimit"), _ticket("StreamNearLimit")),
    ),
    Blow(
        "postgres-frozen",
        "Postgres is frozen",
        injections.postgres_frozen,
        (_ticket("StorageFailures"), _ticket("RecordsPending")),
        fires_within_s=150,
    ),
    Blow(
        "recordings",
        "the folder of the recordings cannot be written",
        injections.recordings_not_writable,
        (_page("StorageFailures"), _ticket("RecorderBehind"), _page("RecorderBehind")),
        fires_within_s=150,
    ),
    Blow(
        "old-version",
        "a process of another version",
        injections.another_version,
        (_ticket("MixedVersions"),),
        fires_within_s=180,
    ),
    Blow(
        "certificate",
        "the public address of an edge has a certificate that expires in two days",
        expiring_certificate,
        (_page("CertificateExpiry"), _ticket("CertificateExpiry")),
        fires_within_s=120,
    ),
    Blow(
        "nats-server-frozen",
        "one of three NATS servers is frozen",
        lambda scene: faults.frozen(lambda: scene.pids("nats")[:1]),
        (_ticket("StreamReplicasLagging"),),
        nats_nodes=3,
    ),
    Blow(
        "nats-majority-frozen",
        "two of three NATS servers are frozen",
        lambda scene: faults.frozen(lambda: scene.pids("nats")[:2]),
        (_page("StreamsUnavailable"), _page("EventsUnacked")),
        nats_nodes=3,
    ),
    Blow("no-targets", "Prometheus finds no target", injections.no_targets, (_page("Absent"),)),
)
