"""The language server: what an editor asks, over standard input and output.

While somebody types, the file is checked a moment after the last key, in a program that stays warm; when
something is saved, everything that is open is checked anew. One thread does all of it, so the loop that talks
to the editor never waits.
"""

from __future__ import annotations

import asyncio
import io
import os
import time
import tokenize
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from rmwlint import __version__
from rmwlint.config import Settings, settings_for
from rmwlint.errors import RmwlintError
from rmwlint.report.diagnostics import Shown, file_uri
from rmwlint.report.result import Result
from rmwlint.session import Session
from rmwlint.source.files import Selection, is_left_out, shown
from rmwlint.source.project import project_root
from rmwlint.violation import Fix, Violation

#: A file whose check takes longer gets a first look at the functions being changed, and is checked as a whole
#: when nobody has typed for a while; initialization option ``patience``, in milliseconds.
_PATIENCE_MS = 150
_WHILE = 0.4

#: So long after the last key the file is checked; initialization option ``delay``, in milliseconds.
_DELAY_MS = 150

_SETTINGS_FILES = frozenset({"pyproject.toml", "rmwlint.toml", "setup.cfg", "setup.py"})


class Server(LanguageServer):
    """The server and what it knows: sessions by project, what is shown by address."""

    def __init__(self) -> None:
        super().__init__("rmwlint", __version__)
        self.delay = _DELAY_MS / 1000
        self.patience = _PATIENCE_MS / 1000
        self._took: dict[str, float] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="rmwlint")
        self._sessions: dict[tuple[str, str], Session] = {}
        self._shown: dict[str, Shown] = {}
        self._fixes: dict[str, tuple[int | None, dict[Violation, Fix]]] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._told: set[str] = set()
        #: the open files: address as the editor writes it, and path
        self.open: dict[str, Path] = {}

    def check_soon(self, uri: str, delay: float = 0.0) -> None:
        """Check an open file after a while; whoever asks again for the same file starts the while anew."""
        earlier = self._waiting.pop(uri, None)
        if earlier is not None:
            earlier.cancel()
        self._waiting[uri] = asyncio.get_running_loop().create_task(self._check(uri, delay))

    async def forget(self, uri: str) -> None:
        """A file was closed: show nothing of it, and take it as it is on the disk."""
        earlier = self._waiting.pop(uri, None)
        if earlier is not None:
            earlier.cancel()
        self._shown.pop(uri, None)
        self._fixes.pop(uri, None)
        path = self.open.pop(uri, None)
        if path is not None:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
            await self._work(partial(self._release, path))

    async def refresh(self, uris: Iterable[str], *, moved: bool = False) -> None:
        """Files have changed on the disk: link everything anew, and check what is open."""
        paths = [path for path in map(_path, uris) if path is not None]
        if any(path.name in _SETTINGS_FILES for path in paths):
            await self._work(self._close_sessions)
        else:
            await self._work(partial(self._refresh, paths, moved))
        for uri in self.open:
            self.check_soon(uri)

    async def end(self) -> None:
        """Keep what was learnt."""
        for task in self._waiting.values():
            task.cancel()
        await self._work(self._close_sessions)

    def hover(self, uri: str, position: types.Position) -> types.Hover | None:
        """What is to be said about a position."""
        known, path = self._shown.get(uri), self.open.get(uri)
        return known.hover(position, str(path)) if known is not None and path is not None else None

    async def actions(self, uri: str, asked: types.Range) -> list[types.CodeAction]:
        """What can be done about the violations in a range: their fixes, and to silence them."""
        known = self._shown.get(uri)
        touched = known.touched(asked) if known is not None else []
        if known is None or not touched:
            return []
        fixes = await self._fixes_of(uri, known)
        made: list[types.CodeAction] = []
        for violation in touched:
            fix = fixes.get(violation._replace(fix=None))
            if fix is not None and fix.edits:
                made.append(known.fix(violation, fix))
        for violation in touched:
            silencing = known.silencing(violation)
            if silencing is not None and violation.function:
                made.append(silencing)
        return made

    async def _check(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        path = self.open.get(uri)
        if path is None:
            return
        document = self.workspace.get_text_document(uri)
        version, text = document.version, _bytes(document.source)
        if delay and self._took.get(uri, 0.0) > self.patience:
            if await self._show(uri, version, partial(self._glanced, uri, path, text, version)):
                await asyncio.sleep(_WHILE)
        await self._show(uri, version, partial(self._checked, uri, path, text, version))

    async def _show(self, uri: str, version: int | None, look: Callable[[], Shown | None]) -> bool:
        """Show what a look at a file gives; False where it gives nothing."""
        try:
            known = await self._work(look)
        except RmwlintError as error:
            self._tell(str(error))
            return False
        except Exception:
            self._log(traceback.format_exc())
            return False
        if known is None:
            return False
        # a later text may have come in meanwhile, and been checked
        self._shown[uri] = known
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, known.diagnostics, version=version)
        )
        return True

    def _glanced(self, uri: str, path: Path, text: bytes, version: int | None) -> Shown | None:
        """Look at the functions that are being changed; in the worker."""
        settings = settings_for(path.parent)
        if is_left_out(path, _selection(settings)):
            return None
        result = self._session(path, settings).glance(path, text)
        return None if result is None else self._as_shown(uri, path, result, version)

    def _checked(self, uri: str, path: Path, text: bytes, version: int | None) -> Shown:
        """Check a file; in the worker."""
        settings = settings_for(path.parent)
        if is_left_out(path, _selection(settings)):
            result = Result((), (), 0, 0, lambda _: [])
        else:
            session, start = self._session(path, settings), time.perf_counter()
            result = session.check(path, text)
            self._took[uri] = time.perf_counter() - start
        return self._as_shown(uri, path, result, version)

    def _as_shown(self, uri: str, path: Path, result: Result, version: int | None) -> Shown:
        for failure in result.failures:
            where = ":".join(part for part in (failure.path, failure.function) if part)
            self._log(f"{where}: {failure.message}\n{failure.traceback}")
        own = str(path)
        return Shown(
            result,
            version,
            str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding)),
            lambda shown_path: uri if shown_path == own else file_uri(shown_path),
        )

    async def _fixes_of(self, uri: str, known: Shown) -> dict[Violation, Fix]:
        """The fixes for the text that is shown; looked for once a text, and only when somebody asks."""
        version, fixes = self._fixes.get(uri, (None, {}))
        document, path = self.workspace.get_text_document(uri), self.open.get(uri)
        if path is None or document.version != known.version:
            return {}
        if version != known.version or uri not in self._fixes:
            try:
                fixes = await self._work(partial(_fixes, path, _bytes(document.source)))
            except RmwlintError as error:
                self._tell(str(error))
                return {}
            self._fixes[uri] = (known.version, fixes)
        return fixes

    def _session(self, path: Path, settings: Settings) -> Session:
        folder = os.path.abspath(path.parent)
        key = (str(settings.file), project_root(folder) or folder)
        session = self._sessions.get(key)
        if session is None:
            session = self._sessions[key] = Session(path, settings)  # rmwlint: ignore[RMW409] one worker
        return session

    def _release(self, path: Path) -> None:
        for session in self._sessions.values():  # rmwlint: ignore[RMW409] one worker
            session.release(path)

    def _refresh(self, paths: list[Path], moved: bool) -> None:
        for session in self._sessions.values():  # rmwlint: ignore[RMW409] one worker
            session.refresh(paths, moved=moved)

    def _close_sessions(self) -> None:
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        project_root.cache_clear()
        self._told.clear()

    async def _work(self, deed: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._worker, deed)

    def _tell(self, text: str) -> None:
        """Show an error, once until settings change."""
        if text not in self._told:
            self._told.add(text)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"rmwlint: {text}"))

    def _log(self, text: str) -> None:
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, f"rmwlint: {text}"))


