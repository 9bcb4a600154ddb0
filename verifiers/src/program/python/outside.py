# What the tests handed over, as a candidate sees it.


class Outside:
    """Stands for an object of the tests: whatever is done to it is done there."""


def outside(service, name, specials):
    """The class of such stand-ins for objects of one class of the tests."""

    def special(method):
        return lambda self, *args, **kwargs: service.reach(self, 3, method, *args, **kwargs)

    def get(self, attribute):
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return service.reach(self, 1, attribute)

    def put(self, attribute, value):
        service.reach(self, 2, attribute, value)

    own = service.space.get(name)
    body = {special_name: special(special_name) for special_name in specials}
    body.update(__module__="candidate", __getattr__=get, __setattr__=put)
    if isinstance(own, type):
        # the class that the prompt defines, as the program knows it
        body["__class__"] = property(lambda self: own)
    return type(name, (Outside,), body)


class Around:
    """What the tests have put in place of standard streams, `input` and the random numbers, for one call."""

    def __init__(self, service, lazy, prints, text, asks, drawn):
        self.service, self.lazy, self.prints, self.text, self.asks, self.drawn = service, lazy, prints, text, asks, drawn

    def __enter__(self):
        service = self.service
        self.before = (service.ahead, sys.stdout, sys.stdin, builtins.input)
        if self.lazy:
            service.ahead = 0
        if self.prints is not None:
            sys.stdout = io.StringIO()
        if self.text is not None:
            sys.stdin = io.StringIO(self.text)
        if self.asks is not None:
            builtins.input = lambda *prompt: service.call_back(self.asks, 0, "", prompt, {})
        if self.drawn is not None:
            random.setstate(self.drawn)

    def __exit__(self, *error):
        service, printed = self.service, sys.stdout
        service.ahead, sys.stdout, sys.stdin, builtins.input = self.before
        if self.prints is not None:
            answers, service.buffer = service.buffer, []
            service.call_back(self.prints, 0, "", (printed.getvalue(),), {})
            service.buffer = answers
