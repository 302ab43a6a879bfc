//! The statistics of balance: tolerances follow from the number of flows, never from a constant.

use statrs::distribution::{ChiSquared, ContinuousCDF, DiscreteCDF, Normal, Poisson};

/// Below so many expected on a link, χ² is not χ²-distributed and chances are simulated.
const LEAST_EXPECTED: f64 = 5.0;
/// So many simulated draws.
const DRAWS: u32 = 5_000;

/// The quantile of the standard normal distribution.
pub(super) fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability.clamp(1e-300, 1.0 - 1e-16))
}

/// The relative deviation of a link's share that chance exceeds on any of `links` links with probability `alpha`, for
/// `flows` flows and equal shares: `z(1−α/2k)·√((k−1)/n)`.
pub fn tolerance(flows: f64, links: u16, alpha: f64) -> f64 {
    if flows <= 0.0 || links < 2 {
        return f64::INFINITY;
    }
    let links = f64::from(links);
    normal_quantile(1.0 - alpha / (2.0 * links)) * ((links - 1.0) / flows).sqrt()
}

/// Flows for which the tolerance is `deviation`.
pub fn flows_needed(deviation: f64, links: u16, alpha: f64) -> u64 {
    if deviation <= 0.0 || links < 2 {
        return u64::MAX;
    }
    let count = f64::from(links);
    let quantile = normal_quantile(1.0 - alpha / (2.0 * count));
    ((count - 1.0) * (quantile / deviation).powi(2)).ceil() as u64
}

/// How many equal flows carry as much information as flows of these sizes: `(Σw)²/Σw²`.
pub fn effective_number(sizes: impl IntoIterator<Item = u64>) -> f64 {
    let (mut sum, mut squares) = (0.0_f64, 0.0_f64);
    for size in sizes {
        let size = size as f64;
        sum += size;
        squares += size * size;
    }
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Wilson's interval for a proportion, two-sided at `alpha`.
pub fn wilson(hits: u64, of: u64, alpha: f64) -> (f64, f64) {
    if of == 0 {
        return (0.0, 1.0);
    }
    let quantile = normal_quantile(1.0 - alpha / 2.0);
    let (hits, of) = (hits as f64, of as f64);
    let share = hits / of;
    let square = quantile * quantile / of;
    let middle = (share + square / 2.0) / (1.0 + square);
    let half = quantile / (1.0 + square) * (share * (1.0 - share) / of + square / (4.0 * of)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// χ² of counts against shares.
pub(super) fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let total: u64 = counts.iter().sum();
    counts
        .iter()
        .zip(shares)
        .map(|(count, share)| {
            let expected = total as f64 * share;
            if expected > 0.0 {
                (*count as f64 - expected).powi(2) / expected
            } else {
                0.0
            }
        })
        .sum()
}

/// The chances of a χ² at least and at most as great as that of these counts, if every item picks its link by chance
/// with these shares.
pub(super) fn chances(counts: &[u64], shares: &[f64]) -> (f64, f64) {
    let total: u64 = counts.iter().sum();
    let statistic = chi_square(counts, shares);
    let enough = shares.iter().all(|share| total as f64 * share >= LEAST_EXPECTED);
    if enough || total > 100_000 {
        let degrees = counts.len().saturating_sub(1);
        let (above, _) = chi_square_chances(statistic, degrees);
        // Counts are whole: as even as these is what lies within half an item of them.
        let within: f64 = counts
            .iter()
            .zip(shares)
            .map(|(count, share)| {
                let expected = (total as f64 * share).max(f64::MIN_POSITIVE);
                ((*count as f64 - expected).abs() + 0.5).powi(2) / expected
            })
            .sum();
        return (above, chi_square_chances(within, degrees).1);
    }
    simulated(total, shares, statistic)
}

/// The chance of at least so many where so many are expected, each rare and by itself.
pub(super) fn poisson_at_least(count: u64, expected: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    // Nothing is expected where the expectation cannot be told from none.
    Poisson::new(expected.max(1e-300)).map_or(1.0, |distribution| distribution.sf(count - 1))
}

/// The chances of a χ² at least and at most this great.
pub(super) fn chi_square_chances(statistic: f64, degrees: usize) -> (f64, f64) {
    match ChiSquared::new(degrees as f64) {
        Ok(distribution) if statistic.is_finite() => (distribution.sf(statistic), distribution.cdf(statistic)),
        _ => (1.0, 1.0),
    }
}

/// The chances by simulation, always with the same draws.
fn simulated(total: u64, shares: &[f64], statistic: f64) -> (f64, f64) {
    let mut draws = Draws(0x9e37_79b9_7f4a_7c15);
    let (mut above, mut below) = (0_u32, 0_u32);
    let mut counts = vec![0_u64; shares.len()];
    // Few items only come here; the work is bounded all the same.
    let draws_made = DRAWS.min((20_000_000 / total.max(1)).clamp(200, u64::from(DRAWS)) as u32);
    for _ in 0..draws_made {
        counts.fill(0);
        for _ in 0..total {
            let mut point = draws.unit();
            let mut chosen = shares.len().saturating_sub(1);
            for (link, share) in shares.iter().enumerate() {
                if point < *share {
                    chosen = link;
                    break;
                }
                point -= share;
            }
            if let Some(count) = counts.get_mut(chosen) {
                *count += 1;
            }
        }
        let drawn = chi_square(&counts, shares);
        above += u32::from(drawn >= statistic - 1e-9);
        below += u32::from(drawn <= statistic + 1e-9);
    }
    let share = |count: u32| f64::from(count + 1) / f64::from(draws_made + 1);
    (share(above), share(below))
}

/// SplitMix64: a fixed stream of numbers, so that the same capture always gives the same answer.
struct Draws(u64);

impl Draws {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_needed_for_a_quarter() {
        assert_eq!(flows_needed(0.25, 2, 1e-3), 194);
        assert_eq!(flows_needed(0.25, 4, 1e-3), 644);
        assert!((1_646..=1_650).contains(&flows_needed(0.25, 8, 1e-3)));
        assert!((tolerance(194.0, 2, 1e-3) - 0.25).abs() < 0.001);
    }

    #[test]
    fn one_elephant_is_one_flow() {
        assert!((effective_number(vec![10; 50]) - 50.0).abs() < 1e-9);
        assert!(effective_number([1, 1, 1, 1_000_000]) < 1.01);
        assert!(effective_number([]).abs() < 1e-9);
    }

    #[test]
    fn wilson_contains_the_share() {
        let (low, high) = wilson(20, 20, 0.05);
        assert!((low - 0.8389).abs() < 1e-3 && high > 0.999_999, "{low} {high}");
        assert_eq!(wilson(0, 0, 0.05), (0.0, 1.0));
    }

    #[test]
    fn chances_of_few_and_of_many() {
        let even = [0.5, 0.5];
        let (above, _) = chances(&[600, 400], &even);
        assert!(above < 1e-9, "{above}");
        let (above, below) = chances(&[500, 500], &even);
        // 1000 over 500, times 2⁻¹⁰⁰⁰.
        assert!(above > 0.99 && (below - 0.0252).abs() < 1e-3, "{above} {below}");
        // Four of four on one link: 2 of 16 outcomes.
        let (above, _) = chances(&[4, 0], &even);
        assert!((above - 0.125).abs() < 0.01, "{above}");
    }
}
