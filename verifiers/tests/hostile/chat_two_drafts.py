# {"family": 12, "allowed": ["pass"], "form": "chat"}
<think>
Let me try:

```python
def total(xs):
    return -1
```

No, that is wrong. </think>
Here is how it is called:

```bash
pip install nothing
```

~~~py
def total(xs):
    result = 0
    for x in xs:
        result += x
    return result
~~~

Example:

```python
>>> total([1, 2])
3
```

```text
6
```
