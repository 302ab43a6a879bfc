//! What is expected of load balancing, and how sure a statement has to be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Links, and the error levels of statements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BalanceSettings {
    /// Links to balance over, numbered from 0 as lanes.
    pub links: u16,
    /// Shares of the links where they are unequal (UCMP), in any unit; empty for equal shares.
    pub weights: Vec<f64>,
    /// The chance of naming a mode wrongly.
    pub alpha_mode: f64,
    /// The chance of calling an even balance uneven.
    pub alpha_balance: f64,
    /// A balance passes if a relative deviation of any link's share by this much is ruled out.
    pub imbalance: f64,
    /// Spans (nanoseconds) around changes of the network, which are left out. Flows may use other links after each.
    pub excluded: Vec<(i64, i64)>,
}

impl BalanceSettings {
    /// Equal shares of so many links, one error in a million for the mode, one in a thousand for the balance, and
    /// deviations of a fifth to be ruled out.
    pub fn equal(links: u16) -> Self {
        Self {
            links,
            weights: Vec::new(),
            alpha_mode: 1e-6,
            alpha_balance: 1e-3,
            imbalance: 0.2,
            excluded: Vec::new(),
        }
    }

    /// The share of each link; they add up to one. Weights that make no sense count as equal.
    pub fn shares(&self) -> Vec<f64> {
        let links = usize::from(self.links);
        let total: f64 = self.weights.iter().sum();
        let sound = self.weights.len() == links
            && self.weights.iter().all(|weight| weight.is_finite() && *weight > 0.0)
            && total.is_finite();
        if sound {
            self.weights.iter().map(|weight| weight / total).collect()
        } else {
            vec![1.0 / f64::from(self.links.max(1)); links]
        }
    }

    /// ln(1/α) for the mode.
    pub(super) fn evidence_demanded(&self) -> f64 {
        -self.alpha_mode.clamp(1e-300, 0.5).ln()
    }
}
