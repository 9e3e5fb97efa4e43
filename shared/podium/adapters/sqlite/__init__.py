"""Every port on SQLite: the embedded home, and the twin that tests use."""
