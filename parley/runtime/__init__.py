"""Parts of every stage process: leases, the worker loop, drain, health."""
