"""`parley demo --local`: a call whose speech is recognized and synthesized on this machine."""
