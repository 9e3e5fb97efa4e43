"""Podium: Conductor's workflow engine, built from AWS primitives."""
