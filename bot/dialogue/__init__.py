"""The flow engine: YAML text to flows, flows and a message to a turn. Pure: no clock, file, network, database or log."""
