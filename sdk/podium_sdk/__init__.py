"""A client, workers and definitions for Python."""
