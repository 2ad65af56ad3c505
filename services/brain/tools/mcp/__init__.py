"""MCP servers as tools: one connection for each server and process."""
