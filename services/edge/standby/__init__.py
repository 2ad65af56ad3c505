"""The standby stream: a second edge receives a copy of each call's audio. Experimental, off by default.

When an edge dies, the words spoken until the next media stream opens are not received by any process. With
PARLEY_STANDBY_STREAM, each call's edge makes Twilio send the caller's audio to a second edge as well, which
buffers the last seconds and publishes nothing; the call's next edge fetches the audio that the bus lacks.

The rest of the edge uses `StandbySupervisor` only. How soon such a stream opens, and how its timestamps
relate to those of the call's media stream, has not been verified with a real Twilio account yet.
"""
