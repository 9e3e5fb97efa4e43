"""What Lambda calls: one thin module per function."""
