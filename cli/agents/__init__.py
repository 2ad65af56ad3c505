"""`parley agents`: checks agent files, and stores versions of them in NATS for all machines."""
