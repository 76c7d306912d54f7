"""Who may do what: callers, roles, tokens, and the audit trail of what they did."""
