"""The configuration of the streams and consumers."""

import pytest
from nats.js.api import AckPolicy, DiscardPolicy, RetentionPolicy

from parley.bus import subjects
from parley.bus.stream_config import consumer_config, consumer_name, stream_config
from parley.bus.streams import AUDIO, CALLS, STATE, STREAMS, WORK, Stream
from parley.failover_timing import ACK_WAIT_S


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_has_the_given_replicas_and_is_read_directly(stream: Stream) -> None:
    """The limits are those that the stream declares."""
    config = stream_config(stream, 3)
    assert (config.name, config.num_replicas, config.allow_direct) == (stream.name, 3, True)
    assert (config.max_age, config.max_bytes) == (stream.max_age_s, stream.max_bytes)


def test_work_is_unique_per_stage_and_call() -> None:
    """A second message for the same stage of a call is rejected, and acknowledged work is removed."""
    config = stream_config(WORK, 1)
    assert config.retention is RetentionPolicy.WORK_QUEUE
    assert config.discard is DiscardPolicy.NEW
    assert (config.max_msgs_per_subject, config.discard_new_per_subject) == (1, True)


def test_only_the_newest_state_is_retained() -> None:
    """A newer snapshot replaces the previous one."""
    config = stream_config(STATE, 1)
    assert config.retention is RetentionPolicy.LIMITS
    assert config.discard is DiscardPolicy.OLD
    assert (config.max_msgs_per_subject, config.discard_new_per_subject) == (1, False)


@pytest.mark.parametrize("stream", [AUDIO, CALLS], ids=lambda stream: stream.name)
def test_audio_and_events_are_retained_for_several_readers(stream: Stream) -> None:
    """The oldest messages are dropped first."""
    config = stream_config(stream, 1)
    assert config.retention is RetentionPolicy.LIMITS
    assert config.discard is DiscardPolicy.OLD
    assert config.max_msgs_per_subject == -1


def test_the_workers_of_a_stage_share_one_consumer() -> None:
    """Work is redelivered until a worker acknowledges it."""
    config = consumer_config("stt")
    assert config.durable_name == consumer_name("stt")
    assert config.filter_subject == subjects.work_filter("stt")
    assert (config.ack_policy, config.ack_wait, config.max_deliver) == (AckPolicy.EXPLICIT, ACK_WAIT_S, -1)
