//! Assertions about ping and traceroute.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::super::condition::Condition;
use super::super::count::Count;
use super::super::timing::duration;
use super::rows::joined_by_and;
use super::{in_vrf, joined};
use crate::value::Vrf;

/// What must be true of a ping.
#[derive(Debug, Clone, PartialEq)]
pub enum PingTest {
    /// No more is lost than this, and, where given, the mean round trip is shorter than this.
    Loses {
        /// Percent of the requests.
        at_most: f64,
        /// Mean round trip.
        average_below: Option<Duration>,
    },
    /// Nothing comes back.
    LosesEverything,
    /// All these conditions are true of the result.
    Has(Vec<Condition>),
}

/// An assertion about a ping.
#[derive(Debug, Clone, PartialEq)]
pub struct PingAssertion {
    /// Target.
    pub target: IpAddr,
    /// VPN instance that it is sent in.
    pub vrf: Vrf,
    /// What must be true of it.
    pub test: PingTest,
}

impl fmt::Display for PingAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ping {}{} ", self.target, in_vrf(&self.vrf))?;
        match &self.test {
            PingTest::Loses { at_most, average_below } => {
                if *at_most == 0.0 {
                    f.write_str("loses nothing")?;
                } else {
                    write!(f, "loses at most {at_most} %")?;
                }
                if let Some(below) = average_below {
                    write!(f, " and averages below {}", duration(*below))?;
                }
                Ok(())
            }
            PingTest::LosesEverything => f.write_str("loses everything"),
            PingTest::Has(conditions) => {
                write!(f, "has {}", joined_by_and(conditions.iter().map(Condition::after_has)))
            }
        }
    }
}

/// How the addresses that answered at a hop must relate to those named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HopTest {
    /// Every answer is from one of these.
    Is,
    /// No answer is from any of these.
    IsNot,
    /// Each of these answered.
    Shows,
}

/// What must be true of a traceroute.
#[derive(Debug, Clone, PartialEq)]
pub enum TracerouteTest {
    /// Who answers at a hop.
    Hop {
        /// The hop's TTL.
        ttl: u64,
        /// How the answers relate to the addresses.
        test: HopTest,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
    /// The target answers, at this many hops where given.
    Reaches(Option<Count>),
    /// All these conditions are true of the result.
    Has(Vec<Condition>),
}

/// An assertion about a traceroute.
#[derive(Debug, Clone, PartialEq)]
pub struct TracerouteAssertion {
    /// Target.
    pub target: IpAddr,
    /// VPN instance that it is sent in.
    pub vrf: Vrf,
    /// What must be true of it.
    pub test: TracerouteTest,
}

impl fmt::Display for TracerouteAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "traceroute {}{} ", self.target, in_vrf(&self.vrf))?;
        match &self.test {
            TracerouteTest::Hop { ttl, test, addresses } => {
                let (verb, last) = match test {
                    HopTest::Is => ("is", "or"),
                    HopTest::IsNot => ("is not", "or"),
                    HopTest::Shows => ("shows", "and"),
                };
                write!(f, "hop {ttl} {verb} {}", joined(addresses, last))
            }
            TracerouteTest::Reaches(None) => f.write_str("reaches"),
            TracerouteTest::Reaches(Some(count)) => write!(f, "reaches in {}", count.of("hop", "hops")),
            TracerouteTest::Has(conditions) => {
                write!(f, "has {}", joined_by_and(conditions.iter().map(Condition::after_has)))
            }
        }
    }
}
