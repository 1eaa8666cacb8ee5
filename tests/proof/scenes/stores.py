"""Scenes of keys in Redis and of resources behind HTTP."""

from __future__ import annotations

import json
import threading
from typing import Any

from rmwlint.prove.replay import Outcome, Scene
from tests.proof.proof import Proof
from tests.proof.worlds import HTTPWorld, RedisWorld


def _visit(world: RedisWorld, text: str) -> Scene:
    module = world.load(text)

    def act(_: Any) -> None:
        module.visit("home")

    return Scene(world.empty, (act, act), lambda _: world.client.get("home"))


def _import_feed(world: RedisWorld, text: str) -> Scene:
    held: dict[str, bool] = {}

    def fetch(feed: str) -> None:
        held[threading.current_thread().name] = bool(world.client.exists(f"import-{feed}"))

    module = world.load(text, fetch=fetch)

    def arrange() -> None:
        held.clear()
        world.empty()

    def late(_: Any) -> None:
        world.client.delete("import-news")  # the first one's time is over
        module.import_feed("news")

    def holds(_: Outcome) -> bool:
        return held.get("actor B", True)

    acts = (lambda _: module.import_feed("news"), late)
    return Scene(arrange, acts, lambda _: dict(held), holds=holds)


def _rename(world: HTTPWorld, text: str) -> Scene:
    import requests

    module = world.load(text)

    def hide(_: Any) -> None:
        answer = requests.get(world.address, timeout=60)
        changed = {**answer.json(), "visible": False}
        seen = {"If-Match": answer.headers["ETag"]}
        requests.put(world.address, json=changed, headers=seen, timeout=60).raise_for_status()

    def arrange() -> None:
        world.put(json.dumps({"name": "old", "visible": True}).encode())

    acts = (lambda _: module.rename(world.address, "new"), hide)
    return Scene(arrange, acts, lambda _: json.loads(world.content))


PROOFS = (
    Proof("RMW601", "redis-py", _visit),
    Proof("RMW605", "requests", _rename),
    Proof("RMW606", "redis-py", _import_feed, after="if client.set("),
)
