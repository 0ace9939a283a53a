"""An uncaught group, with notes, causes and a custom exception."""
class Custom(Exception):
    pass
def part(n):
    try:
        raise (ValueError, KeyError, Custom)[n](f"part {n}")
    except Exception as e:
        e.add_note(f"note {n}")
        return e
try:
    raise part(0) from part(1)
except ValueError as first:
    raise ExceptionGroup("several", [first, part(2), ExceptionGroup("inner", [part(1)])])
