//! What the program says of captures written here, whose truth is known: `netverdict capture`, and suites with files.

#![allow(clippy::unwrap_used, clippy::expect_used)]
// The captures are small: nothing is cut off.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]

mod balancing;
mod bundles;
mod directions;
mod failing_over;
mod flow_labels;
mod interfaces;
mod measuring;
mod program;
mod round_robin;
mod vpn_labels;
mod writer;
