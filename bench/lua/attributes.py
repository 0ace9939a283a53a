from time import process_time


class P:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def add(self, k):
        self.x = self.x + k
        return self.x


def f(n):
    p = P(0, 1)
    s = 0
    for i in range(n):
        s = s + p.add(1) + p.y
    return s


t = process_time()
f(5000000)
print(process_time() - t)
