"""The language server as an editor meets it: a process of its own, spoken to over its standard input."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

import rmwlint as package

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]
Story = Callable[["Editor"], Awaitable[None]]

PUBLISHED = types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS

MODELS = """\
from django.db import models


class Order(models.Model):
    retries = models.IntegerField(default=0)
    note = models.TextField()
"""

RETRY = """\
from shop.models import Order


def retry(pk):
    order = Order.objects.get(pk=pk)
    order.retries += 1
    order.save(update_fields=["retries"])
"""

SHOP = {
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/orders.py": RETRY,
    "manage.py": "",
    "pyproject.toml": "",
}


class Editor:
    """An editor with one project open."""

    def __init__(self, client: LanguageClient, root: Path) -> None:
        self.client = client
        self.root = root
        self.published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.messages: asyncio.Queue[types.ShowMessageParams] = asyncio.Queue()
        # the client's own features keep the last word only: here, every word counts
        for name in (PUBLISHED, types.WINDOW_SHOW_MESSAGE):
            client.protocol.fm.features.pop(name)

        @client.feature(PUBLISHED)  # type: ignore[untyped-decorator]
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        @client.feature(types.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def message(params: types.ShowMessageParams) -> None:
            self.messages.put_nowait(params)

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    def open(self, name: str, text: str) -> None:
        item = types.TextDocumentItem(self.uri(name), "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, name: str, version: int, text: str) -> None:
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, self.uri(name)),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, name: str) -> None:
        self.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(self.uri(name)))
        )

    def close(self, name: str) -> None:
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(self.uri(name)))
        )

    async def diagnostics(self, name: str, version: int | None = None) -> list[types.Diagnostic]:
        """What the server says next about a file (about that version of it)."""
        while True:
            params = await self.published.get()
            if params.uri == self.uri(name) and version in (None, params.version):
                return list(params.diagnostics)

    async def actions(self, name: str, line: int) -> list[types.CodeAction]:
        where = types.Range(types.Position(line, 8), types.Position(line, 8))
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(self.uri(name)), where, types.CodeActionContext([])
            )
        )
        return [action for action in found or () if isinstance(action, types.CodeAction)]

    async def hover(self, name: str, line: int, column: int) -> types.Hover | None:
        return await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(self.uri(name)), types.Position(line, column))
        )


@pytest.fixture
def edit(lay_out: LayOut) -> Callable[..., None]:
    """Lay out files, start a server for them, tell a story, and see the server end as it must."""

    def tell(files: Mapping[str, str], story: Story, *, encoding: str = "utf-16", **options: Any) -> None:
        root = lay_out(files)

        async def whole() -> None:
            client = make_test_lsp_client()
            editor = Editor(client, root)
            path = os.pathsep.join([str(Path(package.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
            await client.start_io(
                sys.executable, "-m", "rmwlint", "server", cwd=root, env={**os.environ, "PYTHONPATH": path}
            )
            capabilities = client_capabilities("neovim")
            assert capabilities.general is not None
            capabilities.general.position_encodings = [types.PositionEncodingKind(encoding)]
            await client.initialize_session(
                types.InitializeParams(
                    capabilities=capabilities,
                    root_uri=root.as_uri(),
                    initialization_options={"delay": 0, **options},
                )
            )
            try:
                await asyncio.wait_for(story(editor), 60)
            except asyncio.TimeoutError:
                pytest.fail(f"nothing comes; the server says: {client.log_messages}")
            await client.shutdown_session()
            await client.stop()  # type: ignore[no-untyped-call]

        asyncio.run(whole())

    return tell


def text_of(root_text: str, action: types.CodeAction, uri: str) -> str:
    """The text after an action of one file."""
    assert action.edit is not None and action.edit.changes is not None
    assert list(action.edit.changes) == [uri]
    lines = [*root_text.splitlines(keepends=True), ""]
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    for one in sorted(action.edit.changes[uri], key=lambda one: str(one.range), reverse=True):
        start = starts[one.range.start.line] + one.range.start.character
        end = starts[one.range.end.line] + one.range.end.character
        root_text = root_text[:start] + one.new_text + root_text[end:]
    return root_text


def test_open_change_close(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        editor.open("shop/orders.py", RETRY)
        (found,) = await editor.diagnostics("shop/orders.py", 1)
        assert (found.code, found.source, found.severity) == (
            "RMW104",
            "rmwlint",
            types.DiagnosticSeverity.Error,
        )
        assert found.range == types.Range(types.Position(6, 4), types.Position(6, 41))
        assert "Remedy: " in found.message
        assert found.related_information is not None
        assert [(one.location.uri, one.location.range.start.line, one.message) for one in found.related_information] == [
            (editor.uri("shop/orders.py"), 4, "read here"),
            (editor.uri("shop/orders.py"), 5, "given its new value here"),
            (editor.uri("shop/orders.py"), 6, "written back here"),
        ]  # fmt: skip
        editor.change("shop/orders.py", 2, f"\n{RETRY}")
        (moved,) = await editor.diagnostics("shop/orders.py", 2)
        assert moved.range.start.line == 7
        editor.change("shop/orders.py", 3, RETRY.replace("+= 1", "= 1"))
        assert await editor.diagnostics("shop/orders.py", 3) == []
        editor.change("shop/orders.py", 4, RETRY.replace("(pk):", "(pk:"))
        (unreadable,) = await editor.diagnostics("shop/orders.py", 4)
        assert unreadable.code == "RMW901"
        editor.change("shop/orders.py", 5, RETRY)
        assert len(await editor.diagnostics("shop/orders.py", 5)) == 1
        editor.close("shop/orders.py")
        assert await editor.diagnostics("shop/orders.py") == []

    edit(SHOP, story)


def test_only_the_last_of_many_keys_is_checked(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        editor.open("shop/orders.py", RETRY)
        await editor.diagnostics("shop/orders.py", 1)
        for version in range(2, 30):
            editor.change("shop/orders.py", version, RETRY + "#" * version)
        seen = [(await editor.published.get()).version]
        while seen[-1] != 29:
            seen.append((await editor.published.get()).version)
        assert len(seen) < 10
        assert editor.published.empty()

    edit(SHOP, story, delay=300)


def test_a_slow_file_gets_a_first_look_and_then_a_second(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        editor.open("shop/orders.py", RETRY)
        await editor.diagnostics("shop/orders.py", 1)
        editor.change("shop/orders.py", 2, RETRY.replace("+= 1", "+= 2"))
        first = await editor.diagnostics("shop/orders.py", 2)
        second = await editor.diagnostics("shop/orders.py", 2)
        assert [one.code for one in first] == ["RMW104"]
        assert first == second
        # what is more than a function's body needs no first look
        editor.change("shop/orders.py", 3, "import os\n" + RETRY)
        (found,) = await editor.diagnostics("shop/orders.py", 3)
        assert found.range.start.line == 7
        await asyncio.sleep(0)
        assert editor.published.empty()

    edit(SHOP, story, delay=1, patience=0)


def test_saving_one_file_is_seen_in_another(edit: Callable[..., None]) -> None:
    bump = "def bump(order):\n    order.retries += 1\n"
    calls = RETRY.replace("order.retries += 1", "bump(order)").replace(
        "\n", "\nfrom shop.bump import bump\n", 1
    )

    async def story(editor: Editor) -> None:
        editor.open("shop/orders.py", calls)
        assert len(await editor.diagnostics("shop/orders.py", 1)) == 1
        editor.open("shop/bump.py", bump)
        await editor.diagnostics("shop/bump.py", 1)
        editor.change("shop/bump.py", 2, bump.replace("+=", "="))
        await editor.diagnostics("shop/bump.py", 2)
        editor.save("shop/bump.py")
        assert await editor.diagnostics("shop/orders.py") == []

    edit({**SHOP, "shop/bump.py": bump}, story)


def test_changes_on_the_disk(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        editor.open("shop/orders.py", RETRY)
        assert await editor.diagnostics("shop/orders.py", 1) == []
        (editor.root / "shop/models.py").write_text(MODELS)
        created = types.FileEvent(editor.uri("shop/models.py"), types.FileChangeType.Created)
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([created]))
        assert len(await editor.diagnostics("shop/orders.py")) == 1
        (editor.root / "pyproject.toml").write_text('[tool.rmwlint]\nignore = ["RMW104"]\n')
        changed = types.FileEvent(editor.uri("pyproject.toml"), types.FileChangeType.Changed)
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
        assert await editor.diagnostics("shop/orders.py") == []

    edit({name: text for name, text in SHOP.items() if name != "shop/models.py"}, story)


def test_hover(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        editor.open("shop/orders.py", RETRY)
        await editor.diagnostics("shop/orders.py", 1)
        for line, column in ((6, 10), (4, 20)):
            hover = await editor.hover("shop/orders.py", line, column)
            assert hover is not None and isinstance(hover.contents, types.MarkupContent)
            text = hover.contents.value
            assert text.startswith("**RMW104** `order.retries` is written back")
            assert (
                "| A | B |\n|---|---|\n| reads order.retries = 3 | |\n| | reads order.retries = 3 |" in text
            )
            assert "**A's update is lost**" in text
            assert "Remedy: " in text
            assert hover.range is not None and hover.range.start.line == line
        assert await editor.hover("shop/orders.py", 0, 0) is None
        assert await editor.hover("shop/models.py", 0, 0) is None

    edit(SHOP, story)


def test_actions(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        editor.open("shop/orders.py", RETRY)
        await editor.diagnostics("shop/orders.py", 1)
        fix, silence = await editor.actions("shop/orders.py", 6)
        assert fix.kind == silence.kind == types.CodeActionKind.QuickFix
        uri = editor.uri("shop/orders.py")
        mended = text_of(RETRY, fix, uri)
        assert 'F("retries") + 1' in mended
        silenced = text_of(RETRY, silence, uri)
        assert silenced.splitlines()[6].endswith("  # rmwlint: ignore[RMW104]")
        for version, text in enumerate((mended, silenced), 2):
            editor.change("shop/orders.py", version, text)
            assert await editor.diagnostics("shop/orders.py", version) == []
        assert await editor.actions("shop/orders.py", 6) == []

    edit(SHOP, story)


@pytest.mark.parametrize(("encoding", "start"), [("utf-8", 12), ("utf-16", 10), ("utf-32", 9)])
def test_columns_are_counted_as_the_editor_does(edit: Callable[..., None], encoding: str, start: int) -> None:
    async def story(editor: Editor) -> None:
        text = RETRY.replace("    order.save", "    '\U0001f600'; order.save")
        editor.open("shop/orders.py", text)
        (found,) = await editor.diagnostics("shop/orders.py", 1)
        assert found.range == types.Range(types.Position(6, start), types.Position(6, start + 37))

    edit(SHOP, story, encoding=encoding)


def test_what_is_left_out(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        for name in ("shop/tests/test_orders.py", "generated/orders.py", "ignored/orders.py"):
            editor.open(name, RETRY)
            assert await editor.diagnostics(name, 1) == [], name
        editor.open("shop/orders.py", RETRY)
        assert len(await editor.diagnostics("shop/orders.py", 1)) == 1

    files = {
        **SHOP,
        "pyproject.toml": '[tool.rmwlint]\nexclude = ["generated/"]\n',
        ".gitignore": "ignored/\n",
        ".git/x": "",
    }
    edit({**files, "shop/tests/x": "", "generated/x": "", "ignored/x": ""}, story)


def test_settings_that_cannot_be_used_are_said_once(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        editor.open("shop/orders.py", RETRY)
        message = await editor.messages.get()
        editor.change("shop/orders.py", 2, RETRY + "\n")
        (editor.root / "pyproject.toml").write_text("")
        editor.save("pyproject.toml")
        assert len(await editor.diagnostics("shop/orders.py", 2)) == 1
        assert editor.messages.empty()
        assert message.type is types.MessageType.Error
        assert "unknown key `slect`; did you mean `select`?" in message.message

    edit({**SHOP, "pyproject.toml": '[tool.rmwlint]\nslect = ["RMW104"]\n'}, story)


def test_what_is_no_file_or_odd(edit: Callable[..., None]) -> None:
    async def story(editor: Editor) -> None:
        item = types.TextDocumentItem("untitled:Untitled-1", "python", 1, RETRY)
        editor.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        name = "shop/日本 'x'%.py"
        editor.open(name, RETRY.replace("\n", "\r\n"))
        (found,) = await editor.diagnostics(name, 1)
        assert found.range.start.line == 6
        assert found.related_information is not None
        assert {one.location.uri for one in found.related_information} == {editor.uri(name)}
        editor.open("shop/empty.py", "")
        assert await editor.diagnostics("shop/empty.py", 1) == []
        editor.open("shop/latin.py", f"# coding: latin-1\nx = 'ä'\n{RETRY}")
        (found,) = await editor.diagnostics("shop/latin.py", 1)
        assert found.code == "RMW104"

    edit(SHOP, story)


def test_without_its_package(monkeypatch: pytest.MonkeyPatch, rmwlint: Callable[..., Any]) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("pygls", "lsprotocol")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("rmwlint.server", "rmwlint.report.diagnostics"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pygls", None)
    monkeypatch.setitem(sys.modules, "lsprotocol", None)
    run = rmwlint("server")
    assert run == (
        2,
        "",
        "rmwlint: `rmwlint server` needs the package pygls: install it with `pip install 'rmwlint[lsp]'`.\n",
    )


def test_it_ends_as_it_is_told_to(tmp_path: Path) -> None:
    import json
    import subprocess

    asked: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ]
    said = b""
    for message in asked:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        said += b"Content-Length: %d\r\n\r\n" % len(body) + body
    path = str(Path(package.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-m", "rmwlint", "server"],
        input=said,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, b"Traceback" in run.stderr) == (0, False)
