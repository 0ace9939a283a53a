"""datetime, decimal, fractions, random, statistics, calendar."""
from datetime import *
from decimal import *
from fractions import Fraction
import random, statistics, calendar, time, zoneinfo
d = date(2024, 2, 29); dt = datetime(2024, 2, 29, 13, 5, 9, 123456); t = time_ = __import__("datetime").time(1, 2, 3)
print(d, repr(d), d.isoformat(), d.weekday(), d.isoweekday(), tuple(d.isocalendar()), d.toordinal(), date.fromordinal(738000), d.replace(year=2023, day=1), d + timedelta(days=366), d - date(2023, 1, 1), d.strftime("%a %A %b %d %m %y %Y %j %U %%"), d.timetuple()[:8], date.fromisoformat("20240102"), date.min, date.max, d.ctime(), date.fromisocalendar(2024, 9, 4))
print(dt, repr(dt), dt.isoformat(" ", "minutes"), dt.date(), dt.time(), dt.replace(microsecond=0), dt + timedelta(hours=11, minutes=55), dt.strftime("%H:%M:%S.%f %p %I"), datetime.strptime("2024-03-04 05:06", "%Y-%m-%d %H:%M"), datetime.fromisoformat("2024-01-01T00:00:00.5+02:00"), f"{dt:%Y/%m/%d}", dt > datetime(2024, 1, 1), (dt - datetime(2024, 1, 1)).total_seconds(), datetime.combine(d, t), dt.timetuple().tm_yday)
td = timedelta(days=-1, hours=5, microseconds=7); print(td, repr(td), td.total_seconds(), abs(td), -td, td * 2, td / 2, td // timedelta(hours=1), divmod(timedelta(hours=5), timedelta(hours=2)), timedelta(weeks=1, milliseconds=1.5), td < timedelta(0), bool(timedelta()), timedelta(days=1) / timedelta(hours=6), timedelta.max, str(timedelta(days=2, seconds=1)), timedelta(seconds=1.1) % timedelta(seconds=1))
u = datetime(2024, 1, 1, 12, tzinfo=timezone.utc); z = timezone(timedelta(hours=5, minutes=30), "IST"); print(u, u.astimezone(z), u.tzname(), z, repr(z), u.utcoffset(), u == u.astimezone(z), u.timestamp(), datetime.fromtimestamp(0, timezone.utc), u.isoformat(), timezone(timedelta(hours=-3)), u.astimezone(z).strftime("%z %Z"), datetime(2024, 1, 1, fold=1).fold)
for bad in ("date(2024, 2, 30)", "date(0, 1, 1)", "datetime(2024, 1, 1, 25)", "d + 1", "d < dt", "u < dt", "date.fromisoformat('x')", "datetime.strptime('a', '%Y')", "datetime.strptime('2024 x', '%Y')", "timedelta(days=10**10)", "timezone(timedelta(days=2))", "date.max + timedelta(1)", "u - dt", "datetime.fromisoformat('2024-13-01')", "date('a', 1, 1)", "timedelta('a')", "time_.replace(hour=24)", "datetime(1, 1, 1).astimezone(1)"):
    # Texts differ between the library's two implementations of this module.
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(bad, type(e).__name__)
D = Decimal; print(D("1.10") + D("2.20"), D(1) / 3, D("0.1") * 3, D(10) ** -2, D("-7") // 2, D("-7") % 2, D(2).sqrt(), D("1E+5"), D("1.2300").normalize(), D("3.14159").quantize(D("0.01")), D("2.5").to_integral_value(), round(D("2.675"), 2), D(0.1), D("NaN"), -D("Infinity"), D("1e-10"), D("123456789.123").__format__(",.2f"), f"{D('1.5'):>8.3f}", D("1.0") == 1, hash(D(5)) == hash(5), D("12.34").as_tuple(), D("12.3e4").adjusted(), D(7).exp(), D(10).ln(), D(100).log10(), int(D("9.9")), float(D("1.25")), str(D("-0.00")), repr(D("1e3")), max(D(1), D(2)), D("0E-8"), D("1e3").to_eng_string(), divmod(D(7), D(3)), D("5").fma(2, 3), D(3).compare(D(4)))
with localcontext(prec=6, rounding=ROUND_DOWN) as c: print(D(2) / D(3), c.prec, D("1.99999999") + 0)
for bad in ("D('x')", "D(1) / 0", "D(0) / 0", "D('sNaN') + 1", "D(1) + 1.5", "D(-1).sqrt()", "D(1).quantize(D('1e-100'))", "D('1e1000000') * D('1e1000000')", "int(D('NaN'))", "D(1) < 'a'", "D((1, (2, 'a'), 0))", "D([1])"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(bad, type(e).__name__, str(e)[:80])
F = Fraction; print(F(1, 3) + F(1, 6), F("0.125"), F("3/4"), F(0.5), F(7, -21), F(3, 2) ** 2, F(1, 2) ** -2, F(7, 2) // 1, F(-7, 2) % 2, round(F(7, 2)), F(22, 7).limit_denominator(5), F(1, 3) < 0.34, float(F(1, 3)), F(1, 2) == 0.5, hash(F(2)) == hash(2), repr(F(1, 2)), F(5, 3).numerator, int(F(-7, 2)), f"{F(1, 3):.3f}", F.from_float(0.25), divmod(F(7, 2), 2), abs(F(-1, 2)), F(1, 2) + 0.5, F(D("0.1")))
for bad in ("F(1, 0)", "F('a')", "F(1.5, 2)", "F(float('nan'))", "F(1) / 0"):
    try:
        print(bad, eval(bad))
    except Exception as e:
        print(bad, type(e).__name__, e)
r = random.Random(42); print(r.random(), r.randint(1, 100), r.choice("abcdef"), r.sample(range(100), 5), r.uniform(1, 2), r.gauss(0, 1), r.randrange(0, 100, 5), r.getrandbits(70), r.choices("ab", [1, 9], k=5), r.betavariate(1, 2), r.expovariate(1), r.triangular(), r.randbytes(4)); l = list(range(10)); r.shuffle(l); print(l, random.Random("text").random(), random.Random(2**80).random(), random.Random(b"b").random(), random.Random(2.0).random(), r.normalvariate(), r.binomialvariate(10, 0.5)); st = r.getstate(); x = r.random(); r.setstate(st); print(x == r.random())
print(statistics.mean([1, 2, 3, 4]), statistics.median([3, 1, 2]), statistics.mode("aab"), statistics.stdev([1, 2, 3, 4]), statistics.pvariance([1, 2, 3]), statistics.quantiles(range(10)), statistics.fmean([1, 2]), statistics.harmonic_mean([1, 2]), statistics.multimode("aabb"), statistics.correlation([1, 2, 3], [2, 4, 7]), statistics.linear_regression([1, 2], [3, 5]), statistics.mean([F(1, 2), F(1, 3)]))
print(calendar.month(2024, 2), calendar.isleap(1900), calendar.monthrange(2024, 2), calendar.day_name[0], calendar.timegm((2024, 1, 1, 0, 0, 0)), time.strftime("%Y-%m-%d", time.gmtime(86400 * 365)), time.gmtime(0), time.strptime("30 Nov 00", "%d %b %y")[:6], time.mktime(time.gmtime(1000000)), time.asctime(time.gmtime(0)))
