//! `list.sort` and `sorted`: a stable merge sort that finds runs and gallops, after Tim Peters' description
//! (`listsort.txt`), with the merge order of Munro and Wild's powersort. Only `<` is asked, and in CPython's order.
//!
//! I1  What is permuted are numbers of items, so whatever `<` raises or does, each item is still there once.
//! I2  The list is empty while Python code may run; its items are owned here.
//!
//! Keys of one plain type (small ints, floats, strings) need no Python call, so any stable sort gives the same order and
//! the standard library's is used.

use crate::object::ValueExt;
use crate::prelude::*;

/// `list.sort(key=…, reverse=…)`.
pub fn sort_list(vm: &Vm, list: &Gc<List>, key: Option<&Value>, reverse: bool) -> PyResult<()> {
    // I2
    let mut items = list.items.take();
    let result = sort_items(vm, &mut items, key, reverse);
    let (changed, stray) = list.items.with_mut(|now| {
        let changed = now.capacity() != 0;
        (changed, std::mem::replace(now, items))
    });
    drop(stray);
    result?;
    if changed { Err(vm.value_error("list modified during sort")) } else { Ok(()) }
}

/// Sorts owned items; after an error they are permuted somehow.
pub fn sort_items(vm: &Vm, items: &mut Vec<Value>, key: Option<&Value>, reverse: bool) -> PyResult<()> {
    let keys;
    let by: &[Value] = match key {
        Some(f) => {
            let mut made = Vec::new();
            if made.try_reserve_exact(items.len()).is_err() {
                return Err(vm.memory_error());
            }
            for item in items.iter() {
                made.push(vm.call1(f, item)?);
            }
            keys = made;
            &keys
        }
        None => items,
    };
    if by.len() < 2 {
        return Ok(());
    }
    let Ok(n) = u32::try_from(by.len()) else { return Err(vm.memory_error()) };
    let mut order: Vec<u32> = Vec::new();
    if order.try_reserve_exact(by.len()).is_err() {
        return Err(vm.memory_error());
    }
    // Equal items keep their order in a reversed sort too: reverse, sort, reverse.
    if reverse {
        order.extend((0..n).rev())
    } else {
        order.extend(0..n)
    }
    let result = sort_order(vm, by, &mut order);
    if reverse {
        order.reverse()
    }
    permute(items, &order);
    result
}

/// Puts `items[order[i]]` at `i`.
fn permute(items: &mut Vec<Value>, order: &[u32]) {
    let mut from: Vec<Option<Value>> = std::mem::take(items).into_iter().map(Some).collect();
    items.reserve_exact(from.len());
    items.extend(order.iter().filter_map(|i| from.get_mut(*i as usize)?.take()));
}

fn sort_order(vm: &Vm, by: &[Value], order: &mut [u32]) -> PyResult<()> {
    if by.iter().all(Value::is_int) {
        let at = |i: u32| by.get(i as usize).and_then(Value::as_int);
        order.sort_by_key(|i| at(*i));
        return Ok(());
    }
    if let Some(floats) = by.iter().map(exact_float).collect::<Option<Vec<f64>>>() {
        // No NaN: `<` is total.
        order.sort_by(|a, b| {
            let of = |i: &u32| floats.get(*i as usize).copied().unwrap_or_default();
            of(a).partial_cmp(&of(b)).unwrap_or(std::cmp::Ordering::Equal)
        });
        return Ok(());
    }
    if by.iter().all(|v| v.downcast_exact::<Str>().is_some()) {
        let bytes: Vec<&[u8]> =
            by.iter().map(|v| v.downcast_exact::<Str>().map_or(&b""[..], |s| s.as_bytes())).collect();
        // The order of WTF-8 bytes is that of code points.
        let of = |i: &u32| bytes.get(*i as usize).copied().unwrap_or_default();
        order.sort_by(|a, b| of(a).cmp(of(b)));
        return Ok(());
    }
    let mut less = |a: u32, b: u32| -> PyResult<bool> {
        match (by.get(a as usize), by.get(b as usize)) {
            (Some(x), Some(y)) => vm.compare_bool(x, y, CompareOp::Lt),
            _ => Ok(false),
        }
    };
    sort(order, &mut less)
}

/// A float that is no NaN, of class `float` itself.
fn exact_float(v: &Value) -> Option<f64> {
    let f = match v.as_small_float() {
        Some(f) => f,
        None => v.downcast_exact::<crate::types::numbers::Float>()?.0,
    };
    (!f.is_nan()).then_some(f)
}

