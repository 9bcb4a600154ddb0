# {"family": 12, "allowed": ["pass"], "form": "chat"}
<think>
```python
def total(xs):
    return 0
```
hmm
</think>
Here:
```python
def total(xs):
    return sum(xs)
```
