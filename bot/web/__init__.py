"""Everything HTTP: the web chat, the console's API and pages, webhooks, health."""
