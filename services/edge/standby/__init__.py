"""The standby stream: a second edge receives a copy of the caller's audio. Experimental, off by default."""
