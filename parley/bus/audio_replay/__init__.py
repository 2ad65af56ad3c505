"""Retransmission of audio around the death of a NATS server, so that no word of a call is lost.

Why. Audio is published without waiting for an ack, because up to 50 chunks per second and direction must not
wait for a round trip. When a NATS server dies or freezes, messages that it had received but not forwarded are
lost. While a stream has no leader, for some seconds, it stores nothing. A reader that reconnects has missed
live messages.

Publishing side (this package). Every connection keeps the audio it published for 12 s (`ReplayBuffer`), at
most 64 MiB, and publishes it again in three cases (`AudioPublisher`):

1. Its own connection was lost and restored: all audio since 4 s before the connection was last known to be
   in sync, in order, before any newer audio. A frozen server accepts data for up to 1.2 s before it is
   detected.
2. A reader requests it on `ctl.audio.retransmit`: the last 12 s of one subject, if the reader detected a
   gap; or the last 4 s of all subjects, if the reader has reconnected. Equal requests within 0.1 s are
   served once.
3. The AUDIO stream has a new leader: the last 12 s of all subjects, so that the stream stores what it
   missed.

Reading side (`parley.audio`). Each chunk carries its owner's epoch and a sequence number.
`AudioReorderBuffer` drops duplicates and chunks of a stale epoch, and buffers what follows a gap.
`follow_audio` requests retransmission of a gap and waits 1.5 s for it before skipping the gap; after a
reconnection it also reads back from the stream. Retransmitting too much is therefore harmless, and no
publisher tracks what each reader received.

The constants and their order in time are in `parley.failover_timing`.
"""
