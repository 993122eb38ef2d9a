//! Where the generator's choices come from: a seed, or a fuzzer's bytes.

/// A stream of choices. The same source gives the same program on every machine.
#[derive(Clone, Debug)]
pub enum Entropy<'a> {
    /// An endless stream from a seed (splitmix64).
    Seed(u64),
    /// A fuzzer's bytes; when they end every choice is 0, which the generator takes as "the smallest".
    Bytes(&'a [u8]),
}

impl Entropy<'static> {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Entropy<'static> {
        Entropy::Seed(seed)
    }
}

impl<'a> Entropy<'a> {
    /// The stream of a fuzzer's bytes.
    #[must_use]
    pub fn from_bytes(bytes: &'a [u8]) -> Entropy<'a> {
        Entropy::Bytes(bytes)
    }

    /// Whether a fuzzer's bytes are used up: choose leaves from here on.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        matches!(self, Entropy::Bytes(bytes) if bytes.is_empty())
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        match self {
            Entropy::Seed(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = *state;
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ (z >> 31)
            }
            Entropy::Bytes(_) => self.take(8),
        }
    }

    /// The next `n` bytes as a number; missing ones are 0.
    fn take(&mut self, n: usize) -> u64 {
        let Entropy::Bytes(bytes) = self else { return self.bits() };
        let (head, rest) = bytes.split_at(n.min(bytes.len()));
        *bytes = rest;
        head.iter().fold(0, |acc, byte| acc << 8 | u64::from(*byte))
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n < 2 {
            return 0;
        }
        // A fuzzer mutates single bytes: a small choice takes one, so that a mutation stays local.
        let bits = if n <= 256 { self.take(1) } else { self.bits() };
        bits % n
    }

    /// A number in `lo..=hi`.
    pub fn range(&mut self, lo: u64, hi: u64) -> u64 {
        lo + self.below(hi - lo + 1)
    }

    /// True `percent` times in a hundred; false when a fuzzer's bytes are used up.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) >= 100 - percent
    }

    /// An element of a list that is not empty.
    ///
    /// # Panics
    /// Where `list` is empty.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_stream_and_bytes_end_in_zeros() {
        let draw = |mut e: Entropy<'_>| (0..4).map(|_| e.bits()).collect::<Vec<_>>();
        assert_eq!(draw(Entropy::new(7)), draw(Entropy::new(7)));
        assert_ne!(draw(Entropy::new(7)), draw(Entropy::new(8)));
        let mut e = Entropy::from_bytes(&[5, 250]);
        assert_eq!((e.below(10), e.chance(50), e.below(10)), (5, true, 0));
        assert!(e.is_exhausted() && !e.chance(99) && e.bits() == 0);
    }
}
