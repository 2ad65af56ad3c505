"""Reads documents: Markdown, plain text, PDF and saved web pages."""
