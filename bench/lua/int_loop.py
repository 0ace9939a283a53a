from time import process_time


def f(n):
    s = 0
    i = 0
    while i < n:
        if i % 3 == 0:
            s = s + i * 2
        else:
            s = s - 1
        i = i + 1
    return s


t = process_time()
f(10000000)
print(process_time() - t)
