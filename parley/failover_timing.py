"""Time constants of a failover, in seconds, in one place because they depend on each other.

A worker process dies (one NATS server)::

    -0.3 .. 0     last heartbeat of the owner                    HEARTBEAT_S
    0             the process dies
    0.7 .. 1.0    its ack deadline passes, NATS redelivers       ACK_WAIT_S
    +0.01         the next owner detects that no process responds      (NATS: no responders)
    +0.05         it has read the call's log and serves the call

A worker process freezes: as above, but the next owner waits for a response before it takes over, 0.5 s
(LIVENESS_TIMEOUT_S); when the frozen process resumes, its messages carry a stale epoch and are discarded.

A NATS server of a cluster dies or freezes::

    0             the server freezes
    0.8 .. 1.2    its clients miss two pings and reconnect       PING_INTERVAL_S, MAX_OUTSTANDING_PINGS
                  publishers resend audio of the last 4 s        REPLAY_RECONNECT_WINDOW_S
    4 .. 8        streams that it led elect another leader       (Raft, in NATS)
    +0.3          publishers retransmit audio of the last 12 s   LEADER_READY_S, REPLAY_RETENTION_S

For 6 s after a reconnection or an election (DISRUPTION_WINDOW_S), heartbeats may have been lost although
their senders are alive, so a worker waits longer for the owner of a call to respond. See also
docs/takeover.md.
"""

HEARTBEAT_S = 0.3
"""Interval at which an owner extends its claim: three times within ACK_WAIT_S."""
ACK_WAIT_S = 1.0
"""An owner that has not extended its claim for this long loses the call."""

LIVENESS_TIMEOUT_S = 0.5
"""Time that an owner has to respond. A dead process is detected at once, by NATS' "no responders"."""
LIVENESS_TIMEOUT_CLUSTER_S = 1.0
"""The same in a cluster: if its NATS server froze, an owner needs this long to reconnect to another."""
LIVENESS_TIMEOUT_DISRUPTED_S = 2.0
"""The same after a disruption: heartbeats were lost, and the state of an owner may be ahead of the log."""
GONE_AFTER_S = 0.3
"""In a cluster, and after a disruption, an owner without a subscription counts as gone only after this
time."""
FAST_LOG_READ_S = 0.3
"""A log read that took longer waited for a stream leader, and the owner may have reconnected meanwhile."""
DISRUPTION_WINDOW_S = 6.0
"""How long an election or a reconnection counts as a recent disruption."""

PING_INTERVAL_S = 0.4
"""Interval of pings to the NATS server; nats-py's default of 120 s would stall all calls of a process."""
MAX_OUTSTANDING_PINGS = 2
"""Unanswered pings after which the connection is closed."""
CONNECT_TIMEOUT_S = 2
"""Time for one attempt to connect to a server."""
RECONNECT_WAIT_S = 0.1
"""Pause between attempts to reconnect."""

EVENT_RESEND_AFTER_S = 1.0
"""An event without the stream's ack for this long is published again."""

REPLAY_RETENTION_S = 12.0
"""How long published audio is kept; longer than a stream stays without a leader."""
REPLAY_RECONNECT_WINDOW_S = 4.0
"""Length of audio resent after a reconnection; longer than it takes to detect an unresponsive server."""
LEADER_READY_S = 0.3
"""Time from the announcement of a new leader until it stores messages."""
GAP_REQUEST_INTERVAL_S = 0.3
"""Minimum time between two requests of one reader to retransmit audio."""
GAP_TIMEOUT_S = 1.5
"""How long a reader waits for the audio missing in a gap; a retransmission takes a few hundred
milliseconds."""
