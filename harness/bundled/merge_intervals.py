# %% medium 0.44 0.16
# %% prompt
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join closed intervals that share a point, touching ends included. The result is sorted; each interval has start <= end.

    >>> merge_intervals([(1, 3), (2, 5), (8, 9)])
    [(1, 5), (8, 9)]
    >>> merge_intervals([(1, 2), (2, 4)])
    [(1, 4)]
    """
# %% reference
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out = []
    for start, end in sorted(intervals):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
# %% weak
def check(candidate):
    assert candidate([(1, 3), (2, 5), (8, 9)]) == [(1, 5), (8, 9)]
    assert candidate([(1, 2), (2, 4)]) == [(1, 4)]
    assert candidate([(0, 1), (5, 6)]) == [(0, 1), (5, 6)]
# %% oracle
def check(candidate):
    assert candidate([(1, 3), (2, 5), (8, 9)]) == [(1, 5), (8, 9)]
    assert candidate([(1, 2), (2, 4)]) == [(1, 4)]
    assert candidate([(0, 1), (5, 6)]) == [(0, 1), (5, 6)]
    assert candidate([]) == []
    assert candidate([(4, 4)]) == [(4, 4)]
    assert candidate([(1, 10), (2, 3)]) == [(1, 10)]
    assert candidate([(1, 10), (2, 3), (4, 5), (11, 12)]) == [(1, 10), (11, 12)]
    assert candidate([(5, 6), (1, 2)]) == [(1, 2), (5, 6)]
    assert candidate([(8, 9), (2, 5), (1, 3)]) == [(1, 5), (8, 9)]
    assert candidate([(1, 2), (3, 4)]) == [(1, 2), (3, 4)]
    assert candidate([(1, 1), (1, 1)]) == [(1, 1)]
    assert candidate([(-5, -1), (-2, 0)]) == [(-5, 0)]
    assert candidate([(1, 4), (1, 2)]) == [(1, 4)]
    assert candidate([(0, 100), (10, 20), (15, 30)]) == [(0, 100)]
    assert candidate([(i, i + 1) for i in range(50)]) == [(0, 50)]
    assert candidate([(3, 7), (0, 3), (7, 9), (20, 21)]) == [(0, 9), (20, 21)]
    data = [(2, 3), (1, 2)]
    candidate(data)
    assert data == [(2, 3), (1, 2)]
# %% right
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out = []
    cur = None
    for interval in sorted(intervals):
        if cur is None:
            cur = interval
        elif interval[0] > cur[1]:
            out.append(cur)
            cur = interval
        elif interval[1] > cur[1]:
            cur = (cur[0], interval[1])
    if cur is not None:
        out.append(cur)
    return out
# %% right
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    events = sorted([(a, 0) for a, _ in intervals] + [(b, 1) for _, b in intervals])
    out, depth, start = [], 0, None
    for at, closing in events:
        if closing:
            depth -= 1
            if depth == 0:
                out.append((start, at))
        else:
            if depth == 0:
                start = at
            depth += 1
    return out
# %% weak-only
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out = []
    for start, end in sorted(intervals):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out
# %% weak-only
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out = []
    for start, end in intervals:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
# %% wrong
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out = []
    for start, end in sorted(intervals):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
# %% wrong
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(min(a for a, _ in intervals), max(b for _, b in intervals))]
# %% crash
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out = [sorted(intervals)[0]]
    for start, end in sorted(intervals)[1:]:
        if start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append((start, end))
    return out
# %% hang
def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out = sorted(intervals)
    i = 0
    while i < len(out) - 1:
        if out[i + 1][0] <= out[i][1]:
            out[i] = (out[i][0], max(out[i][1], out[i + 1][1]))
        else:
            i += 1
    return out
# %% unparsable
def merge_intervals(intervals):
    out = []
    for start, end in sorted(intervals):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end)
        else:
            out.append((start, end))
    return out
