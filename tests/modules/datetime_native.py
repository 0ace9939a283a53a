"""`_datetime`: messages, arithmetic, reading and writing, pickling, subclasses."""

from datetime import *
def t(f):
    try: print(repr(f()))
    except Exception as x: print(type(x).__name__, x)
t(lambda: timedelta('a')); t(lambda: timedelta(days='a')); t(lambda: timedelta(weeks='a')); t(lambda: timedelta(1,2,3,4,5,6,7,8)); t(lambda: timedelta(foo=1))
t(lambda: timedelta(days=10**9)); t(lambda: timedelta(days=10**20)); t(lambda: timedelta(days=1e20)); t(lambda: timedelta(days=float('nan'))); t(lambda: timedelta(days=float('inf')))
t(lambda: timedelta(1)/0); t(lambda: timedelta(1)//0); t(lambda: timedelta(1)%timedelta(0)); t(lambda: timedelta(1)/timedelta(0)); t(lambda: timedelta(1)/0.0); t(lambda: timedelta(1)*float('nan')); t(lambda: timedelta(1)*float('inf')); t(lambda: timedelta(1)+1); t(lambda: 1-timedelta(1)); t(lambda: timedelta(1)<1); t(lambda: timedelta.max+timedelta(1)); t(lambda: -timedelta.max); t(lambda: -timedelta.min); t(lambda: divmod(timedelta(1),1)); t(lambda: timedelta(1)%1)
t(lambda: date()); t(lambda: date(1)); t(lambda: date(1,2)); t(lambda: date(1,2,3,4)); t(lambda: date('a')); t(lambda: date(1.0,1,1)); t(lambda: date(0,1,1)); t(lambda: date(10000,1,1)); t(lambda: date(1,13,1)); t(lambda: date(1,2,29)); t(lambda: date(10**20,1,1)); t(lambda: date(year=1,foo=1)); t(lambda: date(1,1,0))
t(lambda: date.fromordinal(0)); t(lambda: date.fromordinal(10**7)); t(lambda: date.fromordinal('a')); t(lambda: date.fromordinal(1.0)); t(lambda: date.fromtimestamp(None)); t(lambda: date.fromtimestamp('a')); t(lambda: date.fromtimestamp(1e20)); t(lambda: date.fromtimestamp()); 
t(lambda: date.fromisoformat(1)); t(lambda: date.fromisoformat('a')); t(lambda: date.fromisoformat('2020-13-01')); t(lambda: date.fromisoformat('2020-W54-1')); t(lambda: date.fromisocalendar(0,1,1)); t(lambda: date.fromisocalendar(2020,54,1)); t(lambda: date.fromisocalendar(2020,1,8)); t(lambda: date.fromisocalendar(2020,1)); t(lambda: date.fromisocalendar('a',1,1)); t(lambda: date.fromisocalendar(10**20,1,1))
d=date(2020,1,2)
t(lambda: d+1); t(lambda: d+timedelta(10**8)); t(lambda: d-timedelta(10**8)); t(lambda: d<1); t(lambda: d.replace(foo=1)); t(lambda: d.replace(year=0)); t(lambda: d.replace(1,2,3,4)); t(lambda: d.strftime(1)); t(lambda: d.strftime()); t(lambda: d.__format__(1)); t(lambda: d<datetime(2020,1,1)); t(lambda: d.__reduce__()); t(lambda: d.isocalendar()); t(lambda: d.year.__class__)
def s(o,n,v): setattr(o,n,v)
t(lambda: s(d,'year',1)); t(lambda: s(date,'foo',1)); t(lambda: s(d,'foo',1))
t(lambda: time(24)); t(lambda: time(1,60)); t(lambda: time(1,1,60)); t(lambda: time(1,1,1,10**6)); t(lambda: time(1,fold=2)); t(lambda: time(tzinfo=1)); t(lambda: time('a')); t(lambda: time(1,2,3,4,None,5)); t(lambda: time(-1)); t(lambda: time(1.0)); t(lambda: time(fold='a'))
t(lambda: time.fromisoformat(1)); t(lambda: time.fromisoformat('a')); t(lambda: time.fromisoformat('25:00')); t(lambda: time.fromisoformat('24:00')); t(lambda: time.fromisoformat('24:01'))
class Z(tzinfo):
    def __init__(self,o): self.o=o
    def utcoffset(self,dt): return self.o
    def tzname(self,dt): return self.o
    def dst(self,dt): return self.o
for o in (1,timedelta(1),timedelta(-1),'a'):
    t(lambda: time(1,tzinfo=Z(o)).utcoffset()); t(lambda: time(1,tzinfo=Z(o)).dst()); t(lambda: time(1,tzinfo=Z(o)).tzname())
t(lambda: time(1)<time(1,tzinfo=UTC)); t(lambda: time(1)<1); t(lambda: time(1)==time(1,tzinfo=UTC)); t(lambda: time(1)+timedelta(1))
t(lambda: time(1).isoformat('x')); t(lambda: time(1).isoformat(1)); t(lambda: time(1).isoformat(timespec=None)); t(lambda: time(1).replace(tzinfo=1)); t(lambda: time(1).replace(fold=2)); t(lambda: time(1).__reduce_ex__(4)); t(lambda: time(1,fold=1).__reduce_ex__(3)); t(lambda: time(1,fold=1).__reduce_ex__(4)); t(lambda: time(1).__reduce_ex__('a'))
t(lambda: datetime.combine(1,2)); t(lambda: datetime.combine(d,2)); t(lambda: datetime.combine(d,time(1),1)); t(lambda: datetime.combine(d)); t(lambda: datetime.fromisoformat(1)); t(lambda: datetime.fromisoformat('a')); t(lambda: datetime.fromisoformat('2020-01-01T25')); t(lambda: datetime.fromisoformat('2020-01-01T24:00')); t(lambda: datetime.fromisoformat('2020-01-01T24:01')); t(lambda: datetime.fromisoformat('2020-01-01T10:00+25:00')); t(lambda: datetime.fromisoformat('2020-13-01')); t(lambda: datetime.fromisoformat('9999-12-31T24:00')); t(lambda: datetime.fromisoformat('2020-01-01T10:00+24:00')); t(lambda: datetime.fromisoformat('2020-02-30T24:00'))
n=datetime(2020,1,2,3,4,5,6); a=n.replace(tzinfo=UTC)
t(lambda: n<a); t(lambda: n-a); t(lambda: n==a); t(lambda: n<d); t(lambda: n-d); t(lambda: d-n); t(lambda: n+1); t(lambda: n+timedelta(10**8)); t(lambda: n.astimezone(1)); t(lambda: a.astimezone(UTC) is a); t(lambda: n.isoformat('xx')); t(lambda: n.isoformat(1)); t(lambda: n.isoformat(timespec='x')); t(lambda: n.replace(foo=1)); t(lambda: n.__reduce_ex__(4)); t(lambda: a.__reduce__()); t(lambda: a); t(lambda: n.replace(fold=1)); t(lambda: datetime.strptime(1,2)); t(lambda: n.timestamp()); t(lambda: a.timestamp()); t(lambda: n.utctimetuple()); t(lambda: datetime.min.replace(tzinfo=timezone(timedelta(hours=1))).utctimetuple()); t(lambda: datetime.min.replace(tzinfo=timezone(timedelta(hours=1))).astimezone(UTC))
t(lambda: timezone()); t(lambda: timezone(1)); t(lambda: timezone(timedelta(1))); t(lambda: timezone(timedelta(0),1)); t(lambda: timezone(timedelta(0)) is UTC); t(lambda: timezone(timedelta(0),'x')); t(lambda: timezone(timedelta(hours=1))); t(lambda: UTC.utcoffset(1)); t(lambda: UTC.tzname(1)); t(lambda: UTC.dst(1)); t(lambda: UTC.fromutc(1)); t(lambda: UTC.fromutc(n)); t(lambda: UTC==1); t(lambda: UTC.__getinitargs__()); t(lambda: UTC<UTC); t(lambda: type('x',(timezone,),{})); t(lambda: str(timezone(timedelta(hours=-1,seconds=1,microseconds=2)))); t(lambda: timezone(timedelta(hours=1),foo=1)); t(lambda: timezone.max)
z = tzinfo()
I=type(d.isocalendar()); t(lambda: I(1,2,3)); t(lambda: I(1,2)); t(lambda: I(year=1,week=2,weekday=3)); t(lambda: I(1,2,3).__reduce__()); t(lambda: d.isocalendar().year); t(lambda: d.isocalendar()[1])
t(lambda: date(b'\x07\xe4\x01\x02')); t(lambda: date('\x07\xe4\x01\x02')); t(lambda: date(b'\x07\xe4\x0d\x02')); t(lambda: time(b'\x01\x02\x03\x00\x00\x04',UTC)); t(lambda: time(b'\x81\x02\x03\x00\x00\x04')); t(lambda: time(b'\x01\x02\x03\x00\x00\x04',1)); t(lambda: datetime(b'\x07\xe4\x81\x02\x01\x02\x03\x00\x00\x04',UTC)); t(lambda: datetime('\x07\xe4\x81\x02\x01\x02\x03\x00\x00\u1234',UTC))
import pickle, copy
for x in (d, n, a, n.replace(fold=1), time(1,2,3,4,UTC), timedelta(1,2,3), timezone(timedelta(hours=2)), timezone(timedelta(hours=2),'x'), UTC, d.isocalendar()):
    for p in range(2, 6):
        y = pickle.loads(pickle.dumps(x, p)); assert y == x and (type(y) is type(x) or type(y) is tuple), (x, y)
    assert copy.copy(x) == x == copy.deepcopy(x)
    print(repr(x), str(x))
class SD(date):
    def __new__(cls, *args, **kw): return date.__new__(cls, *args, **kw)
class ST(datetime): pass
class SS(time): pass
t(lambda: SD(2020,1,1)+timedelta(1)); t(lambda: ST(2020,1,1)-timedelta(1)); t(lambda: SS(1).replace(hour=2)); t(lambda: ST.fromisoformat('2020-01-01')); t(lambda: SD.fromordinal(1000)); t(lambda: type(ST.now()).__name__); t(lambda: ST(2020,1,1,fold=1).replace(hour=1).fold); t(lambda: type(ST(2020,1,1).date()).__name__); t(lambda: ST(2020,1,1,tzinfo=UTC).astimezone(timezone(timedelta(hours=3))))
for s_ in ('2020-01-02T03:04:05.678901+05:30', '20200102T030405', '2020-W01-4T03', '2020W014', '2020-01-02 03:04Z', '2020-01-02T03:04:05,6', '2020-01-02T03:04:05.1234567', '2020-01-02T0304-0530', '2020-01-02T', '2020-01-02T3', '2020-01-02T03:0405', '2020-01-02T03:04:05.', '2020-01-02T03Z0', '2020-01-02é03:04', '2020-02-30', '2020-01-02T03:04+', '2020W01', '2020-W01', '202001', '2020-12-31T24:00', '2020-1-2'):
    t(lambda: datetime.fromisoformat(s_)); t(lambda: time.fromisoformat(s_[11:])); t(lambda: date.fromisoformat(s_[:10]))
for f in ('%Y-%m-%d %H:%M:%S.%f %z %Z %:z %% %j', '%G %V %u', '%F', '%C'):
    t(lambda: n.strftime(f)); t(lambda: a.strftime(f)); t(lambda: d.strftime(f)); t(lambda: time(1,2,3,4,UTC).strftime(f.replace('%G %V %u',''))); t(lambda: date(99,1,2).strftime(f))
t(lambda: f"{n:%Y}"); t(lambda: format(n,'')); t(lambda: datetime.strptime('2020-01-02 03','%Y-%m-%d %H')); t(lambda: date.strptime('2020-01-02','%Y-%m-%d')); t(lambda: time.strptime('03','%H'))
for td in (timedelta(1.5), timedelta(microseconds=0.5), timedelta(microseconds=1.5), timedelta(seconds=1e-6*2.5), timedelta(weeks=1.1), timedelta(hours=-1, minutes=0.3)):
    print(repr(td), str(td), td*3, td*0.5, td/3, td/0.7, td//3, td//timedelta(seconds=7), td%timedelta(seconds=7), divmod(td,timedelta(seconds=7)), -td, abs(td), bool(td), td.total_seconds(), td/timedelta(seconds=3), True*td, hash(td)==hash(td*1))
print({date(2020,1,2):1}[date(2020,1,2)], hash(a)==hash(a.astimezone(timezone(timedelta(hours=5)))), hash(time(1,tzinfo=UTC))==hash(time(3,tzinfo=timezone(timedelta(hours=2)))), n.isocalendar(), n.ctime(), d.ctime(), n.timetuple()[:], a.timetuple().tm_isdst, d.weekday(), d.isoweekday(), n.timetz(), a.timetz(), n.time(), n.date())
for y in (1, 4, 100, 400, 1999, 2000, 2020, 2026, 9999):
    for m_, dd in ((1,1),(1,4),(2,28),(12,28),(12,31)):
        x = date(y,m_,dd); i_ = x.isocalendar(); assert date.fromordinal(x.toordinal()) == x
        try: assert date.fromisocalendar(*i_) == x
        except ValueError as e: print(x, i_, e)
print(sorted([n, n+timedelta(1), n-timedelta(1)]), max(d, date(2021,1,1)), datetime.min, datetime.max, date.min, date.max, time.min, time.max, timedelta.min, timedelta.max, datetime.resolution, date.resolution, timezone.min, timezone.max)
