"""What the system does: each action loads, asks the pure part, saves. Nothing here commits or reaches a network."""