def main() -> int:
    """Serve until the editor says so. Returns the exit code."""
    make().start_io()
    return 0


def make() -> Server:
    """A server that knows what it can be asked."""
    server = Server()

    @server.feature(types.INITIALIZED)
    def started(ls: Server, params: types.InitializedParams) -> None:
        del params
        watching = (
            ls.client_capabilities.workspace and ls.client_capabilities.workspace.did_change_watched_files
        )
        if watching and watching.dynamic_registration:
            patterns = ("**/*.py", *(f"**/{name}" for name in sorted(_SETTINGS_FILES)))
            options = types.DidChangeWatchedFilesRegistrationOptions(
                [types.FileSystemWatcher(pattern) for pattern in patterns]
            )
            ls.client_register_capability(
                types.RegistrationParams([
                    types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
                ])
            )  # fmt: skip

    @server.feature(types.INITIALIZE)
    def begin(ls: Server, params: types.InitializeParams) -> None:
        options = params.initialization_options
        delay = options.get("delay") if isinstance(options, dict) else None
        if isinstance(delay, (int, float)) and delay >= 0:
            ls.delay = delay / 1000
        patience = options.get("patience") if isinstance(options, dict) else None
        if isinstance(patience, (int, float)) and patience >= 0:
            ls.patience = patience / 1000

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        uri = params.text_document.uri
        path = _path(uri)
        if path is not None:
            ls.open[uri] = path
            ls.check_soon(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        ls.check_soon(params.text_document.uri, ls.delay)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
        await ls.refresh([params.text_document.uri])

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        await ls.forget(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def on_disk(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        known = set(ls.open.values())
        outside = [change for change in params.changes if _path(change.uri) not in known]
        moved = any(change.type is not types.FileChangeType.Changed for change in outside)
        if outside:
            await ls.refresh([change.uri for change in outside], moved=moved)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
        return ls.hover(params.text_document.uri, params.position)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    async def actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        only = params.context.only
        if only is not None and types.CodeActionKind.QuickFix not in only:
            return []
        return await ls.actions(params.text_document.uri, params.range)

    @server.feature(types.SHUTDOWN)
    async def end(ls: Server, params: None) -> None:
        del params
        await ls.end()

    return server


def _fixes(path: Path, text: bytes) -> dict[Violation, Fix]:
    """The fix of each violation of a text that has one; in the worker."""
    from rmwlint.fix.run import with_fixes
    from rmwlint.request import Request

    settings = settings_for(path.parent)
    result = with_fixes(Request([str(path)], settings, jobs=1, given=(path, text)))
    return {
        violation._replace(fix=None): violation.fix
        for violation in result.violations
        if violation.fix is not None
    }


def _selection(settings: Settings) -> Selection:
    return Selection(settings.include_tests, settings.exclude, os.path.abspath(settings.base))


def _path(uri: str) -> Path | None:
    """The file of an address, spelled as everywhere; None for what is no file."""
    if not uri.startswith("file:"):
        return None
    path = to_fs_path(uri)
    return Path(shown(os.path.abspath(path))) if path else None


def _bytes(text: str) -> bytes:
    """A text as its file would hold it: in the encoding that it names, where it can be."""
    data = text.encode("utf-8", "surrogatepass")
    try:
        return text.encode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    except (SyntaxError, UnicodeError, LookupError):
        return data
