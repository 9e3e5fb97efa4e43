"""The pure engine: state and command in, events out."""
