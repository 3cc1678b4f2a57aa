"""Our whole durable path beside bare aiogram echoes, in one run: `python -m bench`."""
