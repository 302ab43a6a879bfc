//! The labels of pseudowires by which captures are read, their values filled in.

use super::fill::{Values, fill};
use crate::diagnostic::Diagnostics;
use crate::source::Written;
use crate::study::Pseudowires;

/// Labels below are reserved (RFC 3032), and labels have 20 bits.
const LABELS: std::ops::Range<u32> = 16..1 << 20;

/// The labels of each VSI. One label of two VSIs would count the flows of one for the other.
pub(super) fn plan_pseudowires(
    written: &[(Written, Vec<Written>)],
    values: Values<'_>,
    mistakes: &mut Diagnostics,
) -> Vec<Pseudowires> {
    let mut planned: Vec<Pseudowires> = Vec::new();
    for (vsi, written) in written {
        let Some(vsi) = fill(vsi, values, mistakes) else {
            continue;
        };
        let mut labels = Vec::with_capacity(written.len());
        for label in written {
            let Some(filled) = fill(label, values, mistakes) else {
                continue;
            };
            let whole = 0..filled.text.len();
            let Some(label) = filled.text.trim().parse().ok().filter(|label| LABELS.contains(label)) else {
                mistakes.push(
                    filled
                        .mistake(whole, format!("`{}` is no label of a pseudowire", filled.text))
                        .label(format!("expected a number from {} to {}", LABELS.start, LABELS.end - 1)),
                );
                continue;
            };
            let known = planned.iter().find(|known| known.labels.contains(&label));
            if let Some(known) = known.filter(|known| known.vsi != vsi.text) {
                let message = format!("label {label} is one of VSI {} already", known.vsi);
                mistakes.push(filled.mistake(whole, message));
                continue;
            }
            labels.push(label);
        }
        planned.push(Pseudowires { vsi: vsi.text, labels });
    }
    planned
}
