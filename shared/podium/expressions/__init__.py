"""Conductor's expression languages: templates, JSONPath, jq and caged scripts."""
