# {"family": 12, "allowed": ["pass"]}
from __future__ import annotations
from typing import List
def total(xs: List[Undefined]) -> Undefined:
    return sum(xs)
