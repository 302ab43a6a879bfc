//! Which of several BGP paths is the best, in VRP's order, and why; and which are equal to it.

use std::cmp::Ordering;
use std::net::Ipv4Addr;

use super::rib::Via;
use crate::interface_name::InterfaceName;

/// A path to a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The peer that sent it: address, router ID, and whether it is of another AS. None for a local route.
    pub from: Option<Sender>,
    /// Next hop; 0.0.0.0 for a local route.
    pub next_hop: Ipv4Addr,
    /// The ASs that it came through, the nearest first.
    pub as_path: Vec<u32>,
    /// Where it was brought into BGP.
    pub origin: Origin,
    /// Multi-exit discriminator.
    pub med: u32,
    /// Local preference.
    pub local_preference: u32,
    /// What it is as a VPN route, if it came as one.
    pub vpn: Option<VpnAttributes>,
    /// Cost of the way to the next hop.
    pub igp_cost: u32,
    /// How packets are sent on; none for a local route.
    pub resolved: Option<(Option<InterfaceName>, Via)>,
}

/// The peer that sent a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// Its address.
    pub address: Ipv4Addr,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// Whether it is of another AS.
    pub external: bool,
}

/// What a VPNv4 route carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpnAttributes {
    /// Route distinguisher.
    pub route_distinguisher: String,
    /// Route targets.
    pub targets: Vec<String>,
    /// The label of the instance at the next hop.
    pub label: u32,
}

/// The origin attribute, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A `network` line.
    Igp,
    /// `import-route`.
    Incomplete,
}

/// The rule that decided between two paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The larger local preference.
    LocalPreference,
    /// A local route.
    Local,
    /// The shorter AS path.
    AsPath,
    /// The better origin.
    Origin,
    /// The smaller MED, from the same neighbouring AS.
    Med,
    /// A peer of another AS before one of the same.
    External,
    /// The smaller cost to the next hop.
    IgpCost,
    /// The smaller router ID.
    RouterId,
    /// The smaller peer address.
    PeerAddress,
}

/// Compares two paths to the same prefix: `Less` if the first is better, with the rule that decided.
pub fn compare(a: &Path, b: &Path) -> (Ordering, Reason) {
    let same_neighbour_as = a.as_path.first() == b.as_path.first();
    let internal = |path: &Path| path.from.is_some_and(|from| !from.external);
    let steps = [
        (b.local_preference.cmp(&a.local_preference), Reason::LocalPreference),
        (a.from.is_some().cmp(&b.from.is_some()), Reason::Local),
        (a.as_path.len().cmp(&b.as_path.len()), Reason::AsPath),
        (a.origin.cmp(&b.origin), Reason::Origin),
        (
            if same_neighbour_as {
                a.med.cmp(&b.med)
            } else {
                Ordering::Equal
            },
            Reason::Med,
        ),
        (internal(a).cmp(&internal(b)), Reason::External),
        (a.igp_cost.cmp(&b.igp_cost), Reason::IgpCost),
        (
            a.from
                .map(|from| from.router_id)
                .cmp(&b.from.map(|from| from.router_id)),
            Reason::RouterId,
        ),
    ];
    let decisive = steps.into_iter().find(|(ordering, _)| *ordering != Ordering::Equal);
    decisive.unwrap_or_else(|| {
        let address = |path: &Path| path.from.map(|from| from.address);
        (address(a).cmp(&address(b)), Reason::PeerAddress)
    })
}

/// Puts the best path first, those that share its load behind it, and drops the others.
///
/// The comparison of MEDs within one AS alone is not transitive; the paths are taken by peer address, so that the
/// result does not depend on who spoke first.
pub fn select(mut paths: Vec<Path>, largest_ibgp: usize, largest_ebgp: usize) -> Vec<Path> {
    paths.sort_by_key(|path| (path.from.map(|from| from.address), path.next_hop));
    let best = paths
        .iter()
        .reduce(|best, path| {
            if compare(path, best).0 == Ordering::Less {
                path
            } else {
                best
            }
        })
        .cloned();
    let Some(best) = best else {
        return Vec::new();
    };
    let largest = match best.from {
        None => 1,
        Some(from) if from.external => largest_ebgp,
        Some(_) => largest_ibgp,
    };
    let shares = |path: &&Path| {
        **path != best
            && path.next_hop != best.next_hop
            && path.as_path == best.as_path
            && matches!(compare(path, &best).1, Reason::RouterId | Reason::PeerAddress)
    };
    let mut others: Vec<Path> = paths.iter().filter(shares).cloned().collect();
    others.sort_by(|a, b| compare(a, b).0);
    let mut selected = vec![best];
    selected.extend(others);
    selected.truncate(largest.max(1));
    selected
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn path(address: u8) -> Path {
        Path {
            from: Some(Sender {
                address: Ipv4Addr::new(10, 0, 0, address),
                router_id: Ipv4Addr::new(1, 1, 1, address),
                external: true,
            }),
            next_hop: Ipv4Addr::new(10, 0, 0, address),
            as_path: vec![65001],
            origin: Origin::Incomplete,
            med: 10,
            local_preference: 100,
            vpn: None,
            igp_cost: 10,
            resolved: None,
        }
    }

    /// Each rule decides though all later ones would decide otherwise.
    #[rstest]
    #[case(|better: &mut Path| better.local_preference = 200, Reason::LocalPreference)]
    #[case(|better: &mut Path| better.from = None, Reason::Local)]
    #[case(|better: &mut Path| better.as_path.clear(), Reason::AsPath)]
    #[case(|better: &mut Path| better.origin = Origin::Igp, Reason::Origin)]
    #[case(|better: &mut Path| better.med = 0, Reason::Med)]
    #[case(|better: &mut Path| better.igp_cost = 1, Reason::IgpCost)]
    #[case(|_: &mut Path| {}, Reason::RouterId)]
    fn the_rules_decide_in_vrps_order(#[case] improve: fn(&mut Path), #[case] reason: Reason) {
        let other = path(1);
        let mut better = path(2);
        improve(&mut better);
        let (first, second) = match reason {
            Reason::RouterId => (&other, &better),
            _ => (&better, &other),
        };
        assert_eq!(compare(first, second), (Ordering::Less, reason));
        assert_eq!(compare(second, first), (Ordering::Greater, reason));
    }

    #[test]
    fn meds_of_different_neighbours_are_not_compared() {
        let (low, mut high) = (path(2), path(1));
        high.as_path = vec![65002];
        high.med = 99;
        assert_eq!(compare(&high, &low).1, Reason::RouterId);
    }

    #[test]
    fn a_peer_of_another_as_is_preferred_and_does_not_share_with_one_of_the_same() {
        let mut internal = path(1);
        internal.from = internal.from.map(|from| Sender {
            external: false,
            ..from
        });
        assert_eq!(compare(&path(2), &internal), (Ordering::Less, Reason::External));
        assert_eq!(select(vec![internal, path(2)], 8, 8), [path(2)]);
        assert_eq!(select(vec![path(3), path(2), path(4)], 8, 2), [path(2), path(3)]);
    }
}
