//! The wall clock and the random numbers of a host. Guests have them by WASI and not by an ABI.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, SystemTime};

use super::Exchange;

impl Exchange {
    /// The time since 1970-01-01T00:00:00Z: what the test settings say, or what it is. `None` where the
    /// clock of this machine is before that.
    #[must_use]
    pub fn wall_clock(&self) -> Option<Duration> {
        self.settings.test.clock.or_else(|| SystemTime::UNIX_EPOCH.elapsed().ok())
    }

    /// Whether random numbers are made of a seed of the test settings.
    #[must_use]
    pub fn has_random_seed(&self) -> bool {
        self.settings.test.random_seed.is_some()
    }

    /// Fills a buffer with random bytes for tests: made of the seed, or else such as no other exchange has.
    /// They are no secrets.
    pub fn fill_random(&mut self, buffer: &mut [u8]) {
        let seed = self.settings.test.random_seed;
        let state = self
            .random_state
            .get_or_insert_with(|| seed.unwrap_or_else(|| RandomState::new().hash_one(0)));
        for chunk in buffer.chunks_mut(size_of::<u64>()) {
            chunk.copy_from_slice(&next(state).to_le_bytes()[..chunk.len()]);
        }
    }
}

/// The next number after a state: SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut number = *state;
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{InstanceSettings, TestSettings};

    fn random(random_seed: Option<u64>) -> [u8; 20] {
        let test = TestSettings { random_seed, ..TestSettings::default() };
        let mut exchange = Exchange::new(InstanceSettings { test, ..InstanceSettings::default() });
        let mut bytes = [0; 20];
        let (first, rest) = bytes.split_at_mut(8);
        exchange.fill_random(first);
        exchange.fill_random(rest);
        bytes
    }

    #[test]
    fn numbers_of_a_seed_are_the_same_and_others_are_not() {
        // The first two numbers of the reference implementation for the seed 1234567.
        let reference = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973];
        assert_eq!(random(Some(1_234_567))[..16], reference.map(u64::to_le_bytes).concat());
        assert_eq!(random(Some(7)), random(Some(7)));
        assert_ne!(random(Some(7)), random(Some(8)));
        assert_ne!(random(None), random(None));
    }

    #[test]
    fn the_clock_shows_what_it_is_told_or_the_time() {
        let clock = Some(Duration::from_secs(1_767_225_600));
        let test = TestSettings { clock, ..TestSettings::default() };
        let exchange = Exchange::new(InstanceSettings { test, ..InstanceSettings::default() });
        assert_eq!(exchange.wall_clock(), clock);
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let shown = Exchange::default().wall_clock().unwrap();
        assert!(shown >= now && shown < now + Duration::from_secs(60));
    }
}
