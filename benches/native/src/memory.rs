//! Programs that work on memory.

/// Knuth's linear congruential generator: the numbers of all these programs.
struct Random(i64);

impl Random {
    /// The high bits of the next state, after `shift` low ones.
    fn bits(&mut self, shift: u32) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 as u64 >> shift) as i64
    }
}

fn hash(numbers: impl Iterator<Item = i64>) -> i64 {
    numbers.fold(0, |hash: i64, x| hash.wrapping_mul(31).wrapping_add(x))
}

pub fn sieve(n: i64, m: i64) -> i64 {
    let n = n as usize;
    let mut composite = vec![false; 65536];
    let mut sum = m;
    for k in 2..n {
        if !composite[k] {
            sum += k as i64;
            for at in (k * k..n).step_by(k) {
                composite[at] = true;
            }
        }
    }
    sum
}

pub fn insertion_sort(n: i64, m: i64) -> i64 {
    let mut random = Random(m);
    let mut data: Vec<i64> = (0..n).map(|_| random.bits(33)).collect();
    for i in 0..data.len() {
        let value = data[i];
        let mut at = i;
        while at > 0 && data[at - 1] > value {
            data[at] = data[at - 1];
            at -= 1;
        }
        data[at] = value;
    }
    hash(data.into_iter())
}

/// The search by hand, as in the NDA program: that of the standard library compares in another order.
fn find(table: &[i64], key: i64) -> usize {
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let middle = (low + high) / 2;
        if table[middle] < key {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

pub fn binary_search(n: i64, m: i64) -> i64 {
    let mut random = Random(m);
    let mut last = 0;
    let mut table = Vec::with_capacity(4096);
    for _ in 0..4096 {
        last += random.bits(56);
        table.push(last);
    }
    (0..n).map(|_| find(&table, random.bits(33) % (last + 1)) as i64).sum()
}

pub fn byte_histogram(n: i64, m: i64) -> i64 {
    let mut random = Random(m);
    let bytes: Vec<u8> = (0..4096).map(|_| random.bits(56) as u8).collect();
    let mut counts = [0_i64; 256];
    for pass in 0..n as usize {
        for byte in &bytes[pass..] {
            counts[usize::from(*byte)] += 1;
        }
    }
    hash(counts.into_iter())
}

const TEXT: &[u8] = b"total = base * (1 + rate / 100) - fee_1 + bonus * 12.75; name = (limit, 9007199254740993); ok = total < limit; rest = total - 0.125 * limit / (count + 1); while rest < 40 rest = rest + step_2 * 3;";

pub fn tokenizer(n: i64, m: i64) -> i64 {
    let (mut kinds, mut ends) = (Vec::new(), Vec::new());
    let end_of = |from: usize, part: fn(u8) -> bool| {
        TEXT[from..].iter().position(|c| !part(*c)).map_or(TEXT.len(), |length| from + length)
    };
    let mut code = 0_i64;
    for pass in 0..n {
        kinds.clear();
        ends.clear();
        let mut at = (m + pass) as usize % TEXT.len();
        while at < TEXT.len() {
            let c = TEXT[at];
            let (kind, end) = match c {
                b' ' => {
                    at += 1;
                    continue;
                }
                b'0'..=b'9' => (b'n', end_of(at, |c| c.is_ascii_digit() || c == b'.')),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    (b'w', end_of(at, |c| c.is_ascii_alphanumeric() || c == b'_'))
                }
                _ => (c, at + 1),
            };
            kinds.push(kind);
            ends.push(end);
            at = end;
        }
        for (kind, end) in kinds.iter().zip(&ends) {
            code = code.wrapping_mul(31).wrapping_add(i64::from(*kind) * 256 + *end as i64);
        }
    }
    code
}

pub fn prefix_sum(n: i64, m: i64) -> i64 {
    let mut random = Random(m);
    let mut data: Vec<i64> = (0..4096).map(|_| random.bits(33)).collect();
    for _ in 0..n {
        let mut sum = 0_i64;
        for x in &mut data {
            sum = sum.wrapping_add(*x);
            *x = sum;
        }
    }
    data.into_iter().fold(0, |mix, x| mix ^ x)
}

pub fn matmul_scalar(n: i64, m: i64) -> i64 {
    let mut random = Random(m);
    let n = n as usize;
    let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n * n {
        a.push(random.bits(40) as f64);
        b.push((random.0 as u64 >> 44) as f64 - 500_000.0);
    }
    for i in 0..n {
        for j in 0..n {
            c.push((0..n).map(|k| a[i * n + k] * b[k * n + j]).fold(0.0, |sum, x| sum + x));
        }
    }
    let total = c.iter().enumerate().fold(0.0, |total, (i, x): (usize, &f64)| total + x * (i + 1) as f64);
    total.to_bits() as i64
}

/// The place of `key`, or the free one where it belongs. 0 is no key.
fn place(keys: &[i64; 4096], key: i64) -> usize {
    let mut at = (key as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) as usize >> 52;
    while keys[at] != key && keys[at] != 0 {
        at = (at + 1) & 4095;
    }
    at
}

pub fn hash_table(n: i64, m: i64) -> i64 {
    let mut random = Random(m);
    let (mut keys, mut counts) = ([0_i64; 4096], [0_i64; 4096]);
    for i in 0..n {
        let key = random.bits(53) + 1;
        let at = place(&keys, key);
        keys[at] = key;
        counts[at] += i + 1;
    }
    hash(keys.iter().zip(&counts).map(|(key, count)| key.wrapping_mul(*count)))
}

/// Moves the last element up to its place; the least is at 0.
fn sift_up(heap: &mut [i64], from: usize) {
    let value = heap[from];
    let mut at = from;
    while at > 0 {
        let up = (at - 1) / 2;
        if heap[up] <= value {
            break;
        }
        heap[at] = heap[up];
        at = up;
    }
    heap[at] = value;
}

fn push(heap: &mut Vec<i64>, value: i64) {
    heap.push(value);
    let last = heap.len() - 1;
    sift_up(heap, last);
}

pub fn heap_push(n: i64, m: i64) -> i64 {
    let mut random = Random(m);
    let mut heap = Vec::new();
    for _ in 0..n {
        push(&mut heap, random.bits(33));
    }
    hash(heap.into_iter())
}
