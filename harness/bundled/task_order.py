# %% hard 0.1 0.19
# %% prompt
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    """An order of all tasks in which each comes after those it needs: the first such order in the alphabet (as a list).

    needs[task] names what the task needs; a task that is only named by others needs nothing. None where tasks need each other
    in a circle.

    >>> task_order({"eat": ["cook"], "cook": ["buy"], "buy": []})
    ['buy', 'cook', 'eat']
    """
# %% reference
import heapq

def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    missing = {task: set() for task in needs}
    for task, others in needs.items():
        for other in others:
            missing.setdefault(other, set())
            missing[task].add(other)
    ready = [task for task in missing if not missing[task]]
    heapq.heapify(ready)
    out = []
    while ready:
        done = heapq.heappop(ready)
        out.append(done)
        for task, rest in missing.items():
            if done in rest:
                rest.remove(done)
                if not rest:
                    heapq.heappush(ready, task)
    return out if len(out) == len(missing) else None
# %% weak
def check(candidate):
    assert candidate({"eat": ["cook"], "cook": ["buy"], "buy": []}) == ["buy", "cook", "eat"]
    assert candidate({"a": [], "b": []}) == ["a", "b"]
    assert candidate({"a": ["b"], "b": ["a"]}) is None
# %% oracle
def check(candidate):
    assert candidate({"eat": ["cook"], "cook": ["buy"], "buy": []}) == ["buy", "cook", "eat"]
    assert candidate({"a": [], "b": []}) == ["a", "b"]
    assert candidate({"a": ["b"], "b": ["a"]}) is None
    assert candidate({}) == []
    assert candidate({"a": ["a"]}) is None
    assert candidate({"b": [], "a": []}) == ["a", "b"]
    assert candidate({"a": ["z"]}) == ["z", "a"]
    assert candidate({"a": ["z"], "b": []}) == ["b", "z", "a"]
    assert candidate({"a": ["c"], "b": [], "c": []}) == ["b", "c", "a"]
    assert candidate({"a": ["c", "c"], "c": []}) == ["c", "a"]
    assert candidate({"d": ["a"], "c": ["a"], "b": ["d"], "a": []}) == ["a", "c", "d", "b"]
    assert candidate({"x": ["y"], "y": ["z"], "z": ["x"], "a": []}) is None
    assert candidate({"e": ["a", "b"], "a": [], "b": [], "c": ["e"], "d": []}) == ["a", "b", "d", "e", "c"]
    assert candidate({"m": ["k"], "k": [], "l": ["m"], "a": ["l"]}) == ["k", "m", "l", "a"]
    assert candidate({"b": ["c"], "a": ["d"], "c": [], "d": []}) == ["c", "b", "d", "a"]
    assert candidate({"a": ["b", "x"], "b": ["x"]}) == ["x", "b", "a"]
    data = {"a": ["b"], "b": []}
    assert candidate(data) == ["b", "a"]
    assert data == {"a": ["b"], "b": []}
# %% right
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    todo = set(needs) | {other for others in needs.values() for other in others}
    out = []
    while todo:
        ready = [task for task in todo if not any(other in todo for other in needs.get(task, []))]
        if not ready:
            return None
        out.append(min(ready))
        todo.discard(out[-1])
    return out
# %% right
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    tasks = sorted(set(needs).union(*needs.values()))
    out, placed = [], set()
    while len(out) < len(tasks):
        for task in tasks:
            if task not in placed and placed.issuperset(needs.get(task, ())):
                out.append(task)
                placed.add(task)
                break
        else:
            return None
    return out
# %% weak-only
from graphlib import CycleError, TopologicalSorter

def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError:
        return None
# %% weak-only
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    out, state = [], {}

    def visit(task):
        if state.get(task) == "open":
            return False
        if task not in state:
            state[task] = "open"
            if not all(visit(other) for other in sorted(needs.get(task, []))):
                return False
            state[task] = "done"
            out.append(task)
        return True

    return out if all(visit(task) for task in sorted(needs)) else None
# %% weak-only
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    todo, out = dict(needs), []
    while todo:
        ready = sorted(task for task in todo if not any(other in todo for other in todo[task]))
        if not ready:
            return None
        out += ready
        for task in ready:
            del todo[task]
    return out
# %% wrong
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    return sorted(needs, key=lambda task: (len(needs[task]), task))
# %% wrong
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    out = []

    def visit(task):
        if task not in out:
            out.append(task)
            for other in needs.get(task, []):
                visit(other)

    for task in sorted(needs):
        visit(task)
    return out
# %% crash
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    out = []

    def visit(task):
        for other in needs[task]:
            visit(other)
        if task not in out:
            out.append(task)

    for task in sorted(needs):
        visit(task)
    return out
# %% hang
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    out = []
    todo = sorted(needs)
    while todo:
        task = todo.pop(0)
        if all(other in out for other in needs[task]):
            out.append(task)
        else:
            todo.append(task)
    return out
# %% unparsable
def task_order(needs: dict[str, list[str]]) -> list[str] | None:
    todo = set(needs)
    out = []
    while todo:
        ready = min(task for task in todo if not todo & set(needs[task])
        out.append(ready)
        todo.remove(ready)
    return out
