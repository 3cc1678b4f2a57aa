"""`python -m bot.web.openapi > console/openapi.json`: what the console's typed client is made from."""

import sys

from bot.web.console import describe_api

if __name__ == "__main__":
    sys.stdout.buffer.write(describe_api())
