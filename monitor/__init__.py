"""Langyan watches what people say about a brand and pages the crisis team."""

__version__ = "0.1.0"
