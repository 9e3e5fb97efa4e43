"""Who may call: applications, their keys, tokens and roles (decision 8)."""
