"""A port is created while the controller is slow."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy
from sqlalchemy.exc import OperationalError

from tests.systems.conftest import codes, load


class Controller(http.server.ThreadingHTTPServer):
    """Answers when it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.answer = threading.Event()
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Controller)
        server.asked.set()
        server.answer.wait(30)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def controller() -> Iterator[Controller]:
    server = Controller()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


def network_is_free_meanwhile(side: str, engine: sqlalchemy.Engine) -> bool:
    """Whether somebody else can lock the network's row while the controller is being asked."""
    pytest.importorskip("requests")
    system = load("network_plugin", side)
    system.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.insert(system.Network).values(id="net", ports=0))
    with controller() as server:
        plugin = system.Plugin(engine, f"http://127.0.0.1:{server.server_port}")
        actor = threading.Thread(target=plugin.create_port, args=("port", "net"))
        actor.start()
        try:
            assert server.asked.wait(30)
            lock = sqlalchemy.select(system.Network).with_for_update(nowait=True)
            try:
                with engine.begin() as connection:
                    connection.execute(lock).one()
                free = True
            except OperationalError:
                free = False
        finally:
            server.answer.set()
            actor.join(30)
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.select(system.Port.status)).scalar_one() == "ACTIVE"
    return free


def test_before_everybody_waits_behind_the_controller(engine: sqlalchemy.Engine) -> None:
    assert not network_is_free_meanwhile("before", engine)


def test_after_the_network_is_free_while_the_controller_works(engine: sqlalchemy.Engine) -> None:
    assert network_is_free_meanwhile("after", engine)


def test_rmwlint_tells_them_apart() -> None:
    assert "RMW301" in codes("network_plugin", "before")
    assert not codes("network_plugin", "after")
