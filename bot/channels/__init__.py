"""A file for each provider: its payloads to our messages and back. Channels translate; they decide nothing."""
