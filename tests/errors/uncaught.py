"""An uncaught exception: output first, then the traceback, exit status 1."""
def inner(values):
    return values[3] + undefined
print("before")
inner([1, 2])
