# %% hard 0.08 0.17
# %% prompt
def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    """The towns along the cheapest way from start to goal, both included; None where there is no way.

    A road (a, b, cost) can be driven in both directions; costs are at least 0. Of equally cheap ways the one with the fewest
    towns is taken, and of those the first in alphabetical order (as lists of names).

    >>> shortest_path([("a", "b", 5), ("a", "c", 1), ("c", "b", 1)], "a", "b")
    ['a', 'c', 'b']
    """
# %% reference
import heapq

def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    near = {}
    for a, b, cost in roads:
        near.setdefault(a, []).append((b, cost))
        near.setdefault(b, []).append((a, cost))
    queue, done = [(0, 1, [start])], set()
    while queue:
        cost, towns, path = heapq.heappop(queue)
        if path[-1] == goal:
            return path
        if path[-1] in done:
            continue
        done.add(path[-1])
        for town, step in near.get(path[-1], ()):
            if town not in done:
                heapq.heappush(queue, (cost + step, towns + 1, path + [town]))
    return None
# %% weak
def check(candidate):
    assert candidate([("a", "b", 5), ("a", "c", 1), ("c", "b", 1)], "a", "b") == ["a", "c", "b"]
    assert candidate([("a", "b", 1)], "a", "z") is None
    assert candidate([("a", "b", 1), ("b", "c", 1)], "a", "c") == ["a", "b", "c"]
