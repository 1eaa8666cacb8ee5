"""Facts about the built-in library models: what well-known calls mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import rmwlint.libraries
from rmwlint.libraries.index import UNKNOWN, Gives, Libraries
from rmwlint.libraries.load import load
from rmwlint.libraries.model import CallModel

FOLDER = Path(rmwlint.libraries.__file__).parent


@pytest.fixture(scope="module")
def built_in() -> Libraries:
    return load()


def shown(rows: tuple[CallModel, ...]) -> set[tuple[Any, ...]]:
    return {(row.does, row.place or row.reach or row.kind) for row in rows}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_a_file_and_its_library_have_one_name(path: Path) -> None:
    assert f'name = "{path.stem}"' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("type_name", "method", "keywords", "facts"),
    [
        ("django.Model", "save", {}, {("write", "row")}),
        ("django.Model", "save", {"force_insert": True}, {("create", "row")}),
        ("django.QuerySet", "get", {}, {("read", "row")}),
        ("django.RelatedManager", "first", {}, {("read", "row")}),
        ("django.Manager", "filter", {}, {("query", None)}),
        ("django.QuerySet", "exists", {}, {("test", "rows")}),
        ("django.QuerySet", "update", {}, {("write", "rows")}),
        ("django.QuerySet", "get_or_create", {}, {("ensure", "row")}),
        ("django.QuerySet", "bulk_create", {}, {("create", "rows")}),
        ("django.QuerySet", "bulk_create", {"ignore_conflicts": True}, {("ensure", "rows")}),
        ("django.QuerySet", "bulk_create", {"ignore_conflicts": UNKNOWN}, {("create", "rows")}),
        ("django.RelatedManager", "add", {}, {("ensure", "rows")}),
        ("django.Email", "send", {}, {("backend", "smtp")}),
        ("django.Signal", "send", {}, {("signal", None)}),
        ("sqlalchemy.Query", "one_or_none", {}, {("read", "row")}),
        ("sqlalchemy.Query", "outerjoin", {}, {("query", None)}),
        ("sqlalchemy.Session", "flush", {}, {("flush", None)}),
        ("sqlalchemy.Session", "execute", {}, {("run", None), ("sql", None)}),
        ("sqlalchemy.Update", "__run__", {}, {("write", "rows")}),
        ("sqlalchemy.Upsert", "__run__", {}, {("ensure", "row")}),
        ("flask_sqlalchemy.Query", "first_or_404", {}, {("read", "row")}),
        ("oslo_versionedobjects.VersionedObject", "save", {}, {("write", "row")}),
        ("oslo_versionedobjects.VersionedObject", "conditional_update", {}, {("swap", "row")}),
        ("oslo_versionedobjects.VersionedObject", "get_by_instance_uuid", {}, {("read", "row")}),
        ("neutron_lib.MechanismDriver", "create_port_precommit", {}, {("hook", None), ("retry", None)}),
        ("neutron_lib.MechanismDriver", "create_port_postcommit", {}, set()),
        ("neutron_lib.RPCClient", "call", {}, {("backend", "rpc")}),
        ("oslo_messaging.RPCClient", "cast", {}, {("enqueue", None)}),
        ("openstack_db_api.Module", "instance_get_by_uuid", {}, {("read", "row")}),
        ("openstack_db_api.Module", "volume_get_all_by_host", {}, {("read", "rows")}),
        ("openstack_db_api.Module", "instance_update", {}, {("write", "row")}),
        ("openstack_db_api.Module", "update_node", {}, {("write", "row")}),
        ("openstack_db_api.Module", "get_session", {}, {("pure", None)}),
        ("requests.Session", "put", {}, {("write", "http"), ("backend", "http")}),
        ("celery.Task", "delay", {}, {("enqueue", None)}),
        ("celery.Task", "delay_on_commit", {}, {("pure", None)}),
        ("celery.Signature", "apply_async", {}, {("enqueue", None)}),
        ("files.Path", "open", {"arg0": "w"}, {("write", "file")}),
        ("files.Path", "mkdir", {}, {("ensure", "directory")}),
        ("files.Path", "touch", {"exist_ok": False}, {("create", "file")}),
        ("files.AppendedFile", "write", {}, {("delta", "file")}),
        ("files.Path", "rename", {}, {("replace", "file"), ("delete", "file")}),
        ("threads.Lock", "acquire", {}, {("lock", "thread"), ("wait", "lock")}),
        ("threads.Lock", "acquire", {"blocking": False}, {("lock", "thread")}),
        ("threads.Condition", "__enter__", {}, {("lock", "thread")}),
        ("threads.Queue", "get", {"block": False}, set()),
        ("asyncio.Lock", "__aenter__", {}, {("lock", "task")}),
        ("redis.Client", "set", {}, {("write", "key")}),
        ("redis.Client", "set", {"nx": True, "ex": 5}, {("create", "key")}),
        ("redis.Client", "incr", {}, {("delta", "key")}),
        ("redis.Lock", "__enter__", {}, {("lock", "cluster")}),
        ("redis.Pipeline", "watch", {}, {("lock", "cluster")}),
        ("memcached.Client", "cas", {}, {("swap", "key")}),
        ("pymongo.Collection", "replace_one", {}, {("write", "document")}),
        ("pymongo.Collection", "update_one", {"arg1": ("$set",)}, {("write", "document")}),
        ("pymongo.Collection", "update_one", {"arg1": ("$inc",)}, {("delta", "document")}),
        ("pymongo.Collection", "update_one", {"upsert": True}, {("ensure", "document")}),
        ("boto3.Client", "put_object", {}, {("write", "document"), ("backend", "cloud")}),
        ("boto3.Client", "run_instances", {}, {("backend", "cloud")}),
        (
            "boto3.Table",
            "update_item",
            {"UpdateExpression": "ADD hits :one"},
            {("delta", "document"), ("backend", "cloud")},
        ),
        ("kubernetes.Api", "replace_namespaced_pod", {}, {("write", "document"), ("backend", "http")}),
        ("kazoo.Lock", "acquire", {}, {("lock", "cluster"), ("wait", "lock")}),
        ("filelock.FileLock", "__enter__", {}, {("lock", "host")}),
        ("grpc.Stub", "GetUser", {}, {("backend", "grpc")}),
        ("peewee.Update", "execute", {}, {("write", "rows")}),
        ("tortoise.Model", "save", {"update_fields": UNKNOWN}, {("write", "row")}),
        ("clients.RpcApi", "create_volume", {}, set()),
        ("builtins.dict", "get", {}, {("pure", None)}),
        ("builtins.dict", "update", {}, {("mutate", None)}),
        ("openstack_clients.Resource", "list", {}, {("backend", "http")}),
    ],
)
def test_methods(
    built_in: Libraries, type_name: str, method: str, keywords: dict[str, Any], facts: set[tuple[Any, ...]]
) -> None:
    assert type_name in built_in.types
    assert shown(built_in.method_meaning(type_name, method, keywords)) == facts


@pytest.mark.parametrize(
    ("qualified", "keywords", "facts"),
    [
        ("open", {}, {("read", "file")}),
        ("open", {"arg1": "wb"}, {("write", "file")}),
        ("open", {"mode": "a"}, {("delta", "file")}),
        ("open", {"arg1": "xb"}, {("create", "file")}),
        ("os.path.exists", {}, {("test", "file")}),
        ("os.makedirs", {"exist_ok": True}, {("ensure", "directory")}),
        ("os.mkdir", {}, {("create", "directory")}),
        ("os.replace", {}, {("replace", "file"), ("delete", "file")}),
        ("shutil.rmtree", {}, {("delete", "directory")}),
        ("fcntl.flock", {"arg1": "fcntl.LOCK_EX"}, {("lock", "host")}),
        ("time.sleep", {}, {("wait", "sleep")}),
        ("subprocess.check_output", {}, {("backend", "subprocess")}),
        ("urllib.request.urlopen", {}, {("backend", "http")}),
        ("django.db.transaction.on_commit", {}, {("defer", None)}),
        ("django.db.connection.on_commit", {}, {("defer", None)}),
        ("django.core.cache.cache.get", {}, {("read", "key")}),
        ("django.core.cache.cache.add", {}, {("create", "key")}),
        ("django.db.models.F", {}, {("expression", None)}),
        ("django.db.models.functions.Coalesce", {}, {("expression", None)}),
        ("django.shortcuts.get_object_or_404", {}, {("read", "row")}),
        ("django.core.mail.send_mail", {}, {("backend", "smtp")}),
        (
            "django.dispatch.receiver",
            {"arg0": "django.db.models.signals.post_save"},
            {("hook", None), ("receive", None)},
        ),
        ("django.dispatch.receiver", {"arg0": "shop.signals.paid"}, {("receive", None)}),
        (
            "django.dispatch.receiver",
            {"arg0": ("django.db.models.signals.pre_save",)},
            {("hook", None), ("receive", None)},
        ),
        ("sqlalchemy.func.now", {}, {("expression", None)}),
        ("sqlalchemy.text", {"arg0": "SELECT 1"}, {("expression", None)}),
        (
            "sqlalchemy.text",
            {"arg0": "select pg_advisory_xact_lock(1)"},
            {("expression", None), ("lock", "cluster")},
        ),
        ("oslo_concurrency.processutils.execute", {}, {("backend", "subprocess")}),
        ("oslo_concurrency.lockutils.lock", {}, {("lock", "thread")}),
        ("oslo_db.api.DBAPI", {}, {("proxy", None)}),
        ("oslo_utils.fileutils.ensure_tree", {}, {("ensure", "directory")}),
        ("eventlet.sleep", {}, {("wait", "sleep"), ("switch", None)}),
        ("eventlet.sleep", {"arg0": 0}, {("wait", "sleep"), ("switch", None)}),
        ("shop.users_pb2_grpc.UserStub", {}, {("pure", None)}),
        ("stripe.Charge.create", {}, {("backend", "http")}),
        ("stripe.error.CardError", {}, {("pure", None)}),
        (
            "neutron_lib.callbacks.registry.receives",
            {"arg1": ("neutron_lib.callbacks.events.PRECOMMIT_CREATE",)},
            {("hook", None), ("receive", None)},
        ),
        (
            "neutron_lib.callbacks.registry.receives",
            {"arg1": ("neutron_lib.callbacks.events.AFTER_CREATE",)},
            {("receive", None)},
        ),
    ],
)
def test_functions(
    built_in: Libraries, qualified: str, keywords: dict[str, Any], facts: set[tuple[Any, ...]]
) -> None:
    assert shown(built_in.function_meaning(qualified, keywords)) == facts


def test_django_save_writes_all_columns_unless_limited(built_in: Libraries) -> None:
    (row,) = built_in.method_meaning("django.Model", "save", {"update_fields": UNKNOWN})
    assert (row.columns, row.limit, row.confidence) == ("all", "update_fields", "high")
    assert built_in.types["django.Model"].row == "all"


def test_versioned_objects_write_what_changed_and_compare(built_in: Libraries) -> None:
    (row,) = built_in.methods("oslo_versionedobjects.VersionedObject", "save")
    assert (row.columns, row.outcome) == ("changed", "raises")
    assert "expected_*" in row.guards
    assert built_in.types["oslo_versionedobjects.VersionedObject"].row == "changed"


def test_mapped_rows_are_written_by_a_flush(built_in: Libraries) -> None:
    for name in ("sqlalchemy.Mapped", "flask_sqlalchemy.Model", "oslo_db.Model", "neutron_lib.Model"):
        assert built_in.types[name].row == "flush"
        assert built_in.is_a(name, "sqlalchemy.Mapped")


def test_an_update_of_a_queryset_says_how_many(built_in: Libraries) -> None:
    for name in ("django.QuerySet", "sqlalchemy.Query"):
        (row,) = built_in.method_meaning(name, "update", {})
        assert (row.outcome, row.at) == ("count", "query")


@pytest.mark.parametrize("name", ["django.QuerySet", "django.Manager", "sqlalchemy.Query", "peewee.Select"])
def test_locking_queries(built_in: Libraries, name: str) -> None:
    method = {"django": "select_for_update", "sqlalchemy": "with_for_update", "peewee": "for_update"}
    (row, *_) = built_in.methods(name, method[name.partition(".")[0]])
    assert (row.does, row.lock) == ("query", True)


@pytest.mark.parametrize(
    ("type_name", "method", "keyword"),
    [
        ("sqlalchemy.Session", "get", "with_for_update"),
        ("sqlalchemy.Session", "refresh", "with_for_update"),
        ("django.Model", "refresh_from_db", "from_queryset"),
    ],
)
def test_reads_that_lock_by_keyword(built_in: Libraries, type_name: str, method: str, keyword: str) -> None:
    (row,) = built_in.methods(type_name, method)
    assert keyword in row.lock_keywords


@pytest.mark.parametrize(
    ("qualified", "form", "readonly"),
    [
        ("django.db.transaction.atomic", ("context", "decorator"), False),
        ("oslo_db.sqlalchemy.enginefacade.writer", ("decorator",), False),
        ("oslo_db.sqlalchemy.enginefacade.reader", ("decorator",), True),
        ("oslo_db.sqlalchemy.enginefacade.writer.using", ("context",), False),
        ("oslo_db.sqlalchemy.enginefacade.reader.using", ("context",), True),
        ("neutron_lib.db.api.CONTEXT_WRITER.using", ("context",), False),
        ("neutron_lib.db.api.CONTEXT_READER.using", ("context",), True),
    ],
)
def test_transactions(built_in: Libraries, qualified: str, form: tuple[str, ...], readonly: bool) -> None:
    (row,) = (row for row in built_in.functions(qualified) if row.requires is None)
    assert (row.does, row.form, row.readonly, row.nested) == ("transaction", form, readonly, False)


def test_a_transaction_on_a_replica_only_reads(built_in: Libraries) -> None:
    (row,) = (row for row in built_in.functions("django.db.transaction.atomic") if row.requires is not None)
    assert (row.does, row.readonly) == ("transaction", True)


def test_savepoints_are_nested(built_in: Libraries) -> None:
    (row,) = built_in.methods("sqlalchemy.Session", "begin_nested")
    assert row.nested


def test_writers_lead_to_writers(built_in: Libraries) -> None:
    row = built_in.attribute("oslo_db.TransactionContext", "writer")
    assert row is not None
    assert built_in.gives(row) == Gives("type", "oslo_db.Writer")


def test_synchronized_widens_to_the_host(built_in: Libraries) -> None:
    (row,) = built_in.function_meaning("oslo_concurrency.lockutils.synchronized", {"external": True})
    assert (row.reach, row.widens, row.key) == ("thread", ("external", "host"), "arg0")
    (row,) = built_in.function_meaning("oslo_concurrency.lockutils.synchronized", {"arg2": True})
    assert row.reach == "host"


def test_unlock_of_a_file(built_in: Libraries) -> None:
    (row,) = built_in.function_meaning("fcntl.flock", {"arg1": "fcntl.LOCK_UN"})
    assert row.form == ("release",)


@pytest.mark.parametrize(
    ("qualified", "words"),
    [
        ("FileExistsError", {"duplicate"}),
        ("FileNotFoundError", {"missing"}),
        ("OSError", {"duplicate", "missing", "conflict"}),
        ("KeyError", {"missing"}),
        ("ValueError", set()),
        ("django.db.IntegrityError", {"duplicate"}),
        ("shop.models.Order.DoesNotExist", {"missing"}),
        ("sqlalchemy.exc.IntegrityError", {"duplicate"}),
        ("sqlalchemy.orm.exc.StaleDataError", {"conflict"}),
        ("oslo_db.exception.DBDuplicateEntry", {"duplicate"}),
        ("pymongo.errors.DuplicateKeyError", {"duplicate"}),
        ("redis.WatchError", {"conflict"}),
        ("kazoo.exceptions.BadVersionError", {"conflict"}),
    ],
)
def test_exceptions(built_in: Libraries, qualified: str, words: set[str]) -> None:
    assert built_in.handled(qualified) == words


@pytest.mark.parametrize(
    ("qualified", "type_name"),
    [
        ("django.db.models.Model", "django.Model"),
        ("django.db.models.base.Model", "django.Model"),
        ("sqlalchemy.orm.Session", "sqlalchemy.Session"),
        ("sqlalchemy.orm.session.Session", "sqlalchemy.Session"),
        ("threading.RLock", "threads.Lock"),
        ("pathlib.Path", "files.Path"),
        ("dict", "builtins.dict"),
        ("requests.Session", "requests.Session"),
    ],
)
def test_classes(built_in: Libraries, qualified: str, type_name: str) -> None:
    assert built_in.type_of_class(qualified) == type_name


def test_what_is_nobody_elses(built_in: Libraries) -> None:
    for qualified in ("threading.local", "contextvars.ContextVar"):
        name = built_in.type_of_class(qualified)
        assert name is not None
        assert built_in.types[name].unshared
    name = built_in.type_of_object("flask.g")
    assert name is not None
    assert built_in.types[name].unshared
    assert not built_in.types["threads.Lock"].unshared


@pytest.mark.parametrize(
    ("identifier", "type_name"),
    [
        ("session", "sqlalchemy.Session"),
        ("self_session", "sqlalchemy.Session"),
        ("_context_manager", "oslo_db.TransactionContext"),
        ("main_context_manager", "oslo_db.TransactionContext"),
        ("dbapi", "openstack_db_api.Module"),
        ("volume_rpcapi", "clients.RpcApi"),
        ("redis_client", "redis.Client"),
        ("qs", "django.QuerySet"),
    ],
)
def test_names_that_suggest_a_type(built_in: Libraries, identifier: str, type_name: str) -> None:
    assert type_name in built_in.receiver(identifier)


@pytest.mark.parametrize(
    "identifier", ["self", "cls", "request", "item", "result", "data", "obj", "value", "name"]
)
def test_names_that_suggest_nothing(built_in: Libraries, identifier: str) -> None:
    assert built_in.receiver(identifier) == ()


def test_a_name_alone_is_never_high_confidence(built_in: Libraries) -> None:
    guesses = [
        row for names in built_in.types if names.startswith("clients.") for row in rows_on(built_in, names)
    ]
    assert guesses
    assert {row.confidence for row in guesses if row.does != "pure"} <= {"medium", "low"}


def rows_on(libraries: Libraries, type_name: str) -> list[CallModel]:
    verbs = ("call", "cast", "post", "publish", "notify", "execute", "spawn", "prepare", "create_volume")
    return [row for verb in verbs for row in libraries.methods(type_name, verb)]


def test_bases_from_a_factory(built_in: Libraries) -> None:
    (row,) = built_in.functions("sqlalchemy.orm.declarative_base")
    assert built_in.gives(row) == Gives("class_of", "sqlalchemy.Mapped")
    model = built_in.attribute("flask_sqlalchemy.Database", "Model")
    assert model is not None
    assert built_in.gives(model) == Gives("class_of", "flask_sqlalchemy.Model")


def test_tasks_are_made_by_decorators(built_in: Libraries) -> None:
    rows = (*built_in.functions("celery.shared_task"), *built_in.methods("celery.App", "task"))
    assert [(row.form, built_in.gives(row)) for row in rows] == [
        (("decorator",), Gives("type", "celery.Task"))
    ] * 2


def test_iterating_a_queryset_gives_its_rows(built_in: Libraries) -> None:
    (row,) = built_in.methods("django.QuerySet", "__iter__")
    assert row.does == "read"
    assert built_in.gives(row) == Gives("iterable", of=(Gives("element"),))


def test_version_columns_make_every_flush_compare(built_in: Libraries) -> None:
    switches = {
        (base.field, base.key) for base in built_in.bases("flask_sqlalchemy.Model") if base.means == "version"
    }
    assert switches == {("__mapper_args__", "version_id_col")}


def test_words_of_the_prefilter(built_in: Libraries) -> None:
    assert {
        "save",
        "select_for_update",
        "atomic",
        "delay",
        "synchronized",
        "open",
        "urlopen",
    } <= built_in.tokens()
    assert built_in.tokens().isdisjoint({"setdefault", "append", "extend", "items", "strip", "KeyError", "*"})
    assert built_in.interesting_names(frozenset({"instance_update"}))
    assert not built_in.interesting_names(frozenset({"strip", "append", "join_path"}))
