//! How evenly links are used, beyond what chance explains.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::BalanceSettings;
use super::statistics::{chances, chi_square, normal_quantile};
use crate::Verdict;

/// Counts on links, judged by chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evenness {
    /// What was counted on each link: flows under balancing per flow, packets under balancing per packet.
    pub counts: Vec<u64>,
    /// χ² against the expected shares.
    pub chi_square: f64,
    /// The chance of a balance at least as uneven, if links are chosen at random.
    pub chance: f64,
    /// The chance of a balance at least as even: a tiny one shows that links are not chosen at random.
    pub chance_more_even: f64,
    /// The greatest relative deviation of a link from its share.
    pub deviation: f64,
    /// The deviation that chance exceeds on any link with the stated error: the tolerance.
    pub tolerance: f64,
    /// Coefficient of variation; χ² = n·CV² for equal shares.
    pub variation: f64,
    /// Jain's index, n/(n+χ²) for equal shares.
    pub jain: f64,
    /// Links with nothing on them.
    pub unused: Vec<u16>,
    /// Items needed to rule out the stated imbalance.
    pub needed: u64,
    /// Whether the balance is even: fails beyond the tolerance, passes where the stated imbalance is ruled out.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

impl Evenness {
    /// Judges counts of independent choices.
    pub fn of(counts: &[u64], settings: &BalanceSettings) -> Self {
        let shares = settings.shares();
        let total: u64 = counts.iter().sum();
        let links = counts.len().max(1) as f64;
        let statistic = chi_square(counts, &shares);
        let (chance, chance_more_even) = chances(counts, &shares);
        let quantile = normal_quantile(1.0 - settings.alpha_balance / (2.0 * links));
        let mut deviation = 0.0_f64;
        let mut widest = 0.0_f64;
        for (count, share) in counts.iter().zip(&shares) {
            let expected = total as f64 * share;
            if expected > 0.0 {
                deviation = deviation.max((*count as f64 - expected).abs() / expected);
                widest = widest.max(((1.0 - share) / expected).sqrt());
            }
        }
        let tolerance = if total == 0 { f64::MAX } else { quantile * widest };
        let least_share = shares.iter().copied().fold(1.0, f64::min).max(1e-9);
        let needed = ((1.0 - least_share) / least_share * ((quantile + 2.0) / settings.imbalance.max(1e-6)).powi(2))
            .ceil() as u64;
        let unused: Vec<u16> = counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count == 0)
            .filter_map(|(link, _)| u16::try_from(link).ok())
            .collect();
        let mean = total as f64 / links;
        let variance = counts.iter().map(|count| (*count as f64 - mean).powi(2)).sum::<f64>() / links;
        let squares: f64 = counts.iter().map(|count| (*count as f64).powi(2)).sum();
        let numbers = format!(
            "{total} on {} links, greatest deviation {:.1} %, tolerance {:.1} % at α = {}",
            counts.len(),
            deviation * 100.0,
            (tolerance * 100.0).min(1e6),
            settings.alpha_balance
        );
        let (verdict, reason) = if counts.len() < 2 || total == 0 {
            let text = format!("{total} on {} links: nothing to compare", counts.len());
            (Verdict::Inconclusive, text)
        } else if chance < settings.alpha_balance {
            (Verdict::Fail, format!("{numbers}: chance {chance:.2e}"))
        } else if deviation + tolerance <= settings.imbalance {
            (Verdict::Pass, numbers)
        } else {
            (
                Verdict::Inconclusive,
                format!(
                    "{numbers}: an imbalance of {:.0} % is not ruled out, about {needed} would be needed",
                    settings.imbalance * 100.0
                ),
            )
        };
        Self {
            counts: counts.to_vec(),
            chi_square: statistic,
            chance,
            chance_more_even,
            deviation,
            tolerance,
            variation: if mean > 0.0 { variance.sqrt() / mean } else { 0.0 },
            jain: if squares > 0.0 {
                (total as f64).powi(2) / (links * squares)
            } else {
                0.0
            },
            unused,
            needed,
            verdict,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_to_forty_is_never_even() {
        let settings = BalanceSettings::equal(2);
        for (total, expected) in [
            (50, Verdict::Inconclusive),
            (200, Verdict::Inconclusive),
            (1_000, Verdict::Fail),
        ] {
            let even = Evenness::of(&[total * 6 / 10, total * 4 / 10], &settings);
            assert_eq!(even.verdict, expected, "{total}: {}", even.reason);
        }
        assert_eq!(Evenness::of(&[505, 495], &settings).verdict, Verdict::Pass);
        assert_eq!(Evenness::of(&[51, 49], &settings).verdict, Verdict::Inconclusive);
        assert_eq!(Evenness::of(&[0, 0], &settings).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn unequal_shares() {
        let settings = BalanceSettings {
            weights: vec![3.0, 1.0],
            ..BalanceSettings::equal(2)
        };
        assert_eq!(Evenness::of(&[7_500, 2_500], &settings).verdict, Verdict::Pass);
        assert_eq!(Evenness::of(&[5_000, 5_000], &settings).verdict, Verdict::Fail);
    }

    #[test]
    fn identities_of_jain_and_variation() {
        let counts = [30, 20, 25, 41];
        let even = Evenness::of(&counts, &BalanceSettings::equal(4));
        let total = 116.0;
        assert!((even.variation.powi(2) - even.chi_square / total).abs() < 1e-9);
        assert!((even.jain - total / (total + even.chi_square)).abs() < 1e-9);
    }
}
