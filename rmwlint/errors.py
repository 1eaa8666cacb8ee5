"""Every exception that rmwlint raises on purpose.

    RmwlintError                 shown to the user as one line, exit code 2
    ├── UsageError               a wrong option, path or code on the command line
    ├── ConfigError              a settings file that cannot be used
    └── LibraryModelError        a library model that does not follow the schema

Each message names the file (and the line or key, where there is one) and the remedy.
"""

from __future__ import annotations


class RmwlintError(Exception):
    """Base of all; its text is a whole sentence for the user."""


class UsageError(RmwlintError):
    """A wrong option, path or code on the command line."""


class ConfigError(RmwlintError):
    """A settings file that cannot be used."""


class LibraryModelError(RmwlintError):
    """A library model that does not follow the schema."""
