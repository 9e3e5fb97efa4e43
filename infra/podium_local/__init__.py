"""The whole service in one process: podium dev."""
