"""What a stage process consists of: leases, drain, health, the worker loop."""
