"""Library models: what a library's calls mean, as data.

One TOML file a library. The engine knows no library; it knows the words below.

File
----
::

    [library]
    name = "django"                     # also the prefix of its types elsewhere: "django.Model"
    imports = ["django"]                # the import roots that make this model worth loading
    docs = "https://docs.djangoproject.com/"

    [[type]]
    name = "Model"                      # "Model" inside this file, "django.Model" from others
    classes = ["django.db.models.Model", "django.db.models.base.Model"]
    row = "all"                         # instances are rows; what a plain save writes:
                                        #   all | changed | flush (tracked by a session)
    keys = ["pk", "id", "uuid"]         # attributes that identify a row, and never change
    receivers = ["session", "*_session"]  # names that suggest the type when nothing else is known
    bases = ["Other"]                   # it has everything these types have

    [[attribute]]                       # an attribute whose value has a type
    on = "Model"
    names = ["objects", "_default_manager"]
    gives = "QuerySet[@class]"

    [[call]]
    functions = ["os.path.exists"]      # either qualified names (functions, classes called) …
    on = "QuerySet"                     # … or a type (or a list of types)
    methods = ["get", "first"]          #    and method names; "*" suffix or prefix allowed
    does = "read"
    ...

    [[base]]                            # a class-level switch that user classes carry
    ...

``does`` says what the call means; the other keys refine it:

Accesses (``place``: row rows file directory key document http; where from: ``at``)
  ``read``      gives a snapshot of the place. ``gives``: its type. ``lock = true``: takes the row lock
                (also when any keyword in ``lock_keywords`` is given and true)
  ``test``      looks, gives only a bool, number or list of names (exists, count, listdir, stat)
  ``query``     no access yet: builds or narrows a query (filter, order_by). ``gives``. ``narrows = true``
                when its keywords or arguments compare columns; ``lock = true`` for select_for_update
  ``write``     writes. ``columns``: ``all`` | ``changed`` | ``keywords`` | ``argN`` (a dict or a call's
                keywords) | ``content`` (of a file or key). ``limit``: keyword that names the only
                columns written (update_fields). ``guards``: keyword patterns that make it a
                compare-and-swap ("expected_*"). ``outcome``: what its return says:
                ``count`` | ``bool`` | ``raises`` | ``none``
  ``delta``     changes the value in one step, no read needed (incr, F)
  ``swap``      a compare-and-swap whose ``outcome`` must be looked at (conditional_update)
  ``create``    makes it; ``exclusive = true`` when it fails if it is there (mkdir, O_EXCL)
  ``ensure``    makes it if missing, in one step (get_or_create, makedirs(exist_ok=True)); ``when``
                names the keyword that must be true for that, else it is an exclusive create
  ``delete``    ``tolerates``: keyword that, when true, makes absence harmless (missing_ok)
  ``replace``   puts another thing in its place in one step (os.replace, rename)
  ``refresh``   reads the receiver again (refresh_from_db, session.refresh); ``lock`` as in read
  ``expression`` a value computed by the database (F, func.*, Case): a write of it depends on no read

  ``at``: which argument is the place: ``self`` | ``arg0`` … ``argN`` | ``keyword:name`` | ``query`` (the
  receiver's query). Default ``self`` for methods, ``arg0`` for functions.

Guards
  ``lock``      ``reach``: thread | task | process | host | cluster | row. ``form``: ``context`` (entered by
                ``with``) | ``acquire`` | ``release`` | ``decorator`` | ``create`` (makes the lock object).
                ``key``: ``self`` | ``argN`` | ``none`` (the name or object that is locked).
                ``widens = {keyword = "external", reach = "host"}``: a keyword, when true, widens the reach.
                ``form`` may be a list. ``until = "commit"``: given back by the database at the commit
  ``transaction``  ``form``: ``context`` | ``decorator`` | ``begin`` (open until commit/rollback) | a list;
                ``nested = true`` for a mere savepoint; ``readonly = true``; ``session = "self" | "argN"``
  ``commit`` / ``rollback`` / ``close``   end what ``begin`` or autobegin opened
  ``defer``     its callback argument ``at`` runs after the commit (on_commit)

Hazards
  ``backend``   ``kind``: http rpc grpc ssh smtp subprocess socket cloud cache driver
  ``enqueue``   a task or message is sent
  ``wait``      ``kind``: sleep join result queue lock poll
  ``switch``    gives way to other tasks or green threads
  ``spawn``     starts a thread, task or process that runs its callable argument ``at``

Other
  ``pure``      no effect worth knowing; ``gives`` its type
  ``proxy``     returns an object whose attributes are those of the module(s) named in ``module_from``
                (a keyword or ``argN``: a string, or a dict whose values are strings)
  ``handles``   a class of exceptions: ``exceptions`` says for which of ``duplicate missing conflict``

``gives``: ``@self`` (same type as the receiver) · ``@element`` (the receiver's element) · ``@class``
(the class it is called on) · ``@arg0`` (the class given, or the class of the object given) ·
``Type`` · ``Type[@element]`` · ``Type[@class]`` · ``Type[@arg0]`` · ``[@element]`` (an iterable of them) ·
``await`` is transparent: an async call gives what awaiting it gives.

``confidence = "medium" | "low"`` lowers what rests on this row. ``why`` and ``docs`` are shown by
``explain``. ``requires = {keyword = "x", value = true}``: the row applies only to calls that pass it;
``unless = {keyword = "blocking", value = false}``: … that do not. A row for a more derived type, a
longer name or with ``requires`` wins over a more general one.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class TypeModel(NamedTuple):
    """A library's type. ``name`` is full (``django.Model``); ``bases`` are full names."""

    name: str
    classes: tuple[str, ...]
    row: str | None
    keys: tuple[str, ...]
    receivers: tuple[str, ...]
    bases: tuple[str, ...]


class CallModel(NamedTuple):
    """One row of a ``[[call]]`` table; type names are full. Keys as in the module docstring."""

    library: str
    on: tuple[str, ...]
    methods: tuple[str, ...]
    functions: tuple[str, ...]
    does: str
    gives: str | None = None
    place: str | None = None
    at: str | None = None
    columns: str | None = None
    limit: str | None = None
    guards: tuple[str, ...] = ()
    outcome: str | None = None
    lock: bool = False
    lock_keywords: tuple[str, ...] = ()
    narrows: bool = False
    exclusive: bool = False
    when: str | None = None
    tolerates: str | None = None
    reach: str | None = None
    form: tuple[str, ...] = ()
    key: str | None = None
    widens: tuple[str, str] | None = None
    until: str | None = None
    nested: bool = False
    readonly: bool = False
    session: str | None = None
    kind: str | None = None
    module_from: str | None = None
    exceptions: tuple[str, ...] = ()
    requires: tuple[str, Any] | None = None
    unless: tuple[str, Any] | None = None
    confidence: str = "high"
    why: str = ""
    docs: str = ""


class AttributeModel(NamedTuple):
    """An attribute whose value has a type. ``expression``: it names a column, not a value."""

    library: str
    on: tuple[str, ...]
    names: tuple[str, ...]
    gives: str
