"""Syntax trees: places in formatted strings, what compile() says to broken trees, symbol tables."""
import ast
def show(s):
    print(s)
    t=ast.parse(s,mode='eval').body
    def d(n,ind):
        p=f"{getattr(n,'lineno','')}:{getattr(n,'col_offset','')}-{getattr(n,'end_lineno','')}:{getattr(n,'end_col_offset','')}"
        if isinstance(n,(ast.expr,)):
            print(' '*ind+type(n).__name__,p,getattr(n,'value',None) if isinstance(n,ast.Constant) else '', getattr(n,'kind',''),getattr(n,'conversion',''), getattr(n,'str','') )
        for c in ast.iter_child_nodes(n): d(c,ind+1)
    d(t,1)
for s in ["f'a{x}b'","'' f'{a}'","'' f''","f'a' '' u'b' f'{c}' 'd'","u'a' 'b'","'a' u'b'","f'{x=}'","f'k{x = }l'","f'k{x = !r:>{w}}l'","f'{x=:}'","f'{x=!s}'","f'{x:}'","f'{x:a{y}b}'","f'{x!s:{y}}'","('a'\n f'b'\n 'c{{}}'\n f'{{}}{d}e\\n')","t'a{x}b{ y !r:>{z}}'","t'{x=}' t'b'","f'{f\"{a}\"}'","u'a' f'{b}'","f'a' f'{b}' u'c'","f'''\n{x:\n a}\n'''","f'{x:{y=}}'","f'{ (x) }'","f'a\\N{DIGIT ONE}b{x}'", "f'' ''","f'{a}' ''", "t'{x # c\n}'","t'{ x = }'","t''","t'a' t'{b}'",  "rf'\\{x}'", "f'{lambda_}{{'","f'}}'", "b'a' b'b'","f'{x:%H:%M}'", "f'{yield_}'","f'{*a,}'","f'{x:{{}}}'"]:
    try: show(s)
    except SyntaxError as e: print(e)
def c(node,mode='exec'):
    try:
        compile(node,'<s>',mode)
        print('ok')
    except BaseException as e: print(type(e).__name__, e)
