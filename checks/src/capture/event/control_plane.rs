//! Packets in, events out.

use std::collections::HashMap;
use std::net::IpAddr;

use super::bfd_sessions::{BfdEnd, BfdSessions, HeardBfd};
use super::bgp_session::BgpSession;
use super::finding::{ControlFinding, ControlFindingKind};
use super::input::{Carried, ControlPacket, IpEnds};
use super::ldp_session::{LdpAdjacencies, LdpSession};
use super::link_states::LinkStates;
use super::recorder::{Identity, Origin, Recorder};
use super::tcp_sessions::TcpSessions;
use super::virtual_routers::VirtualRouters;
use super::{Event, PointId, Sighting, Speaker};
use crate::capture::packet::protocol;
use crate::capture::protocol::bfd::{self, SessionKind};
use crate::capture::protocol::lsp_ping::LspPing;
use crate::capture::protocol::vrrp::Advertisement;
use crate::capture::protocol::{DecodeError, Protocol, bgp, isis, ldp, lsp_ping, ospf};

/// Watches the control plane at one or several points.
///
/// Packets of one point come in the order of their capture; those of different points in any order. Memory is bounded:
/// what goes beyond is told by [`ControlFindingKind::TooMany`].
#[derive(Debug, Default)]
pub struct ControlPlane {
    bfd: BfdSessions,
    bgp: TcpSessions<BgpSession>,
    ldp: TcpSessions<LdpSession>,
    ldp_adjacencies: LdpAdjacencies,
    link_states: LinkStates,
    virtual_routers: VirtualRouters,
    /// The last packet of each point.
    ended: HashMap<PointId, Sighting>,
    /// Packets on the ports of each protocol.
    packets: HashMap<Protocol, u64>,
    recorder: Recorder,
}

/// What the control plane did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlPlaneReport {
    /// Events in the order of time.
    pub events: Vec<Event>,
    /// Ends of BFD sessions at each point.
    pub bfd: Vec<BfdEnd>,
    /// What is odd, missing or could not be read.
    pub findings: Vec<ControlFinding>,
    /// Packets of each protocol, over all points.
    pub packets: Vec<(Protocol, u64)>,
}

impl ControlPlaneReport {
    /// Whether something may have happened that is not among the events; the first reason for it.
    pub fn absence_is_doubtful(&self) -> Option<&ControlFinding> {
        self.findings.iter().find(|finding| finding.kind.spoils_absence())
    }
}

impl ControlPlane {
    /// An observer that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells that the capture at a point lasted at least until this packet, whatever it carried.
    pub fn passes(&mut self, seen: Sighting) {
        let ended = self.ended.entry(seen.point).or_insert(seen);
        if seen.time > ended.time {
            *ended = seen;
        }
    }

    /// Tells of a packet that has no time: it cannot be looked at.
    pub fn without_time(&mut self) {
        self.recorder
            .findings
            .note(ControlFindingKind::WithoutTime, "", None, || {
                "packets without a time were not looked at".to_owned()
            });
    }

    /// Looks at a packet; what is no control protocol is passed over.
    pub fn observe(&mut self, packet: &ControlPacket<'_>) {
        let seen = packet.seen;
        self.passes(seen);
        match packet.carried {
            Carried::Udp {
                ip,
                source_port,
                destination_port,
                payload,
            } => self.udp(packet, &ip, [source_port, destination_port], payload),
            Carried::Tcp {
                ip,
                tcp,
                payload,
                wire_length,
            } => {
                let ports = [tcp.source_port, tcp.destination_port];
                if ports.contains(&bgp::PORT) {
                    self.count(Protocol::Bgp);
                    self.bgp
                        .segment(seen, &ip, &tcp, payload, wire_length, &mut self.recorder);
                } else if ports.contains(&ldp::PORT) {
                    self.count(Protocol::Ldp);
                    self.ldp
                        .segment(seen, &ip, &tcp, payload, wire_length, &mut self.recorder);
                }
            }
            Carried::Ip {
                ip,
                protocol: number,
                payload,
            } => self.ip(packet, &ip, number, payload),
            Carried::Llc {
                source,
                destination,
                payload,
            } => {
                if let Some(pdu) = isis::Pdu::decode(payload) {
                    let speaker = |address: Option<[u8; 6]>| address.map_or(Speaker::Untold, Speaker::Mac);
                    let identity = Identity::of((source, destination, payload));
                    self.isis(pdu, packet, [speaker(source), speaker(destination)], identity);
                }
            }
            Carried::Iso { payload } => {
                if let Some(pdu) = isis::Pdu::decode_without_llc(payload) {
                    self.isis(pdu, packet, [Speaker::Untold; 2], Identity::of(payload));
                }
            }
            Carried::Channel { channel_type, payload } => {
                if let Some(kind) = SessionKind::of_channel(channel_type) {
                    self.bfd(packet, kind, None, payload);
                }
            }
        }
    }

    /// Everything that happened.
    pub fn finish(mut self) -> ControlPlaneReport {
        self.bgp.finish(&mut self.recorder);
        self.ldp.finish(&mut self.recorder);
        let bfd = self.bfd.finish(&self.ended, &mut self.recorder);
        let (events, findings) = self.recorder.into_events();
        let mut packets: Vec<_> = self.packets.into_iter().collect();
        packets.sort_unstable();
        ControlPlaneReport {
            events,
            bfd,
            findings: findings.into_list(),
            packets,
        }
    }

