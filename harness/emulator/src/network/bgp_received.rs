//! What a device has taken in from its peers (RFC 4271 §3.2, Adj-RIBs-In): it is kept, and follows what they say anew.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bgp::{BgpSession, BgpSpeaker};
use super::bgp_news as news;
use super::bgp_path::{Path, Sender};
use super::bgp_peer_settings::FamilyTerms;
use super::bgp_settings::BgpSettings;
use super::bgp_told as told;
use super::prefix::Prefix;
use super::vpn_instances::{RouteDistinguisher, RouteTarget, VpnInstance};

/// A VPN route.
type VpnKey = (RouteDistinguisher, Prefix);

/// What has come in, by number of the session.
#[derive(Debug, Clone, Default)]
pub struct Received {
    sessions: BTreeMap<usize, Taken>,
}

impl Received {
    /// What is taken in by a session from what is told there now.
    pub fn hear(&mut self, session: usize, hearing: &Hearing<'_>) -> &Taken {
        let before = self.sessions.remove(&session);
        let taken = match before {
            Some(mut taken) if taken.follows(hearing) => {
                taken.renew(hearing);
                taken
            }
            _ => Taken::anew(hearing),
        };
        self.sessions.entry(session).or_insert(taken)
    }

    /// Takes in what is told by a session now; whether what is taken in is the same as before.
    pub fn hears_the_same(&mut self, session: usize, hearing: &Hearing<'_>) -> bool {
        let known = self.sessions.get_mut(&session);
        let known = known.filter(|taken| taken.follows(hearing));
        known.is_some_and(|taken| taken.renew(hearing))
    }

    /// Whether anything is kept of a session.
    pub fn has(&self, session: usize) -> bool {
        self.sessions.contains_key(&session)
    }

    /// A session is down: nothing of it is kept.
    pub fn forget(&mut self, session: usize) {
        self.sessions.remove(&session);
    }
}

/// Who tells, and what decides what is taken in of it.
#[derive(Clone, Copy)]
pub struct Hearing<'a> {
    /// What the device has configured.
    pub settings: &'a Arc<BgpSettings>,
    /// Its end of the session.
    pub session: &'a BgpSession,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// The peer.
    pub teller: &'a Arc<BgpSpeaker>,
    /// Its end of the session.
    pub told_by: &'a BgpSession,
    /// The peer's VPN instances.
    pub theirs: &'a Arc<Vec<VpnInstance>>,
    /// The device's.
    pub own: &'a Arc<Vec<VpnInstance>>,
}

/// What has been taken in by one session: paths as they were accepted, next hops not looked up.
#[derive(Debug, Clone)]
pub struct Taken {
    settings: Arc<BgpSettings>,
    session: BgpSession,
    router_id: Ipv4Addr,
    teller: Arc<BgpSpeaker>,
    told_by: BgpSession,
    theirs: Arc<Vec<VpnInstance>>,
    own: Arc<Vec<VpnInstance>>,
    unicast: BTreeMap<Prefix, Vec<Path>>,
    vpnv4: BTreeMap<VpnKey, Vec<Path>>,
}

impl Taken {
    /// The IPv4 routes.
    pub fn unicast(&self) -> impl Iterator<Item = (&Prefix, &Path)> {
        let all = self.unicast.iter();
        all.flat_map(|(prefix, paths)| paths.iter().map(move |path| (prefix, path)))
    }

    /// The VPN routes.
    pub fn vpnv4(&self) -> impl Iterator<Item = (&VpnKey, &Path)> {
        let all = self.vpnv4.iter();
        all.flat_map(|(key, paths)| paths.iter().map(move |path| (key, path)))
    }

    /// All that is told, taken in as for the first time.
    fn anew(hearing: &Hearing<'_>) -> Self {
        let mut taken = Self {
            settings: Arc::clone(hearing.settings),
            session: hearing.session.clone(),
            router_id: hearing.router_id,
            teller: Arc::clone(hearing.teller),
            told_by: hearing.told_by.clone(),
            theirs: Arc::clone(hearing.theirs),
            own: Arc::clone(hearing.own),
            unicast: BTreeMap::new(),
            vpnv4: BTreeMap::new(),
        };
        for (prefix, path) in told::unicast(hearing.teller, hearing.told_by) {
            if let Some(path) = hearing.unicast(prefix, path) {
                taken.unicast.entry(prefix).or_default().push(path);
            }
        }
        let targets = hearing.targets();
        for (key, path) in told::vpnv4(hearing.teller, hearing.told_by, hearing.theirs) {
            if let Some(path) = hearing.vpnv4(&targets, key, path) {
                taken.vpnv4.entry(key).or_default().push(path);
            }
        }
        taken
    }

