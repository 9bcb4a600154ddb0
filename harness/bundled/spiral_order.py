# %% medium 0.29 0.16
# %% prompt
def spiral_order(grid: list[list[int]]) -> list[int]:
    """The numbers of a rectangular grid along a spiral: from the top left corner to the right, down, left, up, and inwards.

    >>> spiral_order([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    [1, 2, 3, 6, 9, 8, 7, 4, 5]
    """
# %% reference
def spiral_order(grid: list[list[int]]) -> list[int]:
    out = []
    rows = [list(row) for row in grid]
    while rows:
        out += rows.pop(0)
        rows = [list(row) for row in zip(*rows)][::-1]
    return out
# %% weak
def check(candidate):
    assert candidate([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == [1, 2, 3, 6, 9, 8, 7, 4, 5]
    assert candidate([[1, 2], [3, 4]]) == [1, 2, 4, 3]
    assert candidate([[7]]) == [7]
# %% oracle
def check(candidate):
    assert candidate([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == [1, 2, 3, 6, 9, 8, 7, 4, 5]
    assert candidate([[1, 2], [3, 4]]) == [1, 2, 4, 3]
    assert candidate([[7]]) == [7]
    assert candidate([]) == []
    assert candidate([[]]) == []
    assert candidate([[1, 2, 3]]) == [1, 2, 3]
    assert candidate([[1], [2], [3]]) == [1, 2, 3]
    assert candidate([[1, 2, 3], [4, 5, 6]]) == [1, 2, 3, 6, 5, 4]
    assert candidate([[1, 2], [3, 4], [5, 6]]) == [1, 2, 4, 6, 5, 3]
    assert candidate([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]) == [1, 2, 3, 4, 8, 12, 11, 10, 9, 5, 6, 7]
    assert candidate([[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]) == [1, 2, 3, 6, 9, 12, 11, 10, 7, 4, 5, 8]
    assert candidate([[0, 0], [0, 0]]) == [0, 0, 0, 0]
    assert candidate([[1, 1, 1], [2, 2, 2], [3, 3, 3]]) == [1, 1, 1, 2, 3, 3, 3, 2, 2]
    four = [[4 * r + c for c in range(4)] for r in range(4)]
    assert candidate(four) == [0, 1, 2, 3, 7, 11, 15, 14, 13, 12, 8, 4, 5, 6, 10, 9]
    assert four == [[4 * r + c for c in range(4)] for r in range(4)]
    five = [[5 * r + c for c in range(5)] for r in range(5)]
    assert candidate(five)[-3:] == [16, 11, 12]
    assert sorted(candidate([[9 * r + c for c in range(9)] for r in range(2)])) == list(range(18))
# %% right
def spiral_order(grid: list[list[int]]) -> list[int]:
    if not grid or not grid[0]:
        return []
    seen = set()
    out = []
    r, c, dr, dc = 0, 0, 0, 1
    for _ in range(len(grid) * len(grid[0])):
        out.append(grid[r][c])
        seen.add((r, c))
        nr, nc = r + dr, c + dc
        if not (0 <= nr < len(grid) and 0 <= nc < len(grid[0])) or (nr, nc) in seen:
            dr, dc = dc, -dr
            nr, nc = r + dr, c + dc
        r, c = nr, nc
    return out
# %% right
def spiral_order(grid: list[list[int]]) -> list[int]:
    if not grid:
        return []
    return list(grid[0]) + spiral_order([row for row in zip(*grid[1:])][::-1])
# %% weak-only
def spiral_order(grid: list[list[int]]) -> list[int]:
    out = []
    while grid:
        out += grid.pop(0)
        grid[:] = [list(row) for row in zip(*grid)][::-1]
    return out
# %% weak-only
def spiral_order(grid: list[list[int]]) -> list[int]:
    n = len(grid)
    out = []
    for ring in range((n + 1) // 2):
        last = n - 1 - ring
        if ring == last:
            out.append(grid[ring][ring])
        out += [grid[ring][c] for c in range(ring, last)]
        out += [grid[r][last] for r in range(ring, last)]
        out += [grid[last][c] for c in range(last, ring, -1)]
        out += [grid[r][ring] for r in range(last, ring, -1)]
    return out
# %% wrong
def spiral_order(grid: list[list[int]]) -> list[int]:
    out = []
    for i, row in enumerate(grid):
        out += row if i % 2 == 0 else row[::-1]
    return out
# %% wrong
def spiral_order(grid: list[list[int]]) -> list[int]:
    out = []
    rows = [list(row) for row in grid]
    while rows:
        out += rows.pop(0)
        rows = [list(row)[::-1] for row in zip(*rows)]
    return out
# %% crash
def spiral_order(grid: list[list[int]]) -> list[int]:
    top, bottom, left, right = 0, len(grid), 0, len(grid[0])
    out = []
    while len(out) < len(grid) * len(grid[0]):
        out += [grid[top][c] for c in range(left, right)]
        out += [grid[r][right] for r in range(top + 1, bottom)]
        top, right = top + 1, right - 1
    return out
# %% hang
def spiral_order(grid: list[list[int]]) -> list[int]:
    out = []
    rows = [list(row) for row in grid]
    while len(out) < sum(map(len, grid)):
        rows = [list(row) for row in zip(*rows)][::-1]
        out = out + rows[0] if not out else out
    return out
# %% unparsable
def spiral_order(grid: list[list[int]]) -> list[int]:
    out = []
    while grid:
        out += grid.pop(0)
        grid = list(zip(*grid))[::-1
    return out