    fn count(&mut self, protocol: Protocol) {
        *self.packets.entry(protocol).or_default() += 1;
    }

    fn udp(&mut self, packet: &ControlPacket<'_>, ip: &IpEnds, ports: [u16; 2], payload: &[u8]) {
        let seen = packet.seen;
        let [source_port, destination_port] = ports;
        if let Some(kind) = SessionKind::of_ports(source_port, destination_port, is_loopback(ip)) {
            self.bfd(packet, kind, Some(ip), payload);
        } else if ports.contains(&bfd::ECHO_PORT) {
            // An echo packet's payload is its sender's own affair.
            self.count(Protocol::Bfd);
        } else if destination_port == ldp::PORT {
            self.count(Protocol::Ldp);
            let origin = origin(packet, ip, payload);
            self.ldp_adjacencies
                .hello(ip.source, ip.destination, payload, origin, &mut self.recorder);
        } else if ports.contains(&lsp_ping::PORT) {
            self.count(Protocol::LspPing);
            if let Err(error) = LspPing::decode(payload) {
                self.undecodable(seen, &ip.source.to_string(), &error);
            }
        }
    }

    fn bfd(&mut self, packet: &ControlPacket<'_>, kind: SessionKind, ip: Option<&IpEnds>, payload: &[u8]) {
        let seen = packet.seen;
        self.count(Protocol::Bfd);
        match bfd::Control::decode(payload) {
            Ok(control) => {
                let heard = HeardBfd {
                    seen,
                    encapsulation: packet.encapsulation,
                    kind,
                    source: ip.map(|ip| ip.source),
                    destination: ip.map(|ip| ip.destination),
                    identification: ip.and_then(|ip| ip.identification),
                    ttl: ip.map(|ip| ip.ttl),
                    control,
                };
                self.bfd.heard(heard, &mut self.recorder);
            }
            Err(error) => {
                let from = ip.map_or_else(|| "a label-switched path".to_owned(), |ip| ip.source.to_string());
                self.undecodable(seen, &from, &error);
            }
        }
    }

    fn ip(&mut self, packet: &ControlPacket<'_>, ip: &IpEnds, number: u8, payload: &[u8]) {
        let ControlPacket {
            seen, encapsulation, ..
        } = *packet;
        let origin = origin(packet, ip, payload);
        let from = ip.source.to_string();
        match number {
            protocol::OSPF => {
                let ipv6 = ip.source.is_ipv6();
                self.count(if ipv6 { Protocol::Ospfv3 } else { Protocol::Ospf });
                if ip.fragment {
                    self.recorder
                        .findings
                        .note(ControlFindingKind::Undecodable, &from, Some(seen), || {
                            format!("OSPF from {from} came in IP fragments, which are not put together")
                        });
                    return;
                }
                match ospf::Packet::decode(payload) {
                    Ok(packet) => self
                        .link_states
                        .ospf(packet, encapsulation.vlans, origin, &mut self.recorder),
                    Err(error) => self.undecodable(seen, &from, &error),
                }
            }
            protocol::VRRP => {
                self.count(Protocol::Vrrp);
                match Advertisement::decode(payload, ip.source.is_ipv6()) {
                    Ok(said) => self
                        .virtual_routers
                        .advertisement(ip.source, &said, origin, &mut self.recorder),
                    Err(error) => self.undecodable(seen, &from, &error),
                }
            }
            _ => {}
        }
    }

    fn isis(
        &mut self,
        pdu: Result<isis::Pdu, DecodeError>,
        packet: &ControlPacket<'_>,
        [from, to]: [Speaker; 2],
        identity: Identity,
    ) {
        self.count(Protocol::Isis);
        let origin = Origin {
            seen: packet.seen,
            identity,
            from,
            to,
            vlans: packet.encapsulation.link,
            unique: false,
        };
        match pdu {
            Ok(pdu) => self
                .link_states
                .isis(pdu, packet.encapsulation.vlans, origin, &mut self.recorder),
            Err(error) => self.undecodable(packet.seen, &from.to_string(), &error),
        }
    }

    fn undecodable(&mut self, seen: Sighting, from: &str, error: &DecodeError) {
        self.recorder.findings.note(
            ControlFindingKind::Undecodable,
            &format!("{} {from} {}", error.protocol, error.field),
            Some(seen),
            || format!("a message from {from} cannot be read: {error}"),
        );
    }
}

fn origin(packet: &ControlPacket<'_>, ip: &IpEnds, payload: &[u8]) -> Origin {
    Origin {
        seen: packet.seen,
        identity: Identity::of((ip.source, ip.destination, ip.identification, payload)),
        from: Speaker::Address(ip.source),
        to: Speaker::Address(ip.destination),
        vlans: packet.encapsulation.link,
        unique: false,
    }
}

/// 127/8 or ::ffff:127.0.0.0/104, which lead to no address but that of the path's end (RFC 5884 §4).
fn is_loopback(ip: &IpEnds) -> bool {
    match ip.destination {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => address.to_ipv4_mapped().is_some_and(|address| address.is_loopback()),
    }
}
