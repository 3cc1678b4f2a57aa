"""How long after a person's message their platform lets us write to them."""

from datetime import datetime, timedelta

WINDOWS = {"whatsapp": timedelta(hours=24) - timedelta(minutes=10)}
"""By channel; others have none. Source: Meta, customer service window: 24 hours; ten minutes are left to clocks and queues."""


def closes_at(channel: str, wrote_at: datetime | None) -> datetime | None:
    """When the window that the last message opened closes; None where there is none, or it never opened."""
    window = WINDOWS.get(channel)
    return wrote_at + window if window is not None and wrote_at is not None else None


def is_open(channel: str, wrote_at: datetime | None, *, now: datetime) -> bool:
    """Whether anything may be written just now. `wrote_at` is when the person last wrote, by the platform's clock."""
    if channel not in WINDOWS:
        return True
    closing = closes_at(channel, wrote_at)
    return closing is not None and now < closing
