# Instances of classes that a program derives from builtin ones: values, and objects that stay with the program. Where the reference
# solution's tests use them as values only, they are no more than that.


class Here:
    """One whose value cannot change: it is here. What its class adds is asked of the program."""

    def __getattr__(self, name):
        if "_number" not in self.__dict__:
            raise AttributeError(name)
        return Remote.__getattr__(self, name)

    def __str__(self):
        return send(4, self._number, "str", (), {}, False)

    def __repr__(self):
        return Remote.__repr__(self)


class Container(Remote):
    """One whose contents can change: they stay with the program. What they equal is found out here, by the builtin class."""

    __class__ = property(lambda self: object.__getattribute__(self, "_base"))


def contents_of(thing):
    return send(11, object.__getattribute__(thing, "_number"), "", (), {}, False) if issubclass(type(thing), Container) else thing


def by_contents(method, name):
    def asked_for(self, other):
        sides = (contents_of(self), contents_of(other))
        return getattr(operator, name.removeprefix("r_"))(*(reversed(sides) if name.startswith("r_") else sides))

    setattr(Container, method, asked_for)


for _name in "eq ne lt le gt ge add mul or and sub xor".split():
    by_contents(f"__{_name}__", f"{_name}_" if _name in ("and", "or") else _name)
for _name in "add mul or and sub xor".split():
    by_contents(f"__r{_name}__", f"r_{_name}_" if _name in ("and", "or") else f"r_{_name}")


def derived(number, kind, value):
    known, free = state.mode & KNOWN, state.mode & FREE
    if not (state.mode & DERIVED or known and free):
        state.flattened = True
        return value
    shared = None if state.serving else state.shared.get(kind)
    if shared is not None:
        return made_anew(number, shared, value)
    if number not in state.remotes:
        base = type(value)
        name = kind if type(kind) is str and kind.isidentifier() else "object"
        if base in MUTABLE:
            key = (name, base)
            if key not in state.kinds:
                state.kinds[key] = type(name, (Container,), {"__module__": "candidate", "_base": base})
            state.remotes[number] = state.kinds[key](number)
        else:
            thing = new(type(name, (Here, base), {"__module__": "candidate"}), value)
            thing.__dict__.update(_number=number, _name=name)
            state.remotes[number] = thing
    return state.remotes[number]


def new(kind, value):
    """An instance with a value that cannot change, whatever its class does to make one."""
    base = next(base for base in BASES if isinstance(value, base))
    return base.__new__(kind, value)


def made_anew(number, kind, value):
    """One of a class that the prompt defines: it is made here, of its value and what it consists of besides."""
    if number not in state.rebuilt:
        base = type(value)
        if not issubclass(kind, bare(value).__class__):
            # the program's own class of this name
            return value
        if issubclass(kind, enum.Enum):
            return kind(value)
        if base in MUTABLE:
            thing = base.__new__(kind)
            if issubclass(base, dict):
                for key, item in value.items():
                    base.__setitem__(thing, key, item)
            else:
                (base.update if base is set else base.extend)(thing, value)
        else:
            thing = new(kind, value)
        state.rebuilt[number] = thing
        state.pending.append(number)
    return state.rebuilt[number]
