"""Code shared by Parley's services: events, the bus, audio, leases. No module here imports a service."""
