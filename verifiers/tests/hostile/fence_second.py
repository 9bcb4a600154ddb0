# {"family": 12, "allowed": ["pass"], "form": "chat"}
Wrong:
```python
def total(xs):
    return 0
```
Right:
```python
def total(xs):
    return sum(xs)
```