# %% oracle
def check(candidate):
    assert candidate([("a", "b", 5), ("a", "c", 1), ("c", "b", 1)], "a", "b") == ["a", "c", "b"]
    assert candidate([("a", "b", 1)], "a", "z") is None
    assert candidate([("a", "b", 1), ("b", "c", 1)], "a", "c") == ["a", "b", "c"]
    assert candidate([], "a", "a") == ["a"]
    assert candidate([], "a", "b") is None
    assert candidate([("b", "a", 2)], "a", "b") == ["a", "b"]
    assert candidate([("a", "b", 2), ("a", "c", 1), ("c", "b", 1)], "a", "b") == ["a", "b"]
    assert candidate([("a", "c", 1), ("a", "b", 1), ("b", "d", 1), ("c", "d", 1)], "a", "d") == ["a", "b", "d"]
    assert candidate([("a", "b", 0), ("b", "c", 0), ("a", "c", 0)], "a", "c") == ["a", "c"]
    assert candidate([("a", "b", 9), ("a", "b", 1)], "a", "b") == ["a", "b"]
    assert candidate([("a", "a", 0), ("a", "b", 3)], "a", "b") == ["a", "b"]
    assert candidate([("a", "b", 1), ("c", "d", 1)], "a", "d") is None
    assert candidate([("a", "b", 4), ("b", "g", 4), ("a", "c", 3), ("c", "d", 3), ("d", "g", 1)], "a", "g") == ["a", "c", "d", "g"]
    assert candidate([("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("a", "d", 3)], "a", "d") == ["a", "d"]
    assert candidate([("s", "x", 1), ("s", "y", 1), ("x", "m", 1), ("y", "m", 1), ("m", "t", 1)], "s", "t") == ["s", "x", "m", "t"]
    assert candidate([("s", "b", 2), ("s", "a", 1), ("a", "b", 1), ("b", "t", 0)], "s", "t") == ["s", "b", "t"]
    line = [(f"n{i:03}", f"n{i + 1:03}", 1) for i in range(60)]
    assert candidate(line, "n000", "n060") == [f"n{i:03}" for i in range(61)]
    ladder = [(f"{i}{a}", f"{i + 1}{b}", 1) for i in range(10, 40) for a in "xy" for b in "xy"]
    assert candidate(ladder, "10y", "40x") == ["10y"] + [f"{i}x" for i in range(11, 41)]
# %% right
def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    best = {start: (0, 1, [start])}
    changed = True
    while changed:
        changed = False
        for a, b, cost in roads:
            for u, v in ((a, b), (b, a)):
                if u in best:
                    total, towns, path = best[u]
                    option = (total + cost, towns + 1, path + [v])
                    if v not in best or option < best[v]:
                        best[v] = option
                        changed = True
    return best[goal][2] if goal in best else None
# %% right
def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    towns = {start, goal} | {town for a, b, _ in roads for town in (a, b)}
    label = {town: None for town in towns}
    label[goal] = (0, 0)
    for _ in towns:
        for a, b, cost in roads:
            for u, v in ((a, b), (b, a)):
                if label[v] is not None:
                    option = (label[v][0] + cost, label[v][1] + 1)
                    if label[u] is None or option < label[u]:
                        label[u] = option
    if label[start] is None:
        return None
    out = [start]
    while out[-1] != goal:
        cur, options = out[-1], []
        for a, b, cost in roads:
            for u, v in ((a, b), (b, a)):
                if u == cur and label[v] is not None and (label[v][0] + cost, label[v][1] + 1) == label[cur]:
                    options.append(v)
        out.append(min(options))
    return out
# %% weak-only
import heapq

def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    near = {}
    for a, b, cost in roads:
        near.setdefault(a, []).append((b, cost))
        near.setdefault(b, []).append((a, cost))
    queue, seen = [(0, [start])], set()
    while queue:
        cost, path = heapq.heappop(queue)
        if path[-1] == goal:
            return path
        if path[-1] not in seen:
            seen.add(path[-1])
            for town, step in near.get(path[-1], ()):
                heapq.heappush(queue, (cost + step, path + [town]))
    return None
# %% weak-only
import heapq

def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    near = {}
    for a, b, cost in roads:
        near.setdefault(a, {})[b] = cost
    queue, seen = [(0, 1, [start])], set()
    while queue:
        cost, n, path = heapq.heappop(queue)
        if path[-1] == goal:
            return path
        if path[-1] not in seen:
            seen.add(path[-1])
            for town, step in near.get(path[-1], {}).items():
                heapq.heappush(queue, (cost + step, n + 1, path + [town]))
    return None
# %% weak-only
def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    near = {}
    for a, b, cost in roads:
        near.setdefault(a, []).append((b, cost))
        near.setdefault(b, []).append((a, cost))
    distance, prev = {start: 0}, {}
    todo = [start]
    while todo:
        cur = todo.pop(0)
        for town, step in near.get(cur, ()):
            if distance[cur] + step < distance.get(town, float("inf")):
                distance[town] = distance[cur] + step
                prev[town] = cur
                todo.append(town)
    if goal not in distance:
        return None
    out = [goal]
    while out[-1] != start:
        out.append(prev[out[-1]])
    return out[::-1]
# %% wrong
def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    near = {}
    for a, b, _ in roads:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    todo, seen = [[start]], {start}
    while todo:
        path = todo.pop(0)
        if path[-1] == goal:
            return path
        for town in sorted(near.get(path[-1], [])):
            if town not in seen:
                seen.add(town)
                todo.append(path + [town])
    return None
# %% wrong
def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    out, seen = [start], {start}
    while out[-1] != goal:
        steps = [(cost, b) for a, b, cost in roads if a == out[-1] and b not in seen]
        if not steps:
            return []
        out.append(min(steps)[1])
        seen.add(out[-1])
    return out
# %% crash
import heapq

def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    near = {}
    for a, b, cost in roads:
        near[a].append((b, cost))
        near[b].append((a, cost))
    queue = [(0, [start])]
    while queue:
        cost, path = heapq.heappop(queue)
        if path[-1] == goal:
            return path
        for town, step in near[path[-1]]:
            heapq.heappush(queue, (cost + step, path + [town]))
    return None
# %% hang
def shortest_path(roads: list[tuple[str, str, int]], start: str, goal: str) -> list[str] | None:
    best = {start: (0, [start])}
    while goal not in best:
        for a, b, cost in sorted(roads, key=lambda road: road[2]):
            for u, v in ((a, b), (b, a)):
                if u in best and v not in best:
                    best[v] = (best[u][0] + cost, best[u][1] + [v])
    return best[goal][1]
# %% unparsable
def shortest_path(roads, start, goal):
    queue = [(0, [start])]
    while queue:
        cost, path = heapq.heappop(queue)
        if path[-1] == goal:
            return path
        for a, b, step in roads:
            if a == path[-1]:
                heapq.heappush(queue, (cost + step, path + [b]))
    return None if not queue else
