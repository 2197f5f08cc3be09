//! Random numbers from a seed that is printed, so that a failure can be repeated.

/// A small generator (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// Makes a generator from `LANDLINE_SEED`, or from a fresh seed; prints it.
    pub fn announced(what: &str) -> Self {
        let seed = std::env::var("LANDLINE_SEED").ok().and_then(|seed| seed.parse().ok());
        let (fresh, _) = uuid::Uuid::new_v4().as_u64_pair();
        let seed = seed.unwrap_or(fresh);
        println!("{what}: LANDLINE_SEED={seed}");
        Self(seed)
    }

    /// Makes a generator of a seed.
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound.max(1)
    }

    /// Returns true once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Returns one of `items`.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let index = usize::try_from(self.below(items.len() as u64)).expect("small");
        &items[index]
    }
}
