# What is no plain data, as the program's process sees it: objects that stay here, and those that the tests hand over.


class Crossing(Border):
    def keep(self, value):
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.kept)
            self.kept[number] = value
            if number > 10_000:
                raise Unsupported("too many objects")
        return number

    def other(self, value):
        t = type(value)
        if id(value) in self.yours and self.given.get(self.yours[id(value)]) is value:
            return (..., "yours", self.yours[id(value)])
        if not self.handles:
            return (..., "opaque", str(t.__name__))
        if t.__module__ == "builtins" and isinstance(value, BaseException) and plain(value.args, 0):
            return (..., "exception", t.__name__, value.args)
        number = self.keep(value)
        if t is types.CoroutineType:
            return (..., "coroutine", number)
        if t is types.AsyncGeneratorType:
            return (..., "stream", number)
        return (..., "ref", number, str(t.__name__), callable(value), isinstance(value, type))

    def derived(self, value, depth):
        # beyond some thousands it is a collection of values
        if not self.handles or len(self.kept) > 5000:
            return None
        return (..., "made", self.keep(value), str(type(value).__name__), based(value, self, depth))

    def rest(self, iterator, error):
        if not self.handles:
            return Border.rest(self, iterator, error)
        return ("more", self.keep(iterator)) if error is None else ("raised", describe(error, self.thrown))

    def arrive(self, tag, rest):
        if tag == "ref":
            return self.kept[rest[0]]
        if tag == "named":
            return self.find(rest[0])
        if tag == "function":
            return getattr(builtins, rest[0])
        if tag == "import":
            found = __import__(rest[0], fromlist=("",))
            for part in rest[1].split("."):
                found = getattr(found, part)
            return found
        if tag == "thrown":
            return self.thrown_there(*rest)
        if tag == "iter":
            return self.drawn(restore(rest[0], self), rest[1])
        if tag in ("callback", "outside"):
            number = rest[0]
            if number not in self.given:
                made = self.function(*rest) if tag == "callback" else self.object(*rest)
                self.given[number] = made
                self.yours[id(made)] = number
            return self.given[number]
        raise Unsupported(tag)

    def drawn(self, items, number):
        """An iterator of the tests: its first items, then it is asked for each."""
        yield from items
        while True:
            more = self.call_back(number, 4, "", (), {})
            if not more:
                return
            yield more[0]

    def function(self, number, name, parameters):
        if parameters is None:
            made = lambda *args, **kwargs: self.call_back(number, 0, "", args, kwargs)
        else:
            # with the parameters that it has there, for those who look
            listed = ", ".join(parameters)
            comma = "," if parameters else ""
            made = eval(f"lambda {listed}: back(({listed}{comma}))", {"back": lambda args: self.call_back(number, 0, "", args, {})})
        made.__name__ = made.__qualname__ = name
        return made

    def object(self, number, name, specials):
        kind = self.classes.get((name, specials))
        if kind is None:
            kind = self.classes[name, specials] = outside(self, name, specials)
        made = object.__new__(kind)
        object.__setattr__(made, "#", number)
        return made

    def reach(self, stand_in, operation, name, *args, **kwargs):
        return self.call_back(object.__getattribute__(stand_in, "#"), operation, name, args, kwargs)

    def call_back(self, number, operation, name, args, kwargs):
        """Has something done by the tests, which are waiting for a result meanwhile, and may ask for another first."""
        data, escaped = encode((args, kwargs), self)
        with self.turn:
            head = b"".join(DUMPS(part, 2) for part in (number, operation, name, escaped))
            write_all(self.fd, frame(b"k", FIVE + head + data))
            while True:
                kind, payload = read_frame(self.fd)
                if kind != b"C":
                    break
                self.order(payload)
        if kind == b"x":
            raise self.thrown_there(*LOADS(payload))
        value = LOADS(payload)
        return restore(value, self) if kind == b"e" else value

    def thrown_there(self, chain, text, number, args):
        error = None
        for module, name in chain:
            kind = getattr(builtins, name, None) if module == "builtins" else self.space.get(name)
            if isinstance(kind, type) and issubclass(kind, BaseException):
                try:
                    error = kind(*args)
                except Exception:
                    error = kind(text)
                break
        error = error or Exception(text)
        self.thrown.append((error, number))
        return error
