"""sys.exit with a message goes to standard error, with status 1."""
import atexit, sys
atexit.register(print, "at exit")
class D:
    def __del__(self): print("deleted at the end")
keep = D()
try:
    sys.exit("goodbye")
finally:
    print("finally")
