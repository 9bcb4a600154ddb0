# The Python side of the wire form (see value.rs). Runs in the candidate's process too, so every name it needs is bound early
# and a value is taken apart by its base type's own methods, never by what a subclass overrides.
def _make_codec():
    import collections
    import itertools
    import marshal

    dumps, loads = marshal.dumps, marshal.loads
    Counter, OrderedDict, defaultdict, deque = (
        collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque)
    islice = itertools.islice
    _type, _len, _list, _tuple, _iter, _next = type, len, list, tuple, iter, next
    _issubclass, _str, _int, _float, _bytes, _range = issubclass, str, int, float, bytes, range
    _set, _frozenset, _dict, _bool, _complex, _bytearray = set, frozenset, dict, bool, complex, bytearray
    _hasattr, _BaseException, _StopIteration, _ValueError = hasattr, BaseException, StopIteration, ValueError
    _map, whole = map, slice(None)
    dot = ...
    atoms = _frozenset((_type(None), _bool, _int, _float, _str, _complex, _bytes))
    only_atoms = atoms.issuperset
    views = {_type({}.keys()): "keys", _type({}.values()): "values", _type({}.items()): "items"}
    factories = {t: t.__name__ for t in (_int, _float, _str, _list, _dict, _set, _tuple, _bool)}
    by_name = {name: t for t, name in factories.items()}
    MAX_DEPTH = 250
    MAX_ITEMS = 100_000

    def plain(x, depth):
        """True where marshal's own view of x is exact: only builtin types, exactly, and not too deep."""
        t = _type(x)
        if t is _list or t is _tuple or t is _set or t is _frozenset:
            if only_atoms(_map(_type, x)):
                return True
        elif t is _dict:
            if not (only_atoms(_map(_type, x)) or plain(_list(x), depth)):
                return False
            x = _dict.values(x)
            if only_atoms(_map(_type, x)):
                return True
        else:
            return t in atoms
        if depth > MAX_DEPTH:
            return False
        depth += 1
        for item in x:
            if _type(item) not in atoms and not plain(item, depth):
                return False
        return True

    def flat(x, depth):
        """x as builtin types and tags."""
        t = _type(x)
        if t in atoms:
            return x
        if depth > MAX_DEPTH:
            raise _ValueError("value nested too deep")
        depth += 1
        if t is _list:
            return [flat(item, depth) for item in x]
        if t is _tuple:
            return _tuple([flat(item, depth) for item in x])
        if t is _dict:
            return {flat(k, depth): flat(v, depth) for k, v in x.items()}
        if t is _set:
            return {flat(item, depth) for item in x}
        if t is _frozenset:
            return _frozenset([flat(item, depth) for item in x])
        if x is dot:
            return (dot, "ellipsis")
        return special(x, t, depth)

    def special(x, t, depth):
        if _issubclass(t, _int):
            return _int.__int__(x)
        if _issubclass(t, _float):
            return _float.__float__(x)
        if _issubclass(t, _str):
            return _str.__str__(x)
        if _issubclass(t, _complex):
            return _complex.__pos__(x)
        if _issubclass(t, _bytes):
            return _bytes.__getitem__(x, whole)
        if _issubclass(t, _bytearray):
            return (dot, "bytearray", _bytes(_bytearray.__getitem__(x, whole)))
        if _issubclass(t, _tuple):
            items = _tuple([flat(item, depth) for item in _tuple.__getitem__(x, whole)])
            fields = t.__dict__.get("_fields")
            if _type(fields) is _tuple and _len(fields) == _len(items) and all(_type(f) is _str for f in fields):
                return (dot, "namedtuple", _type.__dict__["__name__"].__get__(t), fields, items)
            return items
        if _issubclass(t, _list):
            return [flat(item, depth) for item in _list.__getitem__(x, whole)]
        if _issubclass(t, _set):
            return {flat(item, depth) for item in _set.__iter__(x)}
        if _issubclass(t, _frozenset):
            return _frozenset([flat(item, depth) for item in _frozenset.__iter__(x)])
        if _issubclass(t, _dict):
            pairs = OrderedDict.items(x) if _issubclass(t, OrderedDict) else _dict.items(x)
            body = {flat(k, depth): flat(v, depth) for k, v in pairs}
            if _issubclass(t, Counter):
                return (dot, "Counter", body)
            if _issubclass(t, OrderedDict):
                return (dot, "OrderedDict", body)
            if _issubclass(t, defaultdict):
                factory = defaultdict.default_factory.__get__(x)
                return (dot, "defaultdict", body, factories.get(factory) if _type(factory) is _type else None)
            return body
        if t is _range:
            return (dot, "range", x.start, x.stop, x.step)
        if _issubclass(t, deque):
            return (dot, "deque", [flat(item, depth) for item in deque.__iter__(x)], deque.maxlen.__get__(x))
        if t in views:
            return (dot, views[t], [flat(item, depth) for item in x])
        if _hasattr(t, "__next__") and _hasattr(t, "__iter__"):
            items, end = [], None
            try:
                for item in islice(x, MAX_ITEMS):
                    items.append(flat(item, depth))
                if _len(items) == MAX_ITEMS:
                    end = "more"
            except _BaseException as error:
                end = (_type.__dict__["__name__"].__get__(_type(error)), text_of(error))
            return (dot, "iter", items, end)
        return (dot, "opaque", _type.__dict__["__name__"].__get__(t))

    def text_of(error):
        try:
            text = _str(error)
            return _str.__str__(text)[:1000] if _issubclass(_type(text), _str) else ""
        except _BaseException:
            return ""

    def encode(x):
        """The bytes of x: fast where x is plain, else flattened. ValueError where it is too deep."""
        if plain(x, 0):
            return b"\0" + dumps(x, 2)
        return b"\1" + dumps(flat(x, 0), 2)

    def generator(items, end):
        yield from items
        if end == "more":
            raise RuntimeError("the iterator was cut after %d items" % _len(items))
        if end is not None:
            import builtins
            kind = getattr(builtins, end[0], None)
            if not (_type(kind) is _type and _issubclass(kind, Exception)) or kind is _StopIteration:
                kind = RuntimeError
            raise kind(end[1])

    def revive(x):
        t = _type(x)
        if t is _list:
            return [revive(item) for item in x]
        if t is _dict:
            return {revive(k): revive(v) for k, v in x.items()}
        if t is _set:
            return {revive(item) for item in x}
        if t is _frozenset:
            return _frozenset([revive(item) for item in x])
        if t is not _tuple:
            return x
        if not (_len(x) > 1 and x[0] is dot and _type(x[1]) is _str):
            return _tuple([revive(item) for item in x])
        tag = x[1]
        if tag == "ellipsis":
            return dot
        if tag == "bytearray":
            return _bytearray(x[2])
        if tag == "range":
            return _range(x[2], x[3], x[4])
        if tag == "deque":
            return deque(revive(x[2]), x[3])
        if tag == "Counter":
            return Counter(revive(x[2]))
        if tag == "OrderedDict":
            return OrderedDict(revive(x[2]))
        if tag == "defaultdict":
            return defaultdict(by_name.get(x[3]), revive(x[2]))
        if tag == "namedtuple":
            try:
                return collections.namedtuple(x[2], x[3])(*revive(x[4]))
            except (ValueError, TypeError):
                return revive(x[4])
        if tag in ("keys", "items", "values"):
            items = revive(x[2])
            if tag == "keys":
                return _dict.fromkeys(items).keys()
            return _dict(items).items() if tag == "items" else _dict(enumerate(items)).values()
        if tag == "iter":
            return generator(revive(x[2]), x[3])
        return Opaque(x[2])

    class Opaque:
        """Stands for a value that could not cross; equal to nothing but itself."""

        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return "<%s object>" % self.name

    def decode(data):
        x = loads(memoryview(data)[1:])
        return revive(x) if data[0] else x

    return encode, decode


encode, decode = _make_codec()
