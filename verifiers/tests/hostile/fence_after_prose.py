# {"family": 12, "allowed": ["pass"], "form": "chat"}
I think this works:

```python
def total(xs):
    return sum(xs)
```

It adds.
