"""What the words mean and what is allowed. Pure: no clock, file, network, database or log."""
