"""Integrations with web frameworks, each in a module of its own."""