/// After so many wins in a row one side is searched by galloping.
const MIN_GALLOP: usize = 7;
/// Runs shorter than this are made longer by insertion.
const MAX_MINRUN: usize = 64;

/// A sorted stretch, and the power of the boundary to the next one.
struct Run {
    base: usize,
    len: usize,
    power: u32,
}

/// Sorts stably by `less`, which may fail; then the order is some permutation.
pub fn sort<T: Copy>(a: &mut [T], less: &mut impl FnMut(T, T) -> PyResult<bool>) -> PyResult<()> {
    let n = a.len();
    if n < 2 {
        return Ok(());
    }
    let minrun = min_run(n);
    let mut merger = Merger { runs: Vec::new(), min_gallop: MIN_GALLOP, n };
    let mut low = 0;
    while low < n {
        let mut len = count_run(&mut a[low..], less)?;
        if len < minrun {
            let forced = minrun.min(n - low);
            binary_sort(&mut a[low..low + forced], len, less)?;
            len = forced;
        }
        merger.found(a, low, len, less)?;
        low += len;
    }
    merger.finish(a, less)
}

/// A length between 32 and 64 so that n over it is close to, but no more than, a power of two.
fn min_run(mut n: usize) -> usize {
    let mut odd = 0;
    while n >= MAX_MINRUN {
        odd |= n & 1;
        n >>= 1;
    }
    n + odd
}

/// The length of the run at the beginning; a descending one is turned round. Equal neighbours belong to either.
fn count_run<T: Copy>(a: &mut [T], less: &mut impl FnMut(T, T) -> PyResult<bool>) -> PyResult<usize> {
    let n = a.len();
    if n < 2 {
        return Ok(n);
    }
    let mut i = 1;
    // How many are equal at the end of what was seen.
    let mut equal = 0;
    // Weakly ascending.
    while i < n {
        if less(a[i], a[i - 1])? {
            break;
        }
        i += 1;
    }
    if i == n {
        return Ok(n);
    }
    // `a[i] < a[i-1]`: an ascending run ends here unless all before were equal.
    if i > 1 {
        if less(a[0], a[i - 1])? {
            return Ok(i);
        }
        // All equal so far, so it may be a descending run; equal stretches are turned round twice to stay in order.
        a[..i].reverse();
    }
    i += 1;
    while i < n {
        if less(a[i], a[i - 1])? {
            if equal > 0 {
                a[i - 1 - equal..i].reverse();
                equal = 0;
            }
        } else if less(a[i - 1], a[i])? {
            break;
        } else {
            equal += 1;
        }
        i += 1;
    }
    if equal > 0 {
        a[i - 1 - equal..i].reverse();
    }
    a[..i].reverse();
    // What follows may continue the run now that it ascends.
    while i < n && !less(a[i], a[i - 1])? {
        i += 1;
    }
    Ok(i)
}

