"""What to run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from rmwlint.source.project import CACHE_FOLDER, project_root

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from rmwlint.config import Settings


class Request(NamedTuple):
    """What to run. ``given`` is the content of a path that is not read from the disk (standard input);
    ``unsaved`` the content that some of the files are to be taken to have.

    ``jobs`` is how many processes may work, None for as many as there are processors. ``executor`` is used
    instead of processes of our own; it may be any, also one that runs its work on other hosts.
    """

    paths: Sequence[str]
    settings: Settings
    use_cache: bool = True
    jobs: int | None = None
    executor: Executor | None = None
    given: tuple[Path, bytes] | None = None
    unsaved: Mapping[Path, bytes] = MappingProxyType({})


def cache_folder(request: Request) -> str | None:
    """Where what is learnt is kept: in the project of the first path; None where it is not to be kept."""
    if not request.use_cache:
        return None
    if request.settings.cache_dir is not None:
        return str(request.settings.cache_dir)
    first = os.path.abspath(request.paths[0] if request.given is None else request.given[0])
    root = project_root(first if os.path.isdir(first) else os.path.dirname(first))
    return None if root is None else os.path.join(root, CACHE_FOLDER)


def roots_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Where modules of the program may lie: the projects of the files (their packages the store knows)."""
    roots: dict[str, None] = {}
    here = os.getcwd()
    for folder in dict.fromkeys([os.path.dirname(path) for path in paths]):
        root = project_root(os.path.normpath(os.path.join(here, folder)))
        if root is not None:
            roots[root] = None
            roots[os.path.join(root, "src")] = None
    return tuple(roots)