def ex(e): return ast.fix_missing_locations(ast.Module([ast.Expr(e)],[]))
def st(e): return ast.fix_missing_locations(ast.Module([e],[]))
import warnings; warnings.simplefilter('ignore')
L=ast.Load()
c(ex(ast.Name('None',L))); c(ex(ast.Name('x',ast.Store()))); c(ex(ast.Constant([1]))); c(ex(ast.Constant((1,[])))); c(ex(ast.BoolOp(ast.And(),[ast.Constant(1)])))
c(ex(ast.List([None],L))); c(st(None)); c(ast.Module(None,[])); c(ast.Module((1,),[])); c(ast.Module([1],[])); c(ast.Expression(1)); c(ast.Expression(ast.Constant(1)))
c(ast.Expression(ast.Constant(1)),'eval'); c(ast.Expression(None),'eval')
c(ex(ast.Name(1,L))); c(ex(ast.Name(None,L))); c(ex(ast.Name('x',None))); c(ex(ast.BinOp(ast.Constant(1),None,ast.Constant(1)))); c(ex(ast.BinOp(ast.Constant(1),ast.Constant(1),ast.Constant(1))))
c(ast.Module([ast.Expr(ast.Constant(1))],[])); c(ast.Module([ast.Pass(lineno='a',col_offset=0)],[]));c(ast.Module([ast.Pass(lineno=None,col_offset=0)],[]));c(ast.Module([ast.Pass(lineno=1,col_offset=0,end_lineno=None)],[]))
c(ast.Module([ast.Pass(lineno=5,col_offset=0,end_lineno=2)],[])); c(ast.Module([ast.Pass(lineno=-5,col_offset=0,end_lineno=-2)],[])); c(ast.Module([ast.Pass(lineno=5,col_offset=3,end_lineno=5,end_col_offset=1)],[])); c(ast.Module([ast.Pass(lineno=5,col_offset=-3,end_lineno=5,end_col_offset=1)],[]))
c(ex(ast.Compare(ast.Constant(1),[],[]))); c(ex(ast.Compare(ast.Constant(1),[ast.Is()],[]))); c(ex(ast.Compare(ast.Constant(1),[ast.Is()],[ast.Constant(1),ast.Constant(2)])));c(ex(ast.Dict([],[ast.Constant(1)])))
c(ex(ast.ListComp(ast.Constant(1),[])));c(st(ast.Assign([],ast.Constant(1)))); c(st(ast.Assign([ast.Constant(1)],ast.Constant(1)))); c(st(ast.Assign([ast.Name('x',L)],ast.Constant(1))));c(st(ast.Delete([])));c(st(ast.Delete([ast.Name('x',L)])))
c(st(ast.Import([]))); c(st(ast.ImportFrom('a',[],0))); c(st(ast.ImportFrom('a',[ast.alias('b')],-1))); c(st(ast.Global([])));c(st(ast.Try([],[],[],[])));c(st(ast.Try([ast.Pass()],[],[],[])));c(st(ast.Try([ast.Pass()],[],[ast.Pass()],[ast.Pass()])))
c(st(ast.Raise(None,ast.Constant(1)))); c(st(ast.AnnAssign(ast.Constant(1),ast.Constant(1),None,1)));c(st(ast.AnnAssign(ast.Attribute(ast.Constant(1),'x',ast.Store()),ast.Constant(1),None,1)))
c(st(ast.FunctionDef('f',ast.arguments([],[],None,[],[],None,[]),[],[]))); c(st(ast.FunctionDef('f',ast.arguments([],[],None,[],[],None,[ast.Constant(1)]),[ast.Pass()],[]))); c(st(ast.FunctionDef('f',ast.arguments([],[],None,[ast.arg('x')],[],None,[]),[ast.Pass()],[])))
c(st(ast.FunctionDef('None',ast.arguments([],[],None,[],[],None,[]),[ast.Pass()],[])))
c(st(ast.FunctionDef('f',1,[ast.Pass()],[])))
P=lambda p: st(ast.Match(ast.Constant(1),[ast.match_case(p,None,[ast.Pass()])]))
M=ast
c(P(M.MatchValue(ast.Name('x',L)))); c(P(M.MatchValue(ast.Constant(None))));c(P(M.MatchSingleton(1)));c(P(M.MatchMapping([ast.Constant(1)],[])));c(P(M.MatchMapping([ast.Name('x',L)],[M.MatchAs()])));c(P(M.MatchMapping([],[],'_')))
c(P(M.MatchClass(ast.Constant(1),[],[],[])));c(P(M.MatchClass(ast.Name('x',L),[],['a'],[])));c(P(M.MatchStar()));c(P(M.MatchSequence([M.MatchStar('_')])));c(P(M.MatchAs(M.MatchAs(),None)));c(P(M.MatchAs(None,'_')));c(P(M.MatchOr([])));c(P(M.MatchOr([M.MatchAs()])));c(P(M.MatchAs(M.MatchStar(),'x')));c(P(M.MatchValue(ast.UnaryOp(ast.Not(),ast.Constant(1)))));c(P(M.MatchValue(ast.UnaryOp(ast.USub(),ast.Constant('a')))));c(P(M.MatchValue(ast.BinOp(ast.Constant(1),ast.Add(),ast.Constant(2)))));c(P(M.MatchValue(ast.Constant(()))));c(P(M.MatchClass(ast.Attribute(ast.Constant(1),'x',L),[],[],[])));c(P(None));c(st(ast.Match(ast.Constant(1),[])));c(P(M.MatchValue(ast.Constant(...))));c(P(M.MatchAs(None,'None')))
c(ex(ast.JoinedStr([ast.Constant(1)])));c(ex(ast.JoinedStr([ast.Name('x',L)])));c(ex(ast.FormattedValue(ast.Constant(1),5)));c(ex(ast.FormattedValue(ast.Constant(1),-1)));c(ex(ast.JoinedStr([None])));c(ex(ast.TemplateStr([ast.Constant(1)])));c(ex(ast.Interpolation(ast.Constant(1),'x',-1)))
c(ex(ast.Attribute(ast.Constant(1),'None',L)));c(ex(ast.Starred(ast.Constant(1),L)));c(ex(ast.Slice()));c(ex(ast.Call(ast.Constant(1),[],[ast.keyword('None',ast.Constant(1))])));c(ex(ast.NamedExpr(ast.Constant(1),ast.Constant(1))));c(ex(ast.NamedExpr(ast.Attribute(ast.Constant(1),'x',ast.Store()),ast.Constant(1))))
c(st(ast.TypeAlias(ast.Constant(1),[],ast.Constant(1))));c(st(ast.TypeAlias(ast.Attribute(ast.Constant(1),'x',ast.Store()),[],ast.Constant(1))));c(st(ast.ClassDef('x',[],[],[],[])));c(st(ast.With([],[ast.Pass()])));c(st(ast.With([ast.withitem(ast.Constant(1),ast.Constant(2))],[ast.Pass()])));c(st(ast.For(ast.Constant(1),ast.Constant(1),[ast.Pass()])));c(st(ast.AugAssign(ast.Constant(1),ast.Add(),ast.Constant(1))));c(st(ast.AugAssign(ast.List([],ast.Store()),ast.Add(),ast.Constant(1))))
c(st(ast.If(ast.Constant(1),[])));c(st(ast.While(ast.Constant(1),[])));c(st(ast.ExceptHandler()));c(ex(ast.Dict([None],[None])));c(ex(ast.Lambda(ast.arguments(),None)));c(ast.Interactive([]),'single');c(ast.Interactive([ast.Pass(lineno=1,col_offset=0)]),'single');c(ast.AST());c(ast.Pass());c(ast.FunctionType([],ast.Constant(1)),'exec')
c(st(ast.Try([ast.Pass()],[ast.ExceptHandler(None,None,[])])));c(st(ast.TryStar([ast.Pass()],[],[],[])));c(st(ast.TryStar([ast.Pass()],[],[ast.Pass()],[ast.Pass()])));c(st(ast.Nonlocal([])));c(st(ast.ImportFrom(None,[ast.alias('b')],0)));c(st(ast.ImportFrom('a',[ast.alias('b')],None)))
c(ex(ast.Constant(1,kind=5)));c(st(ast.Assign([ast.Name('x',ast.Store())],ast.Constant(1),type_comment=5)));c(ex(ast.Constant(True,'u')));c(st(ast.Global([1])));
c(ex(ast.Subscript(ast.Constant(1),ast.Slice(),L)))
m=ast.parse('a+b');del m.body[0].value.op;c(m);del m.body;c(m);m=ast.parse('def f(): pass');del m.body[0].args.args;c(m);del m.body[0].args;c(m)
import symtable
src='''
def f(a:int)->str: pass
def g(): pass
class A:
    x:int
    def m(self, y:int): pass
    def n[T](self): pass
z:int = 3
type X[T:int] = T
l=[x for x in y]
g=(x for x in y)
lambda: 1
def h[T](): 
    q: int
    [ (lambda: k) for k in q]
'''
def w(t,i):
    print(' '*i,t.get_name(),t.get_type(),t.get_lineno(),t.is_nested(),sorted((s.get_name(),repr(s)) for s in t.get_symbols() if s.get_name()[0] not in "._"))
    for c in t.get_children(): w(c,i+1)
w(symtable.symtable(src,'?','exec'),0)
