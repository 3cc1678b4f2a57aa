"""What outlives a process: tables, queries (a file per noun), the vault that seals personal text, and news of changes."""
