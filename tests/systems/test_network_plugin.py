"""Two ports are created while the controller is slow with the first."""

from __future__ import annotations

import http.server
import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from tests.systems.conftest import SYSTEMS, codes, fixed, load

REMEDIES = ("after", "after_postcommit", "after_queue")


class Controller(http.server.ThreadingHTTPServer):
    """Answers for the first port when it is told to, for others at once."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: queue.Queue[str] = queue.Queue()
        self.answer = threading.Event()
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Controller)
        port = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["id"]
        server.asked.put(port)
        if port == "first":
            server.answer.wait(60)
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


class Meeting:
    """One system, where ``first`` has asked the controller and ``second`` has been let go after it."""

    def __init__(self, side: str, engine: sqlalchemy.Engine, network: str) -> None:
        self.side = side
        self.engine = engine
        #: of the second port
        self.network = network

    def __enter__(self) -> Meeting:
        pytest.importorskip("requests")
        self.system = system = load("network_plugin", self.side)
        system.Base.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            for network in ("net", "other"):
                connection.execute(sqlalchemy.insert(system.Network).values(id=network, ports=0))
        self._serving = controller()
        self.server = self._serving.__enter__()
        self.plugin: Any = system.Plugin(self.engine, f"http://127.0.0.1:{self.server.server_port}")
        self.first = self._actor("first", "net")
        assert self.server.asked.get(timeout=30) == "first"
        self.second = self._actor("second", self.network)
        return self

    def _actor(self, port: str, network: str) -> threading.Thread:
        actor = threading.Thread(target=self.plugin.create_port, args=(port, network))
        actor.start()
        return actor

    def __exit__(self, *error: object) -> None:
        self.server.answer.set()
        self.first.join(60)
        self.second.join(60)
        getattr(self.plugin, "wait", lambda: None)()
        self._serving.__exit__(None, None, None)
        if error[0] is None:
            status = sqlalchemy.select(self.system.Port.status)
            with self.engine.connect() as connection:
                assert connection.execute(status).scalars().all() == ["ACTIVE"] * 2

    def second_has_created_its_port(self) -> bool:
        """Whether the second caller is done while the controller still thinks about the first one's port."""
        self.second.join(30)
        return not self.second.is_alive() and not self.server.answer.is_set()

    def second_waits(self, where: Callable[[], bool]) -> bool:
        """Whether the second caller is found waiting there, and the controller has heard nothing of it."""
        until = time.monotonic() + 30
        while self.second.is_alive() and time.monotonic() < until:
            if where():
                return self.server.asked.empty() and not self.server.answer.is_set()
        return False

    def for_a_row(self) -> bool:
        """Whether the database lets somebody wait for a lock."""
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with self.engine.connect() as connection:
            return bool(connection.execute(sqlalchemy.text(waiting)).scalar_one())

    def for_the_named_lock(self) -> bool:
        """Whether the second caller stands in the code that takes the lock of a name."""
        frame = sys._current_frames().get(self.second.ident or 0)
        files = []
        while frame is not None:
            files.append(Path(frame.f_code.co_filename).name)
            frame = frame.f_back
        return "lockutils.py" in files and f"{self.side}.py" not in files


def test_before_the_second_waits_for_the_backend_call_of_the_first(engine: sqlalchemy.Engine) -> None:
    with Meeting("before", engine, "net") as meeting:
        assert meeting.second_waits(meeting.for_a_row)


def test_before_who_works_on_another_network_goes_on(engine: sqlalchemy.Engine) -> None:
    with Meeting("before", engine, "other") as meeting:
        assert meeting.second_has_created_its_port()


@pytest.mark.parametrize("side", REMEDIES)
def test_after_the_second_does_not_wait(side: str, engine: sqlalchemy.Engine) -> None:
    with Meeting(side, engine, "net") as meeting:
        assert meeting.second_has_created_its_port()


def test_synchronized_even_another_network_waits(engine: sqlalchemy.Engine, tmp_path: Path) -> None:
    lockutils = pytest.importorskip("oslo_concurrency.lockutils")
    lockutils.set_defaults(str(tmp_path))
    with Meeting("synchronized", engine, "other") as meeting:
        assert meeting.second_waits(meeting.for_the_named_lock)


def test_rmwlint_tells_them_apart() -> None:
    assert "RMW301" in codes("network_plugin", "before")
    for side in REMEDIES:
        assert not codes("network_plugin", side)


def test_rmwlint_says_that_the_named_lock_serialises_everything() -> None:
    from rmwlint.config import Settings
    from rmwlint.request import Request
    from rmwlint.runner import run

    for side, expected in (("synchronized", {"RMW410"}), ("before", set()), ("after", set())):
        path = str(SYSTEMS / "network_plugin" / f"{side}.py")
        result = run(Request([path], Settings(select=("RMW410",)), use_cache=False, jobs=1))
        assert {violation.code for violation in result.violations} == expected
        assert all("one lock for all" in violation.message for violation in result.violations)


def test_no_fix_reaches_it(tmp_path: Path) -> None:
    assert fixed("network_plugin", tmp_path)[1:] == ([], ["RMW301"])
