# {"family": 12, "allowed": ["pass"], "form": "chat"}
1. First the idea.
2. Then the code:

   ```python3
   def total(xs):
       """Sum.

       >>> total([1])
       1
       """
       return sum(xs)


   if __name__ == "__main__":
       print(total([1, 2]))