/// Insertion sort with binary search; the first `sorted` items are in order already.
fn binary_sort<T: Copy>(
    a: &mut [T],
    sorted: usize,
    less: &mut impl FnMut(T, T) -> PyResult<bool>,
) -> PyResult<()> {
    for i in sorted.max(1)..a.len() {
        let pivot = a[i];
        let (mut low, mut high) = (0, i);
        while low < high {
            let mid = low + (high - low) / 2;
            if less(pivot, a[mid])? {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        a.copy_within(low..i, low + 1);
        a[low] = pivot;
    }
    Ok(())
}

/// Where `key` goes before any equal item; the search starts at `hint`.
fn gallop_left<T: Copy>(
    key: T,
    a: &[T],
    hint: usize,
    less: &mut impl FnMut(T, T) -> PyResult<bool>,
) -> PyResult<usize> {
    let n = a.len();
    let (mut last, mut ofs) = (0usize, 1usize);
    let (mut low, mut high);
    if less(a[hint], key)? {
        let max = n - hint;
        while ofs < max && less(a[hint + ofs], key)? {
            last = ofs;
            ofs = ofs * 2 + 1;
        }
        (low, high) = (hint + last + 1, hint + ofs.min(max));
    } else {
        let max = hint + 1;
        while ofs < max && !less(a[hint - ofs], key)? {
            last = ofs;
            ofs = ofs * 2 + 1;
        }
        (low, high) = (hint + 1 - ofs.min(max), hint - last);
    }
    while low < high {
        let mid = low + (high - low) / 2;
        if less(a[mid], key)? {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    Ok(high)
}

/// Where `key` goes behind any equal item; the search starts at `hint`.
fn gallop_right<T: Copy>(
    key: T,
    a: &[T],
    hint: usize,
    less: &mut impl FnMut(T, T) -> PyResult<bool>,
) -> PyResult<usize> {
    let n = a.len();
    let (mut last, mut ofs) = (0usize, 1usize);
    let (mut low, mut high);
    if less(key, a[hint])? {
        let max = hint + 1;
        while ofs < max && less(key, a[hint - ofs])? {
            last = ofs;
            ofs = ofs * 2 + 1;
        }
        (low, high) = (hint + 1 - ofs.min(max), hint - last);
    } else {
        let max = n - hint;
        while ofs < max && !less(key, a[hint + ofs])? {
            last = ofs;
            ofs = ofs * 2 + 1;
        }
        (low, high) = (hint + last + 1, hint + ofs.min(max));
    }
    while low < high {
        let mid = low + (high - low) / 2;
        if less(key, a[mid])? {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    Ok(high)
}

struct Merger {
    runs: Vec<Run>,
    min_gallop: usize,
    n: usize,
}

impl Merger {
    /// The depth in a perfectly balanced merge tree of the boundary between two neighbouring runs.
    fn power(&self, base: usize, len: usize, next_len: usize) -> u32 {
        // Twice the midpoints of both runs, as fractions of twice the whole.
        let n = self.n as u128;
        let mut a = 2 * base as u128 + len as u128;
        let mut b = a + len as u128 + next_len as u128;
        let mut power = 0;
        loop {
            power += 1;
            if a >= n {
                a -= n;
                b -= n;
            } else if b >= n {
                return power;
            }
            a *= 2;
            b *= 2;
        }
    }

    /// A new run: merges those before it whose boundaries lie deeper.
    fn found<T: Copy>(
        &mut self,
        a: &mut [T],
        base: usize,
        len: usize,
        less: &mut impl FnMut(T, T) -> PyResult<bool>,
    ) -> PyResult<()> {
        if let Some(top) = self.runs.last() {
            let power = self.power(top.base, top.len, len);
            while self.runs.len() > 1 && self.runs[self.runs.len() - 2].power > power {
                self.merge_at(a, self.runs.len() - 2, less)?;
            }
            if let Some(top) = self.runs.last_mut() {
                top.power = power;
            }
        }
        self.runs.push(Run { base, len, power: 0 });
        Ok(())
    }

    fn finish<T: Copy>(
        &mut self,
        a: &mut [T],
        less: &mut impl FnMut(T, T) -> PyResult<bool>,
    ) -> PyResult<()> {
        while self.runs.len() > 1 {
            let mut i = self.runs.len() - 2;
            if i > 0 && self.runs[i - 1].len < self.runs[i + 1].len {
                i -= 1;
            }
            self.merge_at(a, i, less)?;
        }
        Ok(())
    }

    /// Merges runs `i` and `i + 1`.
    fn merge_at<T: Copy>(
        &mut self,
        a: &mut [T],
        i: usize,
        less: &mut impl FnMut(T, T) -> PyResult<bool>,
    ) -> PyResult<()> {
        let right = self.runs.remove(i + 1);
        let left = &mut self.runs[i];
        let (base, mid, end) = (left.base, right.base, right.base + right.len);
        left.len += right.len;
        left.power = right.power;
        // What is in place already at both ends stays.
        let skip = gallop_right(a[mid], &a[base..mid], 0, less)?;
        let base = base + skip;
        if base == mid {
            return Ok(());
        }
        let end = mid + gallop_left(a[mid - 1], &a[mid..end], end - mid - 1, less)?;
        if end == mid {
            return Ok(());
        }
        let part = &mut a[base..end];
        if mid - base <= end - mid {
            self.merge_low(part, mid - base, less)
        } else {
            self.merge_high(part, mid - base, less)
        }
    }

    /// Merges from the left; the left run, the shorter one, is copied out. `a[mid] < a[0]`, and the last of the left run
    /// is not less than anything on the right.
    fn merge_low<T: Copy>(
        &mut self,
        a: &mut [T],
        mid: usize,
        less: &mut impl FnMut(T, T) -> PyResult<bool>,
    ) -> PyResult<()> {
        let left: Vec<T> = a[..mid].to_vec();
        // Next of the left run, next of the right run, next place: always `d == l + (r - mid)`.
        let (mut l, mut r, mut d) = (0, mid, 0);
        let result = self.merge_low_loop(a, &left, &mut l, &mut r, &mut d, less);
        // I1: the gap before `r` is exactly what is left of the left run.
        let rest = &left[l..];
        a[d..d + rest.len()].copy_from_slice(rest);
        result
    }

    fn merge_low_loop<T: Copy>(
        &mut self,
        a: &mut [T],
        left: &[T],
        l: &mut usize,
        r: &mut usize,
        d: &mut usize,
        less: &mut impl FnMut(T, T) -> PyResult<bool>,
    ) -> PyResult<()> {
        let end = a.len();
        a[*d] = a[*r];
        *d += 1;
        *r += 1;
        if *r == end {
            return Ok(());
        }
        if left.len() - *l == 1 {
            return last_of_left(a, r, d);
        }
        let mut gallop = self.min_gallop;
        loop {
            let (mut left_wins, mut right_wins) = (0, 0);
            loop {
                if less(a[*r], left[*l])? {
                    a[*d] = a[*r];
                    *d += 1;
                    *r += 1;
                    right_wins += 1;
                    left_wins = 0;
                    if *r == end {
                        return Ok(());
                    }
                    if right_wins >= gallop {
                        break;
                    }
                } else {
                    a[*d] = left[*l];
                    *d += 1;
                    *l += 1;
                    left_wins += 1;
                    right_wins = 0;
                    if left.len() - *l == 1 {
                        return last_of_left(a, r, d);
                    }
                    if left_wins >= gallop {
                        break;
                    }
                }
            }
            gallop += 1;
            loop {
                gallop = if gallop > 1 { gallop - 1 } else { 1 };
                self.min_gallop = gallop;
                let k = gallop_right(a[*r], &left[*l..], 0, less)?;
                left_wins = k;
                if k > 0 {
                    a[*d..*d + k].copy_from_slice(&left[*l..*l + k]);
                    *d += k;
                    *l += k;
                    match left.len() - *l {
                        1 => return last_of_left(a, r, d),
                        // Only when `<` is inconsistent.
                        0 => return Ok(()),
                        _ => {}
                    }
                }
                a[*d] = a[*r];
                *d += 1;
                *r += 1;
                if *r == end {
                    return Ok(());
                }
                let k = gallop_left(left[*l], &a[*r..], 0, less)?;
                right_wins = k;
                if k > 0 {
                    a.copy_within(*r..*r + k, *d);
                    *d += k;
                    *r += k;
                    if *r == end {
                        return Ok(());
                    }
                }
                a[*d] = left[*l];
                *d += 1;
                *l += 1;
                if left.len() - *l == 1 {
                    return last_of_left(a, r, d);
                }
                if left_wins < MIN_GALLOP && right_wins < MIN_GALLOP {
                    break;
                }
            }
            gallop += 1;
            self.min_gallop = gallop;
        }
    }

    /// Merges from the right; the right run, the shorter one, is copied out.
    fn merge_high<T: Copy>(
        &mut self,
        a: &mut [T],
        mid: usize,
        less: &mut impl FnMut(T, T) -> PyResult<bool>,
    ) -> PyResult<()> {
        let right: Vec<T> = a[mid..].to_vec();
        // Ends (exclusive) of what is left of both runs, and of the gap: always `d == l + r`.
        let (mut l, mut r) = (mid, right.len());
        let result = self.merge_high_loop(a, &right, &mut l, &mut r, less);
        // I1
        a[l..l + r].copy_from_slice(&right[..r]);
        result
    }

    fn merge_high_loop<T: Copy>(
        &mut self,
        a: &mut [T],
        right: &[T],
        l: &mut usize,
        r: &mut usize,
        less: &mut impl FnMut(T, T) -> PyResult<bool>,
    ) -> PyResult<()> {
        *l -= 1;
        a[*l + *r] = a[*l];
        if *l == 0 {
            return Ok(());
        }
        if *r == 1 {
            return first_of_right(a, l);
        }
        let mut gallop = self.min_gallop;
        loop {
            let (mut left_wins, mut right_wins) = (0, 0);
            loop {
                if less(right[*r - 1], a[*l - 1])? {
                    *l -= 1;
                    a[*l + *r] = a[*l];
                    left_wins += 1;
                    right_wins = 0;
                    if *l == 0 {
                        return Ok(());
                    }
                    if left_wins >= gallop {
                        break;
                    }
                } else {
                    *r -= 1;
                    a[*l + *r] = right[*r];
                    right_wins += 1;
                    left_wins = 0;
                    if *r == 1 {
                        return first_of_right(a, l);
                    }
                    if right_wins >= gallop {
                        break;
                    }
                }
            }
            gallop += 1;
            loop {
                gallop = if gallop > 1 { gallop - 1 } else { 1 };
                self.min_gallop = gallop;
                let at = gallop_right(right[*r - 1], &a[..*l], *l - 1, less)?;
                left_wins = *l - at;
                if left_wins > 0 {
                    a.copy_within(at..*l, at + *r);
                    *l = at;
                    if *l == 0 {
                        return Ok(());
                    }
                }
                *r -= 1;
                a[*l + *r] = right[*r];
                if *r == 1 {
                    return first_of_right(a, l);
                }
                let at = gallop_left(a[*l - 1], &right[..*r], *r - 1, less)?;
                right_wins = *r - at;
                if right_wins > 0 {
                    a[*l + at..*l + *r].copy_from_slice(&right[at..*r]);
                    *r = at;
                    match *r {
                        1 => return first_of_right(a, l),
                        // Only when `<` is inconsistent.
                        0 => return Ok(()),
                        _ => {}
                    }
                }
                *l -= 1;
                a[*l + *r] = a[*l];
                if *l == 0 {
                    return Ok(());
                }
                if left_wins < MIN_GALLOP && right_wins < MIN_GALLOP {
                    break;
                }
            }
            gallop += 1;
            self.min_gallop = gallop;
        }
    }
}

/// One item of the left run is left, the greatest of all: the rest of the right run moves down.
fn last_of_left<T: Copy>(a: &mut [T], r: &mut usize, d: &mut usize) -> PyResult<()> {
    let end = a.len();
    a.copy_within(*r..end, *d);
    *d += end - *r;
    *r = end;
    Ok(())
}

/// One item of the right run is left, the least of all: the rest of the left run moves up.
fn first_of_right<T: Copy>(a: &mut [T], l: &mut usize) -> PyResult<()> {
    a.copy_within(..*l, 1);
    *l = 0;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(seed: &mut u64) -> u64 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed
    }

    fn check(keys: &[u64]) {
        let mut got: Vec<u32> = (0..keys.len() as u32).collect();
        sort(&mut got, &mut |a, b| Ok(keys[a as usize] < keys[b as usize])).unwrap();
        let mut want: Vec<u32> = (0..keys.len() as u32).collect();
        want.sort_by_key(|i| keys[*i as usize]);
        assert_eq!(got, want);
    }

    #[test]
    fn sorts_stably() {
        let mut seed = 88172645463325252;
        for n in [0, 1, 2, 3, 10, 63, 64, 65, 200, 1000, 5000] {
            for modulus in [1, 2, 3, 10, 1000, u64::MAX] {
                let keys: Vec<u64> = (0..n).map(|_| random(&mut seed) % modulus).collect();
                check(&keys);
                let mut runs = keys.clone();
                for part in runs.chunks_mut(97) {
                    part.sort();
                    if part[0] & 1 == 0 {
                        part.reverse()
                    }
                }
                check(&runs);
                runs.sort();
                check(&runs);
                runs.reverse();
                check(&runs);
            }
        }
    }

    #[test]
    fn an_error_or_a_lie_leaves_a_permutation() {
        let mut seed = 7;
        for n in [5usize, 100, 1000, 3000] {
            for round in 0..20 {
                let mut left = random(&mut seed) % (n as u64 * 8);
                let mut got: Vec<u32> = (0..n as u32).collect();
                let mut s = seed;
                let _ = sort(&mut got, &mut |a, b| {
                    if round % 2 == 0 {
                        if left == 0 {
                            return Err(Raised);
                        }
                        left -= 1;
                        return Ok((a * 7919) % 1009 < (b * 7919) % 1009);
                    }
                    Ok(random(&mut s) & 1 == 0)
                });
                got.sort();
                assert!(got.iter().copied().eq(0..n as u32));
            }
        }
    }
}
