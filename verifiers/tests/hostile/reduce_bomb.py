# {"family": 7, "allowed": ["fail", "error"]}
import os
class B:
    def __reduce__(self):
        return (os.system, ('touch /tmp/{MARK}',))
    __reduce_ex__ = lambda self, p: self.__reduce__()
def total(xs):
    return B()
