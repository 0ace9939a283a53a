# In which order operands die that only the instruction has.
class L:
    def __init__(s,n): s.n=n
    def __del__(s): print('gone',s.n,end=' ')
    def __add__(a,b): return 1
    def __lt__(a,b): return 1
    def __eq__(a,b): return True
    def __contains__(a,b): return 1
    def __getitem__(a,b): return 1
    def __setitem__(a,b,c): pass
    def __delitem__(a,b): pass
    def __pow__(a,b): return 1
    def __iadd__(a,b): return 1
    def __format__(a,b): return 'f'
    def __setattr__(s,n,v): object.__setattr__(s,n,v)
L('a')+L('b'); print('add')
L('a')**L('b'); print('pow')
L('a')<L('b'); print('lt')
L('a')==L('b'); print('eq')
L('a') in L('b'); print('in')
L('a') not in L('b'); print('not in')
L('a') is L('b'); print('is')
del L('a')[L('b')]; print('delitem')
L('a').x=L('b'); print('setattr')
f"{L('a'):{'x'}}"; print('format')
L('a')[L('b'):L('c')]; print('slice')
L('a')[L('b'):L('c'):L('d')]; print('slice3')
L('a')[L('b'):L('c')]=L('d'); print('setslice')
if L('a')<L('b'): print('iflt')
if L('a') in L('b'): print('ifin')
if L('a') is L('b'): pass
else: print('ifis')
(L('a'),L('b')); print('tuple')
[L('a'),L('b')]; print('list')
{L('a').n:L('b')}; print('dict')
def f(*a): pass
f(L('a'),L('b')); print('call')
def g(a,b): pass
g(L('a'),L('b')); print('call2')
print(len([L('a'),L('b')]),'x')
isinstance(L('a'),L); print('isinstance')
max(1,2,key=lambda x,l=L('k'):x); print('max')
L('a') and L('b'); print('and')
