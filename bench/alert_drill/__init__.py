"""Faults in a running system that make each alert fire, with a real Prometheus and Alertmanager beside it."""
