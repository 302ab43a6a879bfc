//! BFD sessions over several hops (RFC 5883): their packets are forwarded like any others, to port 4784, and no TTL is
//! asked of them.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::bfd::{BfdSession, discriminators_match};
use super::forwarding::{Forwarding, Outcome, Packet};
use super::interfaces::Interface;
use super::prefix::Vrf;
use super::simulation::{Way, seed_of};

/// UDP port of these sessions (RFC 5883 §5).
pub const MULTIHOP_PORT: u16 = 4784;
/// The TTL that their packets are sent with.
pub const MULTIHOP_TTL: u8 = 255;

/// A port of the range that RFC 5881 §4 names, the same for all packets of a session.
pub fn source_port(session: &BfdSession) -> u16 {
    let offset = seed_of(u64::from(session.local_discriminator), &session.name) % 16_384;
    49_152 + u16::try_from(offset).unwrap_or(0)
}

/// The address that a session sends from: the configured one while the device has it, else that of the interface towards
/// the peer.
pub fn source(forwarding: &Forwarding<'_>, device: usize, session: &BfdSession) -> Option<Ipv4Addr> {
    let vrf = session.vrf();
    let source = match session.source {
        Some(source) => source,
        None => forwarding.source(device, &vrf, session.peer)?,
    };
    let mut own = forwarding.interfaces.get(device)?.iter();
    own.any(|interface| interface.vrf == vrf && interface.up_address() == Some(source))
        .then_some(source)
}

/// Whether packets of one session arrive at another and are its own; the ways that they take are added to `ways`.
pub fn arrives(
    forwarding: &Forwarding<'_>,
    (from, sender): (usize, &BfdSession),
    (to, receiver): (usize, &BfdSession),
    ways: &mut Vec<Way>,
) -> bool {
    let Some(source) = source(forwarding, from, sender) else {
        return false;
    };
    let packet = Packet {
        source,
        destination: sender.peer,
        protocol: 17,
        ports: (source_port(sender), MULTIHOP_PORT),
        ttl: MULTIHOP_TTL,
        number: 0,
    };
    let Outcome::Delivered { device, vrf, .. } = forwarding.send_along(from, &sender.vrf(), packet, ways) else {
        return false;
    };
    device == to && vrf == receiver.vrf() && source == receiver.peer
}

/// The session of another device that this one would come up with, in whatever state either is.
pub fn counterpart(
    all: &[Vec<BfdSession>],
    enabled: &[bool],
    interfaces: &[Arc<Vec<Interface>>],
    device: usize,
    session: &BfdSession,
) -> Option<(usize, usize)> {
    let owns = |device: usize, session: &BfdSession, address: Ipv4Addr| {
        let vrf = session.vrf();
        let mut own = interfaces.get(device).into_iter().flat_map(|own| own.iter());
        own.any(|interface| interface.vrf == vrf && interface.address.is_some_and(|(own, _)| own == address))
    };
    let fits = |far: usize, other: &BfdSession| {
        let no_other_source = |session: &BfdSession, peer| session.source.is_none_or(|source| source == peer);
        other.interface.is_none()
            && owns(far, other, session.peer)
            && owns(device, session, other.peer)
            && no_other_source(session, other.peer)
            && no_other_source(other, session.peer)
            && discriminators_match(session, other)
    };
    let is_on = |device: usize| enabled.get(device).copied().unwrap_or(false);
    let mut others = all.iter().enumerate().filter(|(far, _)| *far != device && is_on(*far));
    let found = others.find_map(|(far, sessions)| Some((far, sessions.iter().position(|other| fits(far, other))?)));
    found.filter(|_| is_on(device))
}
