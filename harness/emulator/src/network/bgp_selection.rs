//! Which of several BGP paths is the best, in VRP's order, and why; which share its load, and which stands by.

use std::cmp::Ordering;
use std::net::Ipv4Addr;

use super::bgp_path::Path;

/// A path with its place among those to the same prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The path.
    pub path: Path,
    /// What becomes of it.
    pub standing: Standing,
    /// The rule by which it lost against the best path; none for that, and for one whose next hop cannot be reached.
    pub reason: Option<Reason>,
}

impl Ranked {
    /// Whether packets are sent along it.
    pub fn is_selected(&self) -> bool {
        matches!(self.standing, Standing::Best | Standing::Shares)
    }
}

/// What becomes of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is used and told to peers.
    Best,
    /// It is used beside the best.
    Shares,
    /// It is used when all that are used fail (`auto-frr`).
    Backup,
    /// It is not used.
    Lost,
    /// Its next hop cannot be reached.
    Invalid,
}

/// The rule that decided between two paths, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The larger preferred value.
    PreferredValue,
    /// The larger local preference.
    LocalPreference,
    /// A route of the device itself; of these a `network` before an imported one.
    Local,
    /// The shorter AS path.
    AsPath,
    /// The better origin.
    Origin,
    /// The smaller MED, from the same neighbouring AS.
    Med,
    /// A peer of another AS before one of the same.
    External,
    /// A route of the instance itself before one that crossed from another instance of the device, and that before one
    /// from another device.
    Crossing,
    /// The smaller cost to the next hop.
    IgpCost,
    /// The shorter list of clusters.
    ClusterList,
    /// The smaller originator or router ID.
    RouterId,
    /// The smaller peer address.
    PeerAddress,
}

/// How a family chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a line of its own in the configuration"
)]
pub struct Choice {
    /// How many equal routes of peers of the same AS are used.
    pub largest_ibgp: usize,
    /// How many equal routes of peers of other ASs are used.
    pub largest_ebgp: usize,
    /// How many are used together whatever AS their peers are of.
    pub largest_eibgp: Option<usize>,
    /// A second path is kept ready.
    pub auto_frr: bool,
    /// The cost to the next hop does not keep paths from sharing.
    pub share_whatever_igp_cost: bool,
    /// AS paths need not be the same to share: their length must be.
    pub share_as_paths_of_same_length: bool,
    /// AS paths do not keep paths from sharing.
    pub share_whatever_as_path: bool,
    /// MEDs are compared whatever the neighbouring AS.
    pub compare_different_as_med: bool,
    /// The length of AS paths is not compared.
    pub ignore_as_path: bool,
    /// The cost to the next hop is not compared.
    pub ignore_igp_cost: bool,
    /// Router IDs are not compared, but peer addresses.
    pub ignore_router_id: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            largest_ibgp: 1,
            largest_ebgp: 1,
            largest_eibgp: None,
            auto_frr: false,
            share_whatever_igp_cost: false,
            share_as_paths_of_same_length: false,
            share_whatever_as_path: false,
            compare_different_as_med: false,
            ignore_as_path: false,
            ignore_igp_cost: false,
            ignore_router_id: false,
        }
    }
}

impl Choice {
    /// One path and no more.
    pub fn single(self) -> Self {
        Self {
            largest_ibgp: 1,
            largest_ebgp: 1,
            largest_eibgp: None,
            auto_frr: false,
            ..self
        }
    }
}

/// Compares two paths to the same prefix: `Less` if the first is better, with the rule that decided.
pub fn compare(a: &Path, b: &Path, choice: &Choice) -> (Ordering, Reason) {
    let (x, y) = (&*a.attributes, &*b.attributes);
    let meds_compare = choice.compare_different_as_med || x.as_path.first() == y.as_path.first();
    let internal = |path: &Path| path.from.is_some_and(|from| !from.external);
    let is_local = |path: &Path| path.from.is_none() && path.vpn.is_none();
    let when = |asked: bool, ordering: Ordering| if asked { ordering } else { Ordering::Equal };
    let steps = [
        (b.preferred_value.cmp(&a.preferred_value), Reason::PreferredValue),
        (y.local_preference.cmp(&x.local_preference), Reason::LocalPreference),
        (is_local(b).cmp(&is_local(a)), Reason::Local),
        (
            when(!choice.ignore_as_path, x.as_path.len().cmp(&y.as_path.len())),
            Reason::AsPath,
        ),
        (x.origin.cmp(&y.origin), Reason::Origin),
        (when(meds_compare, x.med.cmp(&y.med)), Reason::Med),
        (internal(a).cmp(&internal(b)), Reason::External),
        (a.crossing.cmp(&b.crossing), Reason::Crossing),
        (
            when(!choice.ignore_igp_cost, a.igp_cost.cmp(&b.igp_cost)),
            Reason::IgpCost,
        ),
        (x.clusters.len().cmp(&y.clusters.len()), Reason::ClusterList),
        (
            when(!choice.ignore_router_id, identity(a).cmp(&identity(b))),
            Reason::RouterId,
        ),
    ];
    let decisive = steps.into_iter().find(|(ordering, _)| *ordering != Ordering::Equal);
    decisive.unwrap_or_else(|| {
        let address = |path: &Path| path.from.map(|from| from.address);
        let ordering = address(a)
            .cmp(&address(b))
            .then_with(|| (a.vpn, a.next_hop).cmp(&(b.vpn, b.next_hop)));
        (ordering, Reason::PeerAddress)
    })
}

