//! Measuring against known truth.
#![allow(clippy::cast_possible_wrap)]

mod balances;
mod generator;
mod guards;
mod outages;
mod real_failover;
