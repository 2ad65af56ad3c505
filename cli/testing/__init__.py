"""Tests of agents: conversations in YAML, run as whole calls; `parley test`."""
