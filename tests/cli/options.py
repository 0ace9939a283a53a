"""What the program sees of its command line."""
import sys
print(sys.argv[1:], sys.flags.optimize, sys.flags.dont_write_bytecode, __debug__, __name__, __doc__)
print(sys.stdin.read().split())
