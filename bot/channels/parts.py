"""Long messages go out in several parts: which of them are out already, so that another try goes on with the next."""

from collections import OrderedDict

_MOST = 10_000


class PartsSent:
    """How many parts of a message are out, by the message's key. What is forgotten (a restart) is sent again from the first."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, int] = OrderedDict()

    def next_of(self, key: str, count: int) -> int:
        """The part to begin with: the last again when all are out but its fate is not known."""
        return min(self._done.get(key, 0), count - 1)

    def note(self, key: str, done: int, count: int) -> None:
        """So many of `count` parts are out."""
        if count == 1:
            return
        if done == count:
            self._done.pop(key, None)
            return
        self._done[key] = done
        if len(self._done) > _MOST:
            self._done.popitem(last=False)
