# %% medium 0.34 0.16
# %% prompt
def change_ways(amount: int, coins: list[int]) -> int:
    """In how many ways can coins pay amount, each coin as often as one likes? The order of payment doesn't matter.

    Coins are positive; the same coin named twice counts once. One way to pay 0: nothing.

    >>> change_ways(5, [1, 2, 5])
    4
    >>> change_ways(3, [2])
    0
    """
# %% reference
def change_ways(amount: int, coins: list[int]) -> int:
    ways = [1] + [0] * amount
    for coin in set(coins):
        for total in range(coin, amount + 1):
            ways[total] += ways[total - coin]
    return ways[amount]
# %% weak
def check(candidate):
    assert candidate(5, [1, 2, 5]) == 4
    assert candidate(3, [2]) == 0
    assert candidate(4, [1, 2]) == 3
# %% oracle
def check(candidate):
    assert candidate(5, [1, 2, 5]) == 4
    assert candidate(3, [2]) == 0
    assert candidate(4, [1, 2]) == 3
    assert candidate(0, [1, 2]) == 1
    assert candidate(0, []) == 1
    assert candidate(7, []) == 0
    assert candidate(4, [1, 2, 2]) == 3
    assert candidate(2, [2, 2, 2]) == 1
    assert candidate(10, [5, 2, 1]) == 10
    assert candidate(1, [5]) == 0
    assert candidate(5, [5]) == 1
    assert candidate(100, [1, 5, 10, 25, 50]) == 292
    assert candidate(200, [1, 2, 5, 10, 20, 50, 100, 200]) == 73682
    assert candidate(12, [3, 4]) == 2
    assert candidate(11, [3, 4]) == 1
    assert candidate(300, [1, 2, 3]) == 7651
# %% right
from functools import cache

def change_ways(amount: int, coins: list[int]) -> int:
    coins = sorted(set(coins))

    @cache
    def ways(rest, n):
        if rest == 0:
            return 1
        if rest < 0 or n == 0:
            return 0
        return ways(rest, n - 1) + ways(rest - coins[n - 1], n)

    return ways(amount, len(coins))
# %% right
def change_ways(amount: int, coins: list[int]) -> int:
    table = {0: 1}
    for coin in dict.fromkeys(coins):
        out = {}
        for total in range(amount + 1):
            out[total] = table.get(total, 0) + out.get(total - coin, 0)
        table = out
    return table.get(amount, 0)
# %% weak-only
def change_ways(amount: int, coins: list[int]) -> int:
    ways = [1] + [0] * amount
    for coin in coins:
        for total in range(coin, amount + 1):
            ways[total] += ways[total - coin]
    return ways[amount]
# %% weak-only
def change_ways(amount: int, coins: list[int]) -> int:
    if amount <= 0:
        return 0
    ways = [1] + [0] * amount
    for coin in set(coins):
        for total in range(coin, amount + 1):
            ways[total] += ways[total - coin]
    return ways[amount]
# %% weak-only
def change_ways(amount: int, coins: list[int]) -> int:
    coins = sorted(set(coins))

    def ways(rest, first):
        if rest == 0:
            return 1
        return sum(ways(rest - coins[i], i) for i in range(first, len(coins)) if coins[i] <= rest and i < 3)

    return ways(amount, 0)
# %% wrong
def change_ways(amount: int, coins: list[int]) -> int:
    ways = [1] + [0] * amount
    for total in range(1, amount + 1):
        for coin in coins:
            if coin <= total:
                ways[total] += ways[total - coin]
    return ways[amount]
# %% wrong
def change_ways(amount: int, coins: list[int]) -> int:
    ways = [1] + [0] * amount
    for coin in coins:
        for total in range(amount, coin - 1, -1):
            ways[total] += ways[total - coin]
    return ways[amount]
# %% crash
def change_ways(amount: int, coins: list[int]) -> int:
    ways = [1] + [0] * amount
    for coin in coins:
        for total in range(amount + 1):
            ways[total + coin] += ways[total]
    return ways[amount]
# %% hang
def change_ways(amount: int, coins: list[int]) -> int:
    def ways(rest, first):
        out = 0
        while rest != 0:
            for i in range(first, len(coins)):
                if coins[i] <= rest:
                    out += ways(rest - coins[i], i)
        return out + 1

    return ways(amount, 0)
# %% unparsable
def change_ways(amount: int, coins: list[int]) -> int:
    ways = [1] + [0] * amount
    for coin in set(coins):
        for total in range(coin, amount + 1):
            ways[total] =+= ways[total - coin]
    return ways[amount]
