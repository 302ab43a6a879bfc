//! Who is linked to whom, and which VPN is where.
//!
//! Core routers stand in a ring with chords; every other provider's router is joined to two of them.

use std::collections::BTreeSet;

use super::{MOST_SITES, MOST_VPNS, NetworkPlan, PlanError, ROUTERS, Role};
use crate::network::draw;

/// Where the draws of one kind begin, so that they do not depend on those of another.
const CHORD: u64 = 1;
const HOME: u64 = 2;
const SITE: u64 = 3;

/// Devices by role and number, links by device, VPNs by PE.
pub struct Topology {
    /// The role of each provider's router.
    pub roles: Vec<Role>,
    /// Links between provider's routers.
    pub links: Vec<[usize; 2]>,
    /// Router → PE index of each site, by VPN.
    pub sites: Vec<Vec<usize>>,
    /// How many sites of each VPN have a customer's router.
    pub customers: usize,
}

impl Topology {
    /// The topology of a plan.
    pub fn of(plan: &NetworkPlan) -> Result<Self, PlanError> {
        if !ROUTERS.contains(&plan.routers) {
            return Err(PlanError::Routers(plan.routers));
        }
        if plan.reflectors && plan.routers < 6 {
            return Err(PlanError::Reflectors(plan.routers));
        }
        if plan.vpns > MOST_VPNS {
            return Err(PlanError::Vpns(plan.vpns));
        }
        let reflectors = if plan.reflectors { 2 } else { 0 };
        let core = ((plan.routers - reflectors) / 4).max(2);
        let pes = plan.routers - reflectors - core;
        let sites = plan.sites.unwrap_or_else(|| pes.min(8));
        if sites == 0 || sites > pes {
            return Err(PlanError::Sites {
                sites,
                pes,
                routers: plan.routers,
            });
        }
        if sites * plan.vpns > MOST_SITES {
            return Err(PlanError::AllSites(sites * plan.vpns));
        }
        if plan.customers > sites {
            return Err(PlanError::Customers {
                customers: plan.customers,
                sites,
            });
        }
        let first_pe = core + reflectors;
        let roles = (0..plan.routers).map(|router| match router {
            router if router < core => Role::Core,
            router if router < first_pe => Role::Reflector,
            _ => Role::Edge,
        });
        Ok(Self {
            roles: roles.collect(),
            links: links(plan, core),
            sites: (0..plan.vpns)
                .map(|vpn| drawn(&[plan.seed, SITE, vpn as u64], first_pe..plan.routers, sites))
                .collect(),
            customers: plan.customers,
        })
    }
}

fn links(plan: &NetworkPlan, core: usize) -> Vec<[usize; 2]> {
    let mut links = BTreeSet::new();
    for router in 0..core {
        let next = (router + 1) % core;
        links.insert([router.min(next), router.max(next)]);
    }
    for chord in 0..core / 2 {
        let ends = drawn(&[plan.seed, CHORD, chord as u64], 0..core, 2);
        if let [a, b] = ends[..] {
            links.insert([a.min(b), a.max(b)]);
        }
    }
    let mut links: Vec<[usize; 2]> = links.into_iter().collect();
    for router in core..plan.routers {
        let near = router % core;
        // The second home is another one.
        let far = drawn(&[plan.seed, HOME, router as u64], 0..core, 2);
        let far = far.into_iter().find(|far| *far != near);
        links.push([near, router]);
        links.extend(far.map(|far| [far, router]));
    }
    links
}

/// So many of a range, none twice, by chance alone, in ascending order.
fn drawn(parts: &[u64], range: std::ops::Range<usize>, count: usize) -> Vec<usize> {
    let mut ranked: Vec<(u64, usize)> = range
        .map(|candidate| {
            let mut parts = parts.to_vec();
            parts.push(candidate as u64);
            (draw(&parts), candidate)
        })
        .collect();
    ranked.sort_unstable();
    let mut chosen: Vec<usize> = ranked.into_iter().take(count).map(|(_, candidate)| candidate).collect();
    chosen.sort_unstable();
    chosen
}
