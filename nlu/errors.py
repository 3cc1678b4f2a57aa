"""What can be wrong with the data files a linguist edits."""


class LexiconError(Exception):
    """The word lists or rules cannot be used; `faults` names each fault with its file and line."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))
