"""The ports' implementations, one package or module per technology."""