/// The router ID that is compared: that of who brought the path into the AS.
fn identity(path: &Path) -> Option<Ipv4Addr> {
    let sender = path.from.map(|from| from.router_id);
    path.attributes.originator.or(sender)
}

/// Puts the best path first, those that share its load behind it, then the one that stands by, then all others.
///
/// The comparison of MEDs within one AS alone is not transitive; the paths are taken by peer address, so that the
/// result does not depend on who spoke first.
pub fn rank(paths: Vec<Path>, choice: &Choice) -> Vec<Ranked> {
    let is_usable = |path: &Path| path.resolved.is_some() || (path.from.is_none() && path.vpn.is_none());
    let (mut usable, mut invalid): (Vec<Path>, Vec<Path>) = paths.into_iter().partition(is_usable);
    let order = |path: &Path| (path.from.map(|from| from.address), path.vpn, path.next_hop);
    usable.sort_by_key(order);
    invalid.sort_by_key(order);
    let better = |a: usize, b: usize| match (usable.get(a), usable.get(b)) {
        (Some(x), Some(y)) if compare(y, x, choice).0 == Ordering::Less => b,
        _ => a,
    };
    let mut ranked = Vec::with_capacity(usable.len() + invalid.len());
    if let Some(best) = (0..usable.len()).reduce(better) {
        let best = usable.remove(best);
        ranked = with_others(best, usable, choice);
    }
    ranked.extend(invalid.into_iter().map(|path| Ranked {
        path,
        standing: Standing::Invalid,
        reason: None,
    }));
    ranked
}

fn with_others(best: Path, others: Vec<Path>, choice: &Choice) -> Vec<Ranked> {
    let reason = |path: &Path| compare(&best, path, choice).1;
    let mut others: Vec<Ranked> = others
        .into_iter()
        .map(|path| Ranked {
            standing: Standing::Lost,
            reason: Some(reason(&path)),
            path,
        })
        .collect();
    // The later a path lost, the nearer it is to the best.
    others.sort_by(|a, b| {
        b.reason
            .cmp(&a.reason)
            .then_with(|| compare(&a.path, &b.path, choice).0)
    });
    let is_external = |path: &Path| path.from.is_none_or(|from| from.external);
    let mut room = match (choice.largest_eibgp, best.from) {
        (_, None) if best.vpn.is_none() => 1,
        (Some(largest), _) => largest,
        (None, _) if is_external(&best) => choice.largest_ebgp,
        (None, _) => choice.largest_ibgp,
    }
    .saturating_sub(1);
    let mut next_hops = vec![(best.next_hop, best.vpn.is_some())];
    let mut internal: Option<Path> = None;
    for other in &mut others {
        if room == 0 {
            break;
        }
        let path = &other.path;
        // Beside an external best path the internal ones must be equal among themselves.
        let measure = match &internal {
            Some(first) if !is_external(path) && is_external(&best) => first,
            _ => &best,
        };
        let crosses_kinds = choice.largest_eibgp.is_some() && is_external(measure) != is_external(path);
        let hop = (path.next_hop, path.vpn.is_some());
        if next_hops.contains(&hop) || !shares(path, measure, choice, crosses_kinds) {
            continue;
        }
        if !is_external(path) && internal.is_none() {
            internal = Some(path.clone());
        }
        other.standing = Standing::Shares;
        next_hops.push(hop);
        room -= 1;
    }
    if choice.auto_frr {
        let backup = others.iter_mut().find(|other| {
            other.standing == Standing::Lost && !next_hops.contains(&(other.path.next_hop, other.path.vpn.is_some()))
        });
        if let Some(backup) = backup {
            backup.standing = Standing::Backup;
        }
    }
    let place = |ranked: &Ranked| match ranked.standing {
        Standing::Best => 0,
        Standing::Shares => 1,
        Standing::Backup => 2,
        Standing::Lost | Standing::Invalid => 3,
    };
    others.sort_by_key(place);
    let first = Ranked {
        path: best,
        standing: Standing::Best,
        reason: None,
    };
    std::iter::once(first).chain(others).collect()
}

