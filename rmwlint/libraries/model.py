"""Library models: what a library's calls mean, as data.

One TOML file a library. The engine knows no library; it knows the words below.

File
----
::

    [library]
    name = "django"                     # also the prefix of its types elsewhere: "django.Model"
    imports = ["django"]                # the import roots that make this model worth loading
    threads = ["django.views"]          # names whose import says that code runs in several threads,
    tasks = ["asyncio"]                 #   or in several tasks of one
    same = ["a.gis.models as a.models"] # the first module hands on what the second one has
    docs = "https://docs.djangoproject.com/"

    [[type]]
    name = "Model"                      # "Model" inside this file, "django.Model" from others
    classes = ["django.db.models.Model", "django.db.models.base.Model"]
    objects = ["django.db.connection"]  # module-level objects of this type, by qualified name
    unshared = true                     # each thread, task or request has its own (ContextVar, a form)
    shared = true                       # several threads use one object of it (a manager of periodic tasks)
    atomic_when = "ATOMIC_REQUESTS"     # where a dict in the project's settings has this entry and it is
    first_parameters = ["request"]      #   true, the methods of derived classes run in a transaction, and so
                                        #   do functions whose first parameter has such a name
    row = "all"                         # instances are rows; what a plain save writes:
                                        #   all | changed | flush (tracked by a session)
    keys = ["pk", "id", "uuid"]         # attributes that identify a row, and never change
    receivers = ["session", "*_session"]  # names that suggest the type when nothing else is known
    saved_by = ["save"]                 # an unknown object whose attributes are set before such a method
                                        #   is called is taken for this type, with medium confidence, where
    homes = ["models"]                  #   the module, or one so named in a package around it, imports the
                                        #   library
    bases = ["Other"]                   # it has everything these types have
    made_by = ["create_*"]              # a function of such a name gives a new one, where nobody knows more
    fractions = true                    # its timestamps keep fractions of seconds
    wraps = ["arg0", "instance"]        # it is made around an object: the first of these arguments that is
                                        #   given, kept as the attribute of the last name
    makes = "Meta.model"                # made around none, it makes a row of the class that this field names
    one_by_key = true                   # an attribute of this type that stands beside a column of its name
                                        #   and ``_id`` is the one row that the column names, not several
    own_methods = ["save", "changes"]   # a class of the program with no known base that defines all of these
                                        #   is taken for one: a copy of the library, or what it came from
    own_columns = ["models.CharField"]  # a class of the program that is derived from what nobody knows, with
                                        #   a column that such a call declares, is taken for one
    shown_by = ["filter", "all"]        # something is taken for this type, with medium confidence, where one
    shown_on = ["Model"]                #   of these methods is called on it: an attribute of such a type
                                        #   that its class does not declare; ``function``: a function of the
                                        #   program that a decorator nobody knows has changed; ``import``:
                                        #   what a module that nobody knows gives, where it is a row a
                                        #   class that one of these attributes is taken of
    filled_in = ["save_model.arg1"]     # methods that users' classes define, each with the argument in which
                                        #   it is given a row that a form has filled in, to save it
    overridden = ["save", "delete"]     # methods that users' classes define in place of the library's: they
                                        #   save or delete a row in the transaction of whoever calls them
    watched_by = ["MutableDict"]        # what is changed inside a column is written only where a name in its
                                        #   declaration has one of these in it, the function calls one,
    watched_everywhere = ["watch_all"]  #   or the project has one of these words anywhere
    related_as = ["*_set", "groups"]    # attributes by which rows are reached that refer to this one, or that
                                        #   a row of the library itself is related to
    isolated_by = ["SERIALIZABLE"]      # where the project has one of these words, the database refuses to
                                        #   write a row of this that has changed since the transaction read it
    alone = true                        # its methods run by hand, rarely two at a time: low confidence
    element = "Model"                   # what it holds where nobody knows (then with medium confidence)

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
    on = "Model"                        # classes derived from this type …
    field = "Meta.unique_together"      # … that set this name in their body ("*" suffix or prefix allowed)
    key = "version_id_col"              #   to a dict with this key,
    calls = ["sqlalchemy.UniqueConstraint"]  # or to something that holds a call of one of these
    keyword = "unique"                  #     with this keyword true
    means = "unique"                    # unique: a second creation fails
                                        # version: every save is a compare-and-swap that raises
                                        # key: identifies the row, so setting it makes another one
                                        # column: a plain column, stored as it is; scalar: nothing in it
                                        #   can be changed in place; number: the database computes with it
                                        # stamped: every save sets it
                                        # primary: part of the primary key
                                        # table: the class of the rows, which declares the columns
                                        # label: what strings call the package of the class
                                        # nullable: may be empty, and two empty ones are not equal
                                        # unsaved: a list of attributes that no save writes

``does`` says what the call means; the other keys refine it:

Accesses (``place``: row rows file directory key document http; where from: ``at``)
  ``read``      gives a snapshot of the place. ``gives``: its type. ``lock = true``: takes the row lock
                (also when any keyword in ``lock_keywords`` is given and true). ``kind = "first"``: one of
                several, by their order; ``value``: the first of the columns asked for (also of ``run`` and
                ``pure``)
  ``test``      looks, gives only a bool, number or list of names (exists, count, listdir, stat).
                ``kind``: ``presence`` (is it there; also without a kind) | ``listing`` (what is in it) |
                ``count`` (how many, or another figure of all of them) |
                ``detail`` (its size, age, rights or sort: what it is like, given that it is there).
                ``drops_lock = true``: the row locks that its query asked for are not taken; so too in
                ``write`` and ``delete`` (whose own statement locks what it changes, but not before)
  ``assign``    sets columns of a row in memory (``columns``: ``keywords`` | ``argN``), writes nothing yet
  ``mutate``    changes the receiver, a container, in memory (append, update, setdefault)
  ``query``     no access yet: builds or narrows a query (filter, order_by). ``gives``. ``narrows = true``
                when its keywords or arguments compare columns; ``lock = true`` for select_for_update,
                with ``inside = "transaction"`` where nothing begins the transaction that it needs by itself;
                ``kind = "partial"``: it asks for some of the columns, and rows so read save no others;
                ``named``: for those that its arguments name, so do they;
                ``columns``: for those that its arguments name, by their positions, and each by itself where
                the keyword ``flat`` is true
  ``run``       performs the query or statement given as argument ``at``: the row of the method
                ``__run__`` of that statement's type says what this means; ``gives`` as usual
  ``write``     writes. ``columns``: ``all`` | ``changed`` | ``keywords`` | ``argN`` or ``keyword:name`` (a
                dict, a call's keywords or a list of names) | ``content`` (of a file or key). ``kind``, of a
                key or document: ``cache`` (a value under a key) | ``document`` (a database of documents) |
                ``item`` (put as a whole) | ``resource`` (which has a version that a write can be bound to).
                ``limit``: keyword that names the only columns written (update_fields). ``each = true``:
                every row in the container given is written, of each the columns that ``columns`` lists.
                ``guards``: keyword patterns that make it a compare-and-swap ("expected_*"; "headers:If-*": a
                key of the dict given as ``headers``; a dict nobody knows has it). ``outcome``: what its
                return says: ``count`` | ``bool`` | ``raises`` | ``none``
  ``delta``     changes the value in one step, no read needed (incr, F)
  ``swap``      a compare-and-swap whose ``outcome`` must be looked at (conditional_update)
  ``create``    makes it; ``exclusive = true`` when it fails if it is there (mkdir, O_EXCL). ``expires``: the
                keywords of which one gives it an end (``*``: it always has one)
  ``ensure``    makes it if missing, in one step (get_or_create, makedirs(exist_ok=True)); ``when``
                names the keyword that must be true for that, else it is an exclusive create
  ``delete``    ``tolerates``: keyword that, when true, makes absence harmless (missing_ok); ``*``: always.
                ``kind = "piecewise"``: not in one step, so that others can meet half of it (rmtree)
  ``replace``   puts another thing in its place in one step (os.replace, rename), or ``piecewise`` too, where
                it may have to copy (shutil.move)
  ``flush``     writes what the rows of a session (``row = "flush"``) have pending; ``commit`` does too
  ``refresh``   reads the receiver again (refresh_from_db, session.refresh); ``lock`` as in read, ``limit``:
                keyword that names the only columns read
  ``expression`` a value computed by the database (F, func.*, Case): a write of it depends on no read.
                ``kind = "count"``: a figure of all rows (max, count), which a query can be asked for

  ``at``: which argument is the place: ``self`` | ``arg0`` … ``argN`` | ``keyword:name`` | ``query`` (the
  receiver's query; of a function, the query or class that argument 0 is) | ``result`` (what the call
  returns is a handle on the place) | ``wrapped`` (the object that the receiver was made around). Default
  ``self`` for methods, ``arg0`` for functions.

Guards
  ``lock``      ``reach``: thread | task | process | host | cluster | row. ``form``: ``context`` (entered by
                ``with``) | ``acquire`` | ``release`` | ``decorator`` | ``create`` (makes the lock object).
                ``key``: ``self`` | ``argN`` | ``none`` (the name or object that is locked).
                ``widens = {keyword = "external", reach = "host"}``: a keyword, when true, widens the reach.
                ``form`` may be a list. A lock object that is itself entered has a row for its method
                ``__enter__`` (``__aenter__``), ``form = "context"``. ``until = "commit"``: given back by
                the database at the commit
  ``transaction``  ``form``: ``context`` | ``decorator`` | ``begin`` (open until commit/rollback) | a list;
                ``nested = true`` for a mere savepoint; ``readonly = true``; ``session = "self" | "argN"``
  ``enter``     enters the context given as argument ``at``, until the ``with`` of the receiver ends
  ``commit`` / ``rollback`` / ``close``   end what ``begin`` or autobegin opened. ``close`` with
                ``form = "decorator"``: the settings open no transaction around a function so decorated
  ``defer``     its callback argument ``at`` runs after the commit (on_commit)

Statements of SQL
  ``sql``       sends the statement ``at`` (``arg0`` by default) with the values ``columns``: ``argN`` (a
                sequence or a mapping) | ``rest`` (one argument each). ``kind``: what the call itself gives of
                what is found: ``row`` | ``value`` (its first column)
  ``fetch``     gives that (``kind`` likewise) of the last statement that its object has sent

State of the whole process
  ``setting``   ``kind``: ``look`` (gives what is set) | ``set`` | ``exchange`` (sets it and gives what was
                set before). ``state``: what it is, as a reader would say it ("the working directory").
                ``at``: the argument that is set, ``arg0`` by default

Hazards
  ``backend``   ``kind``: http rpc grpc ssh smtp subprocess socket cloud cache driver storage. ``tolerates``,
                of a subprocess: the keyword with which it goes on where the program fails; ``*``: always
  ``enqueue``   a task or message is sent
  ``wait``      ``kind``: sleep join result queue lock poll; ``results``: of several at a time; ``room``:
                until a queue with a limit has some
  ``switch``    gives way to other tasks or green threads; with ``form = "decorator"``: a generator so
                decorated is a coroutine, and gives way where it yields
  ``spawn``     starts a thread or process (or, with ``kind = "task"``, a task of this thread) that runs its
                callable argument ``at``; ``kind = "loop"``: over and over, never twice at a time;
                ``kind = "process"``: in a process of its own, which shares no memory

  ``patch``     makes the threads of the process green: one runs until it waits. ``limit``: the keyword for
                threads, where a call that gives keywords as true patches what they name alone
  ``serve``     serves requests one after the other in one process, unless the option ``limit`` (how many
                processes) is given and is not 1, or one of ``guards`` is given: keywords of the call, or
                entries of a dict that the call or its object is given

  ``hook``      code that runs inside somebody else's transaction: the function so decorated
                (``form = "decorator"``), the function given as argument ``at``, or, without either, the
                method of that name that a user's class derived from ``on`` defines. ``of``: the keyword that
                says whose saves call it, each in a transaction or not, as its caller likes

  ``signal``    calls whatever has been registered for the signal ``at``, about the subject ``key``
  ``receive``   registers, for the signal ``at`` (or each in a list of them) and the subject ``key``, the
                function so decorated (``form = "decorator"``) or the one given as argument 0. ``of``, here
                and of ``signal``: the keyword that names the class whose signals it is about

Other
  ``pure``      no effect worth knowing; ``gives`` its type. ``form = "decorator"``: a function so decorated
                becomes an object of the type in ``gives`` (a task)
                ``reverse``, of a column's declaration: the keyword that says by which attribute the rows it
                names reach those of the class. ``kind = "restricting"``: of a declaration that makes the
                database refuse to delete a row that others refer to; ``serialising``: it gives all that an
                argument holds, as text or bytes
  ``proxy``     returns an object whose attributes are those of the module(s) named in ``module_from``
                (a keyword or ``argN``: a string, or a dict whose values are strings)
  ``handles``   a class of exceptions: ``exceptions`` says for which of ``duplicate missing conflict``
  ``suppress``  a context manager that swallows the exceptions given as arguments
  ``reraise``   a context manager that raises again, at its end, the exception that is being handled
  ``retry``     a decorator (``form = "decorator"``) that calls the function again when it raises, or,
                without a form, the method of that name that a user's class derived from ``on`` defines and
                the library calls so: ``exceptions`` says for which of ``duplicate missing conflict``; of a
                decorator, without it, for the classes that it is given

``gives``: ``@self`` (same type as the receiver) · ``@element`` (the receiver's element) · ``@class``
(the class it is called on) · ``@arg0`` (the class given, or the class of the object given) ·
``@element0`` (an element of the query or iterable given as argument 0, an instance of a class given) ·
``Type`` · ``Type[@element]`` (also with ``@class``, ``@arg0``, ``@element0`` or a type's name) ·
``[@element]`` (an iterable of them, also of the others) · ``type[Type]`` (the class itself: a base for user
classes) · ``(@element, _)`` (a tuple; ``_`` is anything). ``await`` is transparent: an async call gives what
awaiting it gives. A class listed in a type's ``classes`` gives that type when called, without a row. The
rows of ``__iter__`` say what a loop over a value of the type does, those of ``__getitem__``,
``__setitem__``, ``__contains__``, ``__enter__``, ``__call__`` what the operator does.

Which rows count
----------------
``confidence = "medium" | "low"`` lowers what rests on this row. ``why`` and ``docs`` are shown by
``explain``. ``requires = {keyword = "x", value = true}``: the row applies only to calls that pass it;
``unless = {keyword = "blocking", value = false}``: … that do not. ``keyword = "mode|arg1"`` also looks at
the second positional argument. ``value``: a boolean (compared by truth), a number, a string (``*`` as in
names, letter case ignored) or a list of these; without ``value`` any will do. A value nobody knows is never
equal to one; a name of another module (``fcntl.LOCK_UN``) is the string of its qualified name; a list, set
or tuple is equal when one of its items is, a dict when one of its keys is.

A program that is run by its name and arguments (``["mv", a, b]``) is a method of the type
``commands.Program``: ``arg0`` … are its operands, its options keywords without their dashes (``-rf`` is ``r``
and ``f``), and ``valued`` lists the options that take the next word. What a program does with its first
operand is named after both (``qemu-img create``: ``qemu_img_create``).

Names are matched exactly or by a ``*`` at the front, at the end or both. Rows of the same type and the same
name are one level; the levels are ordered: more derived type first, then exact name, then longer wildcard.
The first level with a row that applies decides, and all of its rows that apply count together (one may be a
write and another a backend call); but of rows with the same meaning (``does``), or of two accesses, those
with ``requires`` put away those without. A user's file replaces the level of a built-in one.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class TypeModel(NamedTuple):
    """A library's type. ``name``, ``bases``, ``element`` are full (``django.Model``).

    ``imports`` are those of its library.
    """

    name: str
    classes: tuple[str, ...]
    row: str | None
    keys: tuple[str, ...]
    receivers: tuple[str, ...]
    bases: tuple[str, ...]
    objects: tuple[str, ...] = ()
    unshared: bool = False
    saved_by: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    element: str | None = None
    atomic_when: str | None = None
    first_parameters: tuple[str, ...] = ()
    made_by: tuple[str, ...] = ()
    alone: bool = False
    fractions: bool = False
    one_by_key: bool = False
    wraps: tuple[str, ...] = ()
    own_methods: tuple[str, ...] = ()
    shared: bool = False
    shown_by: tuple[str, ...] = ()
    shown_on: tuple[str, ...] = ()
    makes: str | None = None
    own_columns: tuple[str, ...] = ()
    filled_in: tuple[str, ...] = ()
    watched_by: tuple[str, ...] = ()
    watched_everywhere: tuple[str, ...] = ()
    isolated_by: tuple[str, ...] = ()
    related_as: tuple[str, ...] = ()
    overridden: tuple[str, ...] = ()


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
    drops_lock: bool = False
    inside: str | None = None
    narrows: bool = False
    each: bool = False
    exclusive: bool = False
    when: str | None = None
    tolerates: str | None = None
    expires: tuple[str, ...] = ()
    valued: tuple[str, ...] = ()
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
    reverse: str | None = None
    of: str | None = None
    state: str | None = None
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


class BaseModel(NamedTuple):
    """A class-level switch (``[[base]]``): what a field in the body of a user's class promises."""

    library: str
    on: tuple[str, ...]
    field: str
    means: str
    key: str | None = None
    calls: tuple[str, ...] = ()
    keyword: str | None = None
