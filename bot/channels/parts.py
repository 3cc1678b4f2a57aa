"""Long messages go out in several parts: which of them are out already, so that another try goes on with the next."""

from collections import OrderedDict

_MOST = 10_000


class PartsSent:
    """Which parts of a message are out, by the message's key. What is forgotten (a restart) is sent again from the first."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def next_of(self, key: str, count: int) -> int:
        """The part to begin with: the last again when all are out but its fate is not known."""
        return min(len(self._names.get(key, ())), count - 1)

    def note(self, key: str, name: str, count: int) -> str:
        """One more part of `count` is out, under this name of the platform. The names of all so far, joined by commas."""
        if count == 1:
            return name
        names = (*self._names.pop(key, ()), name)
        if len(names) < count:
            self._names[key] = names
            if len(self._names) > _MOST:
                self._names.popitem(last=False)
        return ",".join(each for each in names if each)
