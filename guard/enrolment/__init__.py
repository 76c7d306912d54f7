"""How a person becomes one that can be verified: clips, what they must hold, and how files give them."""
