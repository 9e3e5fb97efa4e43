"""Conductor's REST resources, one module each."""