/// Whether a path is equal enough to another to share its load.
fn shares(path: &Path, other: &Path, choice: &Choice, crosses_kinds: bool) -> bool {
    let (x, y) = (&*path.attributes, &*other.attributes);
    let as_paths = choice.share_whatever_as_path
        || x.as_path == y.as_path
        || (choice.share_as_paths_of_same_length && x.as_path.len() == y.as_path.len());
    let kind = |path: &Path| path.from.is_none_or(|from| from.external);
    let is_local = |path: &Path| path.from.is_none() && path.vpn.is_none();
    !is_local(path)
        && path.preferred_value == other.preferred_value
        && x.local_preference == y.local_preference
        && as_paths
        && x.origin == y.origin
        && x.med == y.med
        && (crosses_kinds
            || (kind(path) == kind(other) && (choice.share_whatever_igp_cost || path.igp_cost == other.igp_cost)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::bgp_path::{Attributes, Crossing, Origin, Sender};
    use super::super::rib::Via;
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn path(address: u8) -> Path {
        Path {
            from: Some(Sender {
                address: Ipv4Addr::new(10, 0, 0, address),
                router_id: Ipv4Addr::new(1, 1, 1, address),
                external: true,
                client: false,
            }),
            next_hop: Ipv4Addr::new(10, 0, 0, address),
            attributes: Arc::new(Attributes {
                as_path: vec![65001],
                clusters: vec![Ipv4Addr::LOCALHOST],
                ..Attributes::local(Origin::Incomplete, 10, 100)
            }),
            preferred_value: 0,
            vpn: None,
            crossing: Crossing::Remote,
            label: None,
            tag: 0,
            no_tunnel: false,
            igp_cost: 10,
            resolved: Some((None, Via::Local)),
        }
    }

    fn attributes(path: &mut Path) -> &mut Attributes {
        Arc::make_mut(&mut path.attributes)
    }

    /// Each rule decides though all later ones would decide otherwise.
    #[rstest]
    #[case(|better: &mut Path| better.preferred_value = 1, Reason::PreferredValue)]
    #[case(|better: &mut Path| attributes(better).local_preference = 200, Reason::LocalPreference)]
    #[case(|better: &mut Path| better.from = None, Reason::Local)]
    #[case(|better: &mut Path| attributes(better).as_path.clear(), Reason::AsPath)]
    #[case(|better: &mut Path| attributes(better).origin = Origin::Igp, Reason::Origin)]
    #[case(|better: &mut Path| attributes(better).med = 0, Reason::Med)]
    #[case(|better: &mut Path| better.crossing = Crossing::Local, Reason::Crossing)]
    #[case(|better: &mut Path| better.igp_cost = 1, Reason::IgpCost)]
    #[case(|better: &mut Path| attributes(better).clusters.clear(), Reason::ClusterList)]
    #[case(|_: &mut Path| {}, Reason::RouterId)]
    fn the_rules_decide_in_vrps_order(#[case] improve: fn(&mut Path), #[case] reason: Reason) {
        let other = path(1);
        let mut better = path(2);
        improve(&mut better);
        let (first, second) = match reason {
            Reason::RouterId => (&other, &better),
            _ => (&better, &other),
        };
        let choice = Choice::default();
        assert_eq!(compare(first, second, &choice), (Ordering::Less, reason));
        assert_eq!(compare(second, first, &choice), (Ordering::Greater, reason));
    }

    #[test]
    fn meds_of_different_neighbours_are_not_compared_unless_asked() {
        let (low, mut high) = (path(2), path(1));
        attributes(&mut high).as_path = vec![65002];
        attributes(&mut high).med = 99;
        let mut choice = Choice::default();
        assert_eq!(compare(&high, &low, &choice).1, Reason::RouterId);
        choice.compare_different_as_med = true;
        assert_eq!(compare(&high, &low, &choice), (Ordering::Greater, Reason::Med));
    }

    fn internal(address: u8) -> Path {
        let mut path = path(address);
        path.from = path.from.map(|from| Sender {
            external: false,
            ..from
        });
        path
    }

    fn standings(paths: Vec<Path>, choice: &Choice) -> Vec<(u8, Standing)> {
        let ranked = rank(paths, choice);
        let last = |ranked: &Ranked| ranked.path.next_hop.octets()[3];
        ranked.iter().map(|ranked| (last(ranked), ranked.standing)).collect()
    }

    #[test]
    fn a_peer_of_another_as_is_preferred_and_does_not_share_with_one_of_the_same() {
        let choice = Choice::default();
        assert_eq!(
            compare(&path(2), &internal(1), &choice),
            (Ordering::Less, Reason::External)
        );
        let eight = Choice {
            largest_ebgp: 8,
            largest_ibgp: 8,
            ..choice
        };
        assert_eq!(
            standings(vec![internal(1), path(2)], &eight),
            [(2, Standing::Best), (1, Standing::Lost)]
        );
        let two = Choice {
            largest_ebgp: 2,
            ..choice
        };
        assert_eq!(
            standings(vec![path(3), path(2), path(4)], &two),
            [(2, Standing::Best), (3, Standing::Shares), (4, Standing::Lost)]
        );
    }

    #[test]
    fn with_eibgp_both_kinds_share_but_internal_ones_must_be_equal_among_themselves() {
        let choice = Choice {
            largest_eibgp: Some(8),
            ..Choice::default()
        };
        let mut far = internal(3);
        far.igp_cost = 99;
        assert_eq!(
            standings(vec![internal(1), path(2), far, path(4)], &choice),
            [
                (2, Standing::Best),
                (4, Standing::Shares),
                (1, Standing::Shares),
                (3, Standing::Lost)
            ]
        );
    }

    /// What must be the same for paths to share, each by itself.
    #[rstest]
    #[case(|p: &mut Path| p.preferred_value = 0, true)]
    #[case(|p: &mut Path| p.preferred_value = 1, false)]
    #[case(|p: &mut Path| attributes(p).local_preference = 101, false)]
    #[case(|p: &mut Path| attributes(p).as_path = vec![65009], false)]
    #[case(|p: &mut Path| attributes(p).as_path.push(1), false)]
    #[case(|p: &mut Path| attributes(p).origin = Origin::Igp, false)]
    #[case(|p: &mut Path| attributes(p).med = 11, false)]
    #[case(|p: &mut Path| p.igp_cost = 11, false)]
    #[case(|p: &mut Path| p.next_hop = Ipv4Addr::new(10, 0, 0, 1), false)]
    #[case(|p: &mut Path| attributes(p).clusters.clear(), true)]
    #[case(|p: &mut Path| attributes(p).communities.push(1), true)]
    fn paths_share_that_differ_in_nothing_that_counts(#[case] change: fn(&mut Path), #[case] expected: bool) {
        let choice = Choice {
            largest_ebgp: 8,
            ..Choice::default()
        };
        let mut other = path(2);
        change(&mut other);
        let ranked = rank(vec![path(1), other], &choice);
        assert_eq!(ranked[1].is_selected(), expected);
    }

    #[test]
    fn auto_frr_keeps_the_next_best_ready_and_an_unreachable_next_hop_is_never_used() {
        let choice = Choice {
            auto_frr: true,
            ..Choice::default()
        };
        let mut worse = path(3);
        worse.igp_cost = 20;
        let mut gone = path(1);
        gone.resolved = None;
        assert_eq!(
            standings(vec![worse, gone, path(2)], &choice),
            [(2, Standing::Best), (3, Standing::Backup), (1, Standing::Invalid)]
        );
    }

    proptest! {
        /// Whoever spoke first: the result is the same, one path is the best, none beats it but by the order of MEDs.
        #[test]
        fn the_order_of_arrival_plays_no_part(
            drawn in prop::collection::vec((0..2_u32, 0..2_u32, 0..2_u32, 0..2_u32, any::<bool>()), 1..7),
            rotate in 0..7_usize,
        ) {
            let paths: Vec<Path> = drawn.iter().zip(1..).map(|((preference, med, cost, path_as, external), number)| {
                let mut path = if *external { path(number) } else { internal(number) };
                path.igp_cost = *cost;
                let attributes = attributes(&mut path);
                attributes.local_preference = *preference;
                attributes.med = *med;
                attributes.as_path = vec![*path_as];
                path
            }).collect();
            let choice = Choice { largest_ebgp: 3, largest_ibgp: 2, auto_frr: true, ..Choice::default() };
            let mut rotated = paths.clone();
            rotated.rotate_left(rotate % paths.len());
            let ranked = rank(paths, &choice);
            prop_assert_eq!(&ranked, &rank(rotated, &choice));
            prop_assert_eq!(ranked.iter().filter(|r| r.standing == Standing::Best).count(), 1);
            prop_assert!(ranked.iter().filter(|r| r.standing == Standing::Backup).count() <= 1);
        }
    }
}
