from time import process_time


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


t = process_time()
fib(30)
print(process_time() - t)
