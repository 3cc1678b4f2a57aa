"""Servers that stand in for the platforms: faithful enough that other people's clients can't tell, and strict about our calls."""
