"""The time constants of a failover fit together."""

from parley import failover_timing as timing


def test_one_lost_heartbeat_does_not_cost_an_owner_its_call() -> None:
    """At least three heartbeats fit into the ack deadline."""
    assert timing.HEARTBEAT_S * 3 <= timing.ACK_WAIT_S


def test_an_owner_has_more_time_to_respond_after_a_disruption() -> None:
    """It may have to reconnect first."""
    assert timing.LIVENESS_TIMEOUT_S < timing.LIVENESS_TIMEOUT_CLUSTER_S < timing.LIVENESS_TIMEOUT_DISRUPTED_S


def test_resent_audio_covers_the_time_until_a_frozen_server_is_detected() -> None:
    """Detection takes the unanswered pings and one more interval."""
    detection_s = timing.PING_INTERVAL_S * (timing.MAX_OUTSTANDING_PINGS + 1)
    assert detection_s < timing.REPLAY_RECONNECT_WINDOW_S < timing.REPLAY_RETENTION_S


def test_a_reader_requests_missing_audio_several_times() -> None:
    """The requests fit into the time after which it skips a gap."""
    assert timing.GAP_REQUEST_INTERVAL_S * 3 <= timing.GAP_TIMEOUT_S
