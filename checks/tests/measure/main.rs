//! Measuring against known truth.
#![allow(clippy::cast_possible_wrap, clippy::unwrap_used)]

mod balances;
mod failovers;
mod files;
mod generator;
mod guards;
mod hidden;
mod outages;
mod real_failover;
mod sprays;
