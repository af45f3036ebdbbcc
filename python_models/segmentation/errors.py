"""What a fit can say when the data do not allow it."""


class CannotFit(ValueError):
    """The customers there are cannot be fitted; the message says why, and what to do.

    The registry turns it into a version that falls back to rules. Any other error is a
    fault of the program and stops the build.
    """


class LibraryMissing(ImportError):
    """A library that only some recipes need is not installed; the message says it."""
