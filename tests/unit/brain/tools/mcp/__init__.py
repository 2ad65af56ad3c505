"""Tests for the connections to MCP servers."""
