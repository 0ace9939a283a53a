"""A SyntaxError in the main file."""
print("never")
def f(:
    pass
