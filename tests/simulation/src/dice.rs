//! Numbers from a seed: the same seed, the same numbers, on every machine.

/// A stream of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The stream of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed ^ 0x6c69_6e6c_6900_0000)
    }

    /// A stream of its own, so that what one part rolls does not move the others.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `first` to `last`, both included.
    pub fn range(&mut self, first: i64, last: i64) -> i64 {
        let width = u64::try_from(last - first).unwrap() + 1;
        first + i64::try_from(self.next() % width).unwrap()
    }

    /// A place in a list of so many.
    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.range(0, i64::try_from(count).unwrap() - 1)).unwrap()
    }

    /// True `permille` times in a thousand.
    pub fn chance(&mut self, permille: i64) -> bool {
        self.range(0, 999) < permille
    }

    /// One of a list.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// An id that is the same for the same seed.
    pub fn id(&mut self) -> uuid::Uuid {
        let (high, low) = (u128::from(self.next()), u128::from(self.next()));
        uuid::Builder::from_random_bytes(((high << 64) | low).to_be_bytes()).into_uuid()
    }
}
