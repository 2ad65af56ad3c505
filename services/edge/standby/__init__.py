"""The standby stream: a second edge receives a copy of each call's audio. Experimental, off by default.

When an edge dies, the words that are spoken until the next media stream opens reach no process. With
PARLEY_STANDBY_STREAM each call's edge has Twilio send the caller's audio to another edge as well, which
buffers the last seconds and publishes nothing; the call's next edge fetches what the bus lacks.

The rest of the edge uses `StandbySupervisor` only. No Twilio account has proved yet how soon such a stream
opens and how its timestamps relate to those of the call's media stream.
"""
