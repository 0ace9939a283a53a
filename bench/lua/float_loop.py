from time import process_time


def f(n):
    x, y = 0.5, 0.0
    for i in range(n):
        y = y + x * 1.5 - y * 0.25
        x = x * 0.9999 + 0.125
    return y


t = process_time()
f(10000000)
print(process_time() - t)
