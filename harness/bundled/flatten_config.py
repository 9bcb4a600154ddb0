# %% medium 0.54 0.16
# %% prompt
def flatten_config(tree: dict) -> dict[str, object]:
    """Flatten nested dictionaries: keys are joined with dots. An empty dictionary inside stays, as a value under its key.

    >>> flatten_config({"a": {"b": 1, "c": {"d": 2}}, "e": 3})
    {'a.b': 1, 'a.c.d': 2, 'e': 3}
    >>> flatten_config({"x": {}})
    {'x': {}}
    """
# %% reference
def flatten_config(tree: dict) -> dict[str, object]:
    out = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            for inner, leaf in flatten_config(value).items():
                out[f"{key}.{inner}"] = leaf
        else:
            out[key] = value
    return out
# %% weak
def check(candidate):
    assert candidate({"a": {"b": 1, "c": 4}, "e": 3}) == {"a.b": 1, "a.c": 4, "e": 3}
    assert candidate({"a": {"b": {"c": 2}}}) == {"a.b.c": 2}
# %% oracle
def check(candidate):
    assert candidate({"a": {"b": 1, "c": 4}, "e": 3}) == {"a.b": 1, "a.c": 4, "e": 3}
    assert candidate({"a": {"b": {"c": 2}}}) == {"a.b.c": 2}
    assert candidate({"x": {}}) == {"x": {}}
    assert candidate({}) == {}
    assert candidate({"a": 1}) == {"a": 1}
    assert candidate({"a": None}) == {"a": None}
    assert candidate({"a": {"b": {}}}) == {"a.b": {}}
    assert candidate({"a": [1, {"b": 2}]}) == {"a": [1, {"b": 2}]}
    assert candidate({"a": {"b": {"c": {"d": {"e": 5}}}}}) == {"a.b.c.d.e": 5}
    assert candidate({"a": {"b": 0}}) == {"a.b": 0}
    assert candidate({"a": {"b": ""}}) == {"a.b": ""}
    assert candidate({"a": {"b": False}, "c": []}) == {"a.b": False, "c": []}
    assert candidate({"a": {"x": 1}, "b": {"x": 2}}) == {"a.x": 1, "b.x": 2}
    assert candidate({"a": {"b": 1, "c": {"d": 2}}, "e": 3}) == {"a.b": 1, "a.c.d": 2, "e": 3}
    assert candidate({"a": {"": 1}}) == {"a.": 1}
    tree = {"a": {"b": 1}}
    candidate(tree)
    assert tree == {"a": {"b": 1}}
# %% right
def flatten_config(tree: dict) -> dict[str, object]:
    out = {}

    def visit(prefix, node):
        for key, value in node.items():
            name = prefix + key
            if isinstance(value, dict) and len(value) > 0:
                visit(name + ".", value)
            else:
                out[name] = value

    visit("", tree)
    return out
# %% right
def flatten_config(tree: dict) -> dict[str, object]:
    out = dict(tree)
    while True:
        nested = [key for key, value in out.items() if isinstance(value, dict) and value]
        if not nested:
            return out
        for key in nested:
            for inner, value in out.pop(key).items():
                out[f"{key}.{inner}"] = value
# %% weak-only
def flatten_config(tree: dict) -> dict[str, object]:
    out = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            for inner, leaf in flatten_config(value).items():
                out[f"{key}.{inner}"] = leaf
        else:
            out[key] = value
    return out
# %% weak-only
def flatten_config(tree: dict, prefix: str = "") -> dict[str, object]:
    out = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            out.update(flatten_config(value, prefix + key + "."))
        elif value:
            out[prefix + key] = value
    return out
# %% wrong
def flatten_config(tree: dict) -> dict[str, object]:
    out = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            out.update(flatten_config(value))
        else:
            out[key] = value
    return out
# %% wrong
def flatten_config(tree: dict) -> dict[str, object]:
    out = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            for inner, leaf in value.items():
                out[key + "." + inner] = leaf
        else:
            out[key] = value
    return out
# %% crash
def flatten_config(tree: dict) -> dict[str, object]:
    out = {}
    for key, value in tree.items():
        for inner, leaf in flatten_config(value).items():
            out[key + "." + inner] = leaf
    return out
# %% hang
def flatten_config(tree: dict) -> dict[str, object]:
    out = dict(tree)
    while any(isinstance(value, dict) for value in out.values()):
        for key in list(out):
            if isinstance(out[key], dict):
                for inner, value in out[key].items():
                    out[key + "." + inner] = value
    return out
# %% unparsable
def flatten_config(tree: dict) -> dict[str, object]:
    out = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            for inner, leaf in flatten_config(value).items():
            out[f"{key}.{inner}"] = leaf
    return out
