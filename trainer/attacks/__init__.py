"""Motion that was tampered with: impostors who try to pass, and genuine people who do not move as they used to."""
