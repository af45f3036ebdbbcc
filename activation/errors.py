"""What stops a sync, in words for people."""


class SyncError(Exception):
    """The sync cannot go on: one sentence or two that say why and what to do."""


class Refusal(Exception):
    """A tool refused a request as a whole and did not say which of its rows.

    Attributes
    ----------
    words : str
        What the tool said, which may hold personal data.
    """

    def __init__(self, words):
        super().__init__(words)
        self.words = words
