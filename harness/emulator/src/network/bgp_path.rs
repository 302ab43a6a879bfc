//! A path to a prefix as BGP knows it, with its attributes.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::ospf_instance::OspfOrigin;
use super::rib::Via;
use super::vpn_instances::{RouteDistinguisher, RouteTarget};
use crate::interface_name::InterfaceName;

/// Local preference of a route that nobody gave another.
pub const LOCAL_PREFERENCE: u32 = 100;

/// A path to a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The peer that sent it. None for a route of the device itself.
    pub from: Option<Sender>,
    /// Next hop; 0.0.0.0 for a local route.
    pub next_hop: Ipv4Addr,
    /// What travels with it. Shared by all who tell it on unchanged.
    pub attributes: Arc<Attributes>,
    /// Preferred value, which never leaves the device.
    pub preferred_value: u32,
    /// The route distinguisher that it came with, if it came from another VPN instance, of this device or another.
    pub vpn: Option<RouteDistinguisher>,
    /// Where it comes from, seen from the instance that it is in.
    pub crossing: Crossing,
    /// The label that the next hop gave it.
    pub label: Option<u32>,
    /// Tag of the route that was imported.
    pub tag: u32,
    /// Whether it must not be sent along a tunnel (`non-relay-tunnel`).
    pub no_tunnel: bool,
    /// Cost of the way to the next hop.
    pub igp_cost: u32,
    /// How packets are sent on; none for a local route, and while the next hop cannot be reached.
    pub resolved: Option<(Option<InterfaceName>, Via)>,
}

/// What a path carries from AS to AS or from router to router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// The ASs that it came through, the nearest first.
    pub as_path: Vec<u32>,
    /// Where it was brought into BGP.
    pub origin: Origin,
    /// Multi-exit discriminator.
    pub med: u32,
    /// Local preference.
    pub local_preference: u32,
    /// Communities, sorted.
    pub communities: Vec<u32>,
    /// Route targets, sorted.
    pub targets: Vec<RouteTarget>,
    /// What is said of a route of OSPF.
    pub ospf: Option<OspfOrigin>,
    /// The router ID of who brought it into the AS, if it was reflected.
    pub originator: Option<Ipv4Addr>,
    /// The clusters that it was reflected by, the last first.
    pub clusters: Vec<Ipv4Addr>,
}

impl Attributes {
    /// Those of a route that enters BGP here.
    pub fn local(origin: Origin, med: u32, local_preference: u32) -> Self {
        Self {
            as_path: Vec::new(),
            origin,
            med,
            local_preference,
            communities: Vec::new(),
            targets: Vec::new(),
            ospf: None,
            originator: None,
            clusters: Vec::new(),
        }
    }

    /// Whether it has a community.
    pub fn has(&self, community: u32) -> bool {
        self.communities.binary_search(&community).is_ok()
    }
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
    /// Whether the device reflects its routes.
    pub client: bool,
}

/// How a path came into the instance that it is in; the first is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crossing {
    /// From a peer in the instance, or from its routing table.
    None,
    /// From another VPN instance of the device.
    Local,
    /// From a VPN instance of another device.
    Remote,
}

/// The origin attribute, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A `network` line.
    Igp,
    /// EGP; only a policy makes it.
    Egp,
    /// `import-route`.
    Incomplete,
}

/// `no-export`: not to another AS (RFC 1997).
pub const NO_EXPORT: u32 = 0xffff_ff01;
/// `no-advertise`: to nobody.
pub const NO_ADVERTISE: u32 = 0xffff_ff02;
/// `no-export-subconfed`: not to another AS, nor to another part of a confederation.
pub const NO_EXPORT_SUBCONFED: u32 = 0xffff_ff03;

/// The value of a community in writing: `100:1`, a number, or one of the well-known names.
pub fn community_value(text: &str) -> Option<u32> {
    match text {
        "internet" => Some(0),
        "no-export" => Some(NO_EXPORT),
        "no-advertise" => Some(NO_ADVERTISE),
        "no-export-subconfed" => Some(NO_EXPORT_SUBCONFED),
        _ => match text.split_once(':') {
            None => text.parse().ok(),
            Some((high, low)) => {
                let (high, low) = (high.parse::<u16>().ok()?, low.parse::<u16>().ok()?);
                Some((u32::from(high) << 16) | u32::from(low))
            }
        },
    }
}