    /// Whether what is the same in what is told is taken in in the same way.
    fn follows(&self, hearing: &Hearing<'_>) -> bool {
        Arc::ptr_eq(&self.settings, hearing.settings)
            && Arc::ptr_eq(&self.theirs, hearing.theirs)
            && Arc::ptr_eq(&self.own, hearing.own)
            && self.router_id == hearing.router_id
            && news::speaks_alike(&self.teller, hearing.teller)
            && news::tells_alike(&self.told_by, hearing.told_by)
            && news::tells_alike(&self.session, hearing.session)
    }

    /// What is told otherwise is taken in again; whether what is taken in is the same all the same.
    fn renew(&mut self, hearing: &Hearing<'_>) -> bool {
        if Arc::ptr_eq(&self.teller, hearing.teller) {
            return true;
        }
        let mut same = true;
        for prefix in news::unicast(&self.teller, hearing.teller, &hearing.told_by.settings.vrf) {
            let told = told::unicast_to(hearing.teller, hearing.told_by, prefix);
            let accepted = told
                .and_then(|path| hearing.unicast(prefix, path))
                .map(|path| vec![path]);
            same &= self.unicast.get(&prefix) == accepted.as_ref();
            match accepted {
                Some(paths) => self.unicast.insert(prefix, paths),
                None => self.unicast.remove(&prefix),
            };
        }
        let targets = hearing.targets();
        for key in news::vpnv4(&self.teller, hearing.teller, hearing.theirs) {
            let told = told::vpnv4_to(hearing.teller, hearing.told_by, hearing.theirs, key).into_iter();
            let accepted: Vec<Path> = told.filter_map(|path| hearing.vpnv4(&targets, key, path)).collect();
            same &= self.vpnv4.get(&key).map(Vec::as_slice).unwrap_or_default() == accepted;
            if accepted.is_empty() {
                self.vpnv4.remove(&key);
            } else {
                self.vpnv4.insert(key, accepted);
            }
        }
        self.teller = Arc::clone(hearing.teller);
        self.told_by = hearing.told_by.clone();
        same
    }
}

impl Hearing<'_> {
    /// The targets of the routes that the device's instances import.
    fn targets(&self) -> BTreeSet<RouteTarget> {
        let own = self.own.iter();
        own.flat_map(|own| own.import_targets.iter().copied()).collect()
    }

    fn unicast(&self, prefix: Prefix, path: Path) -> Option<Path> {
        self.accepted(self.session.settings.unicast.as_ref()?, prefix, path)
    }

    fn vpnv4(&self, targets: &BTreeSet<RouteTarget>, key: VpnKey, path: Path) -> Option<Path> {
        let terms = self.session.settings.vpnv4.as_ref()?;
        let mut wanted = path.attributes.targets.iter();
        if self.settings.vpnv4.policy_vpn_target && !wanted.any(|target| targets.contains(target)) {
            return None;
        }
        self.accepted(terms, key.1, path)
    }

    /// A path as it is taken in; none if it comes back to where it has been, or a filter drops it.
    fn accepted(&self, terms: &FamilyTerms, prefix: Prefix, mut path: Path) -> Option<Path> {
        let vrf = &self.session.settings.vrf;
        let family = self.settings.families.get(vrf)?;
        let (own_as, own_cluster) = match (vrf, path.vpn) {
            (_, Some(_)) => (self.settings.as_number, self.settings.vpnv4.cluster),
            (_, None) => (self.settings.local_as(vrf), family.cluster),
        };
        let attributes = &path.attributes;
        let times = attributes.as_path.iter().filter(|number| **number == own_as).count();
        let comes_back = times > terms.allow_as_loop
            || attributes.originator == Some(self.router_id)
            || attributes.clusters.contains(&own_cluster.unwrap_or(self.router_id));
        if comes_back {
            return None;
        }
        let external = self.session.external;
        path.from = Some(Sender {
            address: self.session.settings.address,
            router_id: self.teller.router_id_in(&self.told_by.settings.vrf),
            external,
            client: terms.reflect_client,
        });
        path.preferred_value = terms.preferred_value;
        if external && attributes.local_preference != family.default_local_preference {
            Arc::make_mut(&mut path.attributes).local_preference = family.default_local_preference;
        }
        let policies = &self.settings.policies;
        if let Some(name) = &terms.import_prefixes
            && !policies.filters.prefix_passes(name, prefix)
        {
            return None;
        }
        if let Some(name) = &terms.import_as_paths
            && !policies.filters.as_path_passes(name, &path.attributes.as_path)
        {
            return None;
        }
        if let Some(name) = &terms.import_policy {
            policies.apply(name, prefix, &mut path)?;
        }
        Some(path)
    }
}
