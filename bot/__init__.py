"""The running assistant: it receives, screens, hands over and keeps. Start with `app`, which builds all of it."""
