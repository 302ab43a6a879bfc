//! The schema of `emulated` in an inventory: whether netverdict emulates the devices, and how long things take there.

use schemars::JsonSchema;

use super::Wait;

/// Whether netverdict emulates the devices; for live ones it is left out.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
pub(super) enum Emulated {
    /// `true`: with the delays of docs/emulated-lab.md.
    Truth(bool),
    /// Emulated so.
    Settings(Box<Settings>),
}

/// How the devices are emulated.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct Settings {
    /// Seed of everything that chance decides; 0 where it is not said.
    seed: Option<u64>,
    /// How long things take, where it is not the usual time.
    delays: Option<Delays>,
}

/// How long things take in the emulated network.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct Delays {
    /// Propagation over a link, each way, unless the link has a delay of its own.
    link: Option<Wait>,
    /// From the loss of the signal to the port going down. Long, as behind transmission equipment: what detects a
    /// failure before is BFD.
    carrier_loss: Option<Wait>,
    /// From the return of the signal to the port coming up.
    carrier_return: Option<Wait>,
    /// Handling of a packet at each device before it is sent on.
    forwarding: Option<Wait>,
    /// From a change in the routing table to the forwarding table.
    fib: Option<Wait>,
    /// From a change of a router's links to its new LSA.
    lsa_origination: Option<Wait>,
    /// Handling of an LSA at each router before it is flooded on.
    lsa_flooding: Option<Wait>,
    /// From the arrival of an LSA to new routes.
    spf: Option<Wait>,
    /// From the moment two routers can hear each other to the full adjacency.
    ospf_adjacency: Option<Wait>,
    /// OSPF hello interval.
    ospf_hello: Option<Wait>,
    /// OSPF dead interval.
    ospf_dead: Option<Wait>,
    /// From two LSRs reaching each other to the operational LDP session.
    ldp_session: Option<Wait>,
    /// Handling of a label mapping.
    ldp_mapping: Option<Wait>,
    /// LDP link hello interval.
    ldp_hello: Option<Wait>,
    /// Time without hellos after which an LDP adjacency is gone.
    ldp_hello_hold: Option<Wait>,
    /// Time without messages after which an LDP session is gone.
    ldp_keepalive_hold: Option<Wait>,
    /// From peers reaching each other to the established BGP session.
    bgp_connect: Option<Wait>,
    /// From news to a new choice of paths.
    bgp_processing: Option<Wait>,
    /// From a new choice to the UPDATE that tells it.
    bgp_advertisement: Option<Wait>,
    /// BGP keepalive interval.
    bgp_keepalive: Option<Wait>,
    /// BGP hold time.
    bgp_hold: Option<Wait>,
    /// BFD: interval of sending while a session is not Up (RFC 5880 §6.8.3).
    bfd_slow: Option<Wait>,
    /// From `commit` to the prompt that follows it, in a lab that goes in real time: the change is in force at the
    /// beginning.
    commit: Option<Wait>,
}
