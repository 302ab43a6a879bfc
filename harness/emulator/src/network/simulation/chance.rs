//! Chance that is the same in every run: a hash of the seed and of what is asked for.

/// A number that depends on all of its parts and on nothing else (splitmix64 over each in turn).
pub fn draw(parts: &[u64]) -> u64 {
    parts
        .iter()
        .fold(0x9e37_79b9_7f4a_7c15, |state, part| mix(state ^ mix(*part)))
}

/// The same as a fraction, 0 included and 1 not.
pub fn fraction(parts: &[u64]) -> f64 {
    // 53 bits are what a double holds.
    (draw(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The seed of something that has a name.
pub fn seed_of(seed: u64, name: &str) -> u64 {
    name.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)))
}

fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
