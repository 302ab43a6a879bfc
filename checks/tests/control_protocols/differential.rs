//! The same files read by tshark: every field it names must say what these decoders say.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use checks::capture::Timestamp;
use checks::capture::container::Reader;
use checks::capture::event::{Carried, ControlPacket, PointId, Sighting};
use checks::capture::packet::{Roles, decode};
use checks::capture::protocol::bfd::{Control, SessionKind};
use checks::capture::protocol::bgp::{
    BgpFraming, Capability, Destination, ExtendedCommunity, Family, Message, Negotiated, NextHop, Origin, Route,
};
use checks::capture::protocol::ldp::{Body, Fec, LdpFraming, Pdu, PseudowireId};
use checks::capture::protocol::vrrp::Advertisement;
use checks::capture::protocol::{Arrival, Framing, Limits, Segment, StreamItem, TcpStream, isis, ospf};

use crate::{failover, samples};

/// Values by field, in the order of the capture.
type Fields = BTreeMap<String, Vec<String>>;

fn add(fields: &mut Fields, name: &str, value: impl ToString) {
    fields.entry(name.to_owned()).or_default().push(value.to_string());
}

/// What tshark says, or `None` where it is not installed.
fn tshark(capture: &[u8], names: &[&str]) -> Option<Fields> {
    let mut command = Command::new("tshark");
    command.args([
        "-r",
        "-",
        "-n",
        "-T",
        "fields",
        "-E",
        "separator=|",
        "-E",
        "aggregator=;",
    ]);
    for name in names {
        command.args(["-e", name]);
    }
    let spawned = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        println!("NOT RUN: comparison with tshark (tshark is not installed)");
        return None;
    };
    let mut input = child.stdin.take().expect("piped");
    let capture = capture.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&capture));
    let output = child.wait_with_output().expect("tshark runs");
    writer.join().expect("writes").expect("tshark reads");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut fields = Fields::new();
    for line in text.lines() {
        for (name, values) in names.iter().zip(line.split('|')) {
            for value in values.split(';').filter(|value| !value.is_empty()) {
                add(&mut fields, name, value);
            }
        }
    }
    Some(fields)
}

/// Control packets of a capture.
pub fn each(capture: &[u8], mut with: impl FnMut(ControlPacket<'_>)) {
    let mut reader = Reader::new();
    let roles = Roles::default();
    reader.feed(capture, |record| {
        let seen = Sighting {
            time: record.time.unwrap_or(Timestamp::from_nanoseconds(0)),
            point: PointId(0),
            file: 0,
            packet: record.number,
        };
        if let Some(packet) = ControlPacket::of(seen, &decode(record, &roles)) {
            with(packet);
        }
    });
}

fn compare(capture: &[u8], names: &[&str], ours: &Fields) {
    let Some(theirs) = tshark(capture, names) else { return };
    for name in names {
        let number = |value: &String| match value.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).map_or_else(|_| value.clone(), |n| n.to_string()),
            None => value.clone(),
        };
        // A withdrawn label means nothing and is not kept here.
        let told = |value: &&String| !value.ends_with("(withdrawn)");
        let theirs: Vec<_> = theirs
            .get(*name)
            .into_iter()
            .flatten()
            .filter(told)
            .map(number)
            .collect();
        let ours: Vec<_> = ours.get(*name).into_iter().flatten().map(number).collect();
        assert!(!theirs.is_empty(), "tshark says nothing about {name}");
        assert_eq!(ours, theirs, "{name}");
    }
}

const BFD: [&str; 18] = [
    "bfd.version",
    "bfd.diag",
    "bfd.sta",
    "bfd.flags.p",
    "bfd.flags.f",
    "bfd.flags.c",
    "bfd.flags.a",
    "bfd.flags.d",
    "bfd.flags.m",
    "bfd.detect_time_multiplier",
    "bfd.message_length",
    "bfd.my_discriminator",
    "bfd.your_discriminator",
    "bfd.desired_min_tx_interval",
    "bfd.required_min_rx_interval",
    "bfd.required_min_echo_interval",
    "ip.ttl",
    "ip.id",
];

fn bfd_fields(capture: &[u8]) -> Fields {
    let mut fields = Fields::new();
    each(capture, |packet| {
        let Carried::Udp {
            ip,
            source_port,
            destination_port,
            payload,
        } = packet.carried
        else {
            return;
        };
        if SessionKind::of_ports(source_port, destination_port, false).is_none() {
            return;
        }
        let control = Control::decode(payload).expect("a control packet");
        let values = [
            u32::from(control.version),
            u32::from(control.diagnostic.0),
            u32::from(control.state.bits()),
            u32::from(control.poll),
            u32::from(control.final_),
            u32::from(control.control_plane_independent),
            u32::from(control.authentication_present),
            u32::from(control.demand),
            u32::from(control.multipoint),
            u32::from(control.detect_multiplier),
            u32::from(control.length),
            control.my_discriminator,
            control.your_discriminator,
            control.desired_min_tx,
            control.required_min_rx,
            control.required_min_echo_rx,
            u32::from(ip.ttl),
            u32::from(ip.identification.expect("IPv4")),
        ];
        for (name, value) in BFD.iter().zip(values) {
            add(&mut fields, name, value);
        }
    });
    fields
}

#[test]
fn bfd_of_the_real_failover_is_read_as_tshark_reads_it() {
    for name in ["ce1-to-pe1.pcap.gz", "ce1-to-pe2.pcap.gz"] {
        let capture = failover::capture(name);
        // TTL and identification are those of every packet of the file, not of BFD's alone.
        compare(&capture, &BFD[..16], &bfd_fields(&capture));
    }
}

#[test]
fn bfd_with_every_kind_of_field_is_read_as_tshark_reads_it() {
    use crate::wire::{Bfd, Bytes, ipv4, pcap, udp};
    let mut frames: Vec<(i64, Bytes)> = Vec::new();
    for index in 0..32u32 {
        let bfd = Bfd {
            diagnostic: index as u8,
            state: index as u8 & 3,
            // All flags but authentication.
            flags: (index as u8).wrapping_mul(7) & 0x3b,
            multiplier: 1 + index as u8,
            mine: 0x0101_0101u32.wrapping_mul(index + 1),
            yours: index,
            tx_us: 1_000 * index,
            rx_us: 333 * index,
            echo_us: index,
        };
        let port = if index % 2 == 0 { 3784 } else { 4784 };
        let datagram = udp(49_153, port, &bfd.encode(&[]));
        frames.push((
            i64::from(index),
            ipv4("10.0.0.1", "10.0.0.2", 17, 200 + index as u8, index as u16, &datagram),
        ));
    }
    let capture = pcap(&frames);
    let ours = bfd_fields(&capture);
    assert_eq!(ours["bfd.diag"].len(), 32);
    compare(&capture, &BFD, &ours);
}

/// Messages of both directions of all connections on a port, in the order in which they became whole.
pub fn messages<F: Framing + Default>(capture: &[u8], port: u16, mut with: impl FnMut(&[u8])) {
    let mut streams: BTreeMap<u16, TcpStream<F>> = BTreeMap::new();
    each(capture, |packet| {
        let Carried::Tcp {
            tcp,
            payload,
            wire_length,
            ..
        } = packet.carried
        else {
            return;
        };
        if ![tcp.source_port, tcp.destination_port].contains(&port) {
            return;
        }
        let stream = streams
            .entry(tcp.source_port)
            .or_insert_with(|| TcpStream::new(F::default(), Limits::default()));
        let segment = Segment {
            sequence: tcp.sequence,
            syn: tcp.syn,
            payload,
            wire_length,
            arrival: Arrival {
                time: packet.seen.time,
                packet: packet.seen.packet,
            },
        };
        stream.segment(segment, &mut |item| match item {
            StreamItem::Message(message) => with(message.bytes),
            StreamItem::Gap(gap) => panic!("{gap:?}"),
        });
    });
}

fn route(fields: &mut Fields, route: &Route, unicast_field: &str) {
    for label in &route.labels {
        add(fields, "bgp.label_stack", format!("{label} (bottom)"));
    }
    // tshark has this field for VPNv4 only.
    if let (Some(distinguisher), Destination::Prefix(ipnet::IpNet::V4(_))) = (route.distinguisher, route.destination) {
        add(fields, "bgp.rd", distinguisher);
    }
    match route.destination {
        Destination::Prefix(prefix) => add(fields, unicast_field, prefix.addr()),
        Destination::VplsBlock {
            site,
            offset,
            size,
            label_base,
        } => {
            add(fields, "bgp.vplsbgp.ce_id", site);
            add(fields, "bgp.vplsbgp.labelblock.offset", offset);
            add(fields, "bgp.vplsbgp.labelblock.size", size);
            // tshark does not show the label base.
            add(fields, "label base", label_base);
        }
        Destination::DiscoveredPe(_) => {}
    }
}

fn bgp_fields(capture: &[u8]) -> Fields {
    let mut fields = Fields::new();
    let negotiated = Negotiated {
        four_octet_as: Some(true),
        add_path: Some(Vec::new()),
    };
    messages::<BgpFraming>(capture, 179, |bytes| {
        let fields = &mut fields;
        add(fields, "bgp.type", bytes[18]);
        match Message::decode(bytes, &negotiated).expect("a message") {
            Message::Open(open) => {
                add(fields, "bgp.open.version", open.version);
                add(fields, "bgp.open.myas", open.my_as);
                add(fields, "bgp.open.holdtime", open.hold_time);
                add(fields, "bgp.open.identifier", open.identifier);
                for capability in &open.capabilities {
                    match capability {
                        Capability::Multiprotocol(family) => {
                            add(fields, "bgp.cap.mp.afi", family.afi);
                            add(fields, "bgp.cap.mp.safi", family.safi);
                        }
                        Capability::GracefulRestart { time, .. } => add(fields, "bgp.cap.gr.timers.restart_time", time),
                        Capability::FourOctetAs(number) => add(fields, "bgp.cap.4as", number),
                        _ => {}
                    }
                }
            }
            Message::Update(update) => {
                assert_eq!(update.faults, []);
                for withdrawn in &update.withdrawn {
                    route(fields, withdrawn, "bgp.withdrawn_prefix");
                }
                let attributes = &update.attributes;
                if let Some(origin) = attributes.origin {
                    let code = [Origin::Igp, Origin::Egp, Origin::Incomplete];
                    let code = code.iter().position(|other| *other == origin).expect("one of three");
                    add(fields, "bgp.update.path_attribute.origin", code);
                }
                for segment in attributes.as_path.iter().flat_map(|path| &path.segments) {
                    add(fields, "bgp.update.path_attribute.as_path_segment.type", segment.kind);
                    for number in &segment.numbers {
                        add(fields, "bgp.update.path_attribute.as_path_segment.as4", number);
                    }
                }
                if let Some(next_hop) = attributes.next_hop {
                    add(fields, "bgp.update.path_attribute.next_hop", next_hop);
                }
                if let Some(med) = attributes.med {
                    add(fields, "bgp.update.path_attribute.multi_exit_disc", med);
                }
                if let Some(preference) = attributes.local_pref {
                    add(fields, "bgp.update.path_attribute.local_pref", preference);
                }
                if let Some(originator) = attributes.originator {
                    add(fields, "bgp.update.path_attribute.originator_id", originator);
                }
                for community in &attributes.extended_communities {
                    if let ExtendedCommunity::Layer2Info(info) = community {
                        add(fields, "bgp.ext_com_l2.c_flags", info.control_flags);
                        add(fields, "bgp.ext_com_l2.l2_mtu", info.mtu);
                    }
                }
                if let Some(reach) = &update.reach {
                    add(fields, "bgp.update.path_attribute.mp_reach_nlri.afi", reach.family.afi);
                    add(
                        fields,
                        "bgp.update.path_attribute.mp_reach_nlri.safi",
                        reach.family.safi,
                    );
                    if let NextHop::V4(_, address) = reach.next_hop {
                        add(fields, "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv4", address);
                    }
                    for one in reach.routes.read() {
                        let name = if reach.family.afi == 1 {
                            "bgp.mp_reach_nlri_ipv4_prefix"
                        } else if reach.family == Family::VPNV6 {
                            // tshark has no field of its own for them.
                            "VPNv6 prefix"
                        } else {
                            "bgp.mp_reach_nlri_ipv6_prefix"
                        };
                        route(fields, one, name);
                    }
                }
                if let Some(unreach) = &update.unreach {
                    add(
                        fields,
                        "bgp.update.path_attribute.mp_unreach_nlri.afi",
                        unreach.family.afi,
                    );
                    add(
                        fields,
                        "bgp.update.path_attribute.mp_unreach_nlri.safi",
                        unreach.family.safi,
                    );
                    for one in unreach.routes.read() {
                        let name = if unreach.family.afi == 1 {
                            "bgp.mp_unreach_nlri_ipv4_prefix"
                        } else {
                            "bgp.mp_unreach_nlri_ipv6_prefix"
                        };
                        route(fields, one, name);
                    }
                }
                for announced in &update.announced {
                    route(fields, announced, "bgp.nlri_prefix");
                }
            }
            Message::Notification(notification) => {
                add(fields, "bgp.notify.major_error", notification.code);
                add(fields, "bgp.notify.minor_error_cease", notification.subcode);
            }
            Message::RouteRefresh { family, .. } => {
                add(fields, "bgp.route_refresh.afi", family.afi);
                add(fields, "bgp.route_refresh.safi", family.safi);
            }
            Message::Keepalive | Message::Unknown { .. } => {}
        }
    });
    fields
}

#[test]
fn bgp_is_read_as_tshark_reads_it() {
    for size in [1_460, 64] {
        let capture = samples::all(size);
        let ours = bgp_fields(&capture);
        assert_eq!(ours["label base"], ["800000", "800000"]);
        assert_eq!(ours["VPNv6 prefix"], ["2001:db8:1::"]);
        let names: Vec<_> = ours
            .keys()
            .map(String::as_str)
            .filter(|name| name.starts_with("bgp."))
            .collect();
        assert!(names.len() >= 30, "{names:?}");
        compare(&capture, &names, &ours);
    }
}

fn ldp_fields(capture: &[u8]) -> Fields {
    let mut fields = Fields::new();
    let mut pdus = Vec::new();
    messages::<LdpFraming>(capture, 646, |bytes| pdus.push(bytes.to_vec()));
    each(capture, |packet| {
        if let Carried::Udp {
            destination_port: 646,
            payload,
            ..
        } = packet.carried
        {
            pdus.push(payload.to_vec());
        }
    });
    for pdu in pdus {
        let pdu = Pdu::decode(&pdu).expect("a PDU");
        assert_eq!(pdu.faults, []);
        let fields = &mut fields;
        add(fields, "ldp.hdr.ldpid.lsr", pdu.router);
        for message in pdu.messages {
            add(fields, "ldp.msg.id", message.id);
            let (fecs, label) = match message.body {
                Body::Hello { hold_time, .. } => {
                    add(fields, "ldp.msg.tlv.hello.hold", hold_time);
                    continue;
                }
                Body::Initialization { keepalive_time, .. } => {
                    add(fields, "ldp.msg.tlv.sess.ka", keepalive_time);
                    continue;
                }
                Body::Address { addresses, .. } => {
                    for address in addresses {
                        add(fields, "ldp.msg.tlv.addrl.addr", address);
                    }
                    continue;
                }
                Body::Mapping { fecs, label, .. } | Body::Withdraw { fecs, label } | Body::Release { fecs, label } => {
                    (fecs, label)
                }
                Body::Notification {
                    status, fatal, fecs, ..
                } => {
                    add(fields, "ldp.msg.tlv.status.data", status);
                    add(fields, "ldp.msg.tlv.status.ebit", u8::from(fatal));
                    (fecs, None)
                }
                _ => continue,
            };
            for fec in fecs {
                match fec {
                    Fec::Prefix(prefix) => {
                        add(fields, "ldp.msg.tlv.fec.len", prefix.prefix_len());
                        add(fields, "ldp.msg.tlv.fec.pfval", prefix.addr());
                    }
                    Fec::Pseudowire(pseudowire) => {
                        add(fields, "ldp.msg.tlv.fec.pw.pwtype", pseudowire.kind);
                        add(
                            fields,
                            "ldp.msg.tlv.fec.pw.controlword",
                            u8::from(pseudowire.control_word),
                        );
                        if let PseudowireId::Pwid { group, id: Some(id) } = pseudowire.id {
                            add(fields, "ldp.msg.tlv.fec.pw.groupid", group);
                            add(fields, "ldp.msg.tlv.fec.pw.pwid", id);
                        }
                        if let Some(mtu) = pseudowire.mtu {
                            add(fields, "ldp.msg.tlv.fec.vc.intparam.mtu", mtu);
                        }
                        if let Some(bits) = pseudowire.flow_label {
                            add(fields, "ldp.msg.tlv.fec.vc.intparam.flowlabel.t", u8::from(bits.sends));
                            add(
                                fields,
                                "ldp.msg.tlv.fec.vc.intparam.flowlabel.r",
                                u8::from(bits.receives),
                            );
                        }
                    }
                    _ => {}
                }
            }
            if let Some(label) = label {
                add(fields, "ldp.msg.tlv.generic.label", label);
            }
        }
    }
    fields
}

#[test]
fn ldp_is_read_as_tshark_reads_it() {
    for size in [1_460, 33] {
        let capture = samples::all(size);
        let ours = ldp_fields(&capture);
        let names: Vec<_> = ours.keys().map(String::as_str).collect();
        assert!(names.len() >= 15, "{names:?}");
        compare(&capture, &names, &ours);
    }
}

#[test]
fn ospf_isis_and_vrrp_are_read_as_tshark_reads_them() {
    let capture = samples::all(1_460);
    let mut ours = Fields::new();
    each(&capture, |packet| match packet.carried {
        Carried::Ip {
            protocol: 89, payload, ..
        } => {
            let packet = ospf::Packet::decode(payload).expect("a packet");
            add(&mut ours, "ospf.srcrouter", packet.router);
            add(&mut ours, "ospf.area_id", packet.area);
            match packet.body {
                ospf::Body::Hello(hello) => {
                    add(&mut ours, "ospf.hello.hello_interval", hello.hello_interval);
                    add(&mut ours, "ospf.hello.router_dead_interval", hello.dead_interval);
                    add(&mut ours, "ospf.hello.router_priority", hello.priority);
                    add(&mut ours, "ospf.hello.designated_router", hello.designated_router);
                    for neighbor in hello.neighbors {
                        add(&mut ours, "ospf.hello.active_neighbor", neighbor);
                    }
                }
                ospf::Body::Update(headers) => {
                    for header in headers {
                        add(&mut ours, "ospf.lsa.age", header.age);
                        add(&mut ours, "ospf.lsa.id", header.key.id);
                        add(&mut ours, "ospf.lsa.seqnum", header.sequence.cast_unsigned());
                        add(&mut ours, "ospf.lsa.length", header.length);
                        add(&mut ours, "ospf.advrouter", header.key.router);
                    }
                }
                _ => {}
            }
        }
        Carried::Ip {
            protocol: 112, payload, ..
        } => {
            let said = Advertisement::decode(payload, false).expect("an advertisement");
            add(&mut ours, "vrrp.version", said.version);
            add(&mut ours, "vrrp.virt_rtr_id", said.id);
            add(&mut ours, "vrrp.prio", said.priority);
            add(&mut ours, "vrrp.short_adver_int", said.interval_ms / 10);
            for address in said.addresses {
                add(&mut ours, "vrrp.ip_addr", address);
            }
        }
        Carried::Llc { payload, .. } => match isis::Pdu::decode(payload).expect("IS-IS").expect("a PDU") {
            isis::Pdu::PointToPointHello {
                source, holding_time, ..
            } => {
                add(&mut ours, "isis.hello.source_id", source);
                add(&mut ours, "isis.hello.holding_timer", holding_time);
            }
            isis::Pdu::Lsp(lsp) => {
                add(&mut ours, "isis.lsp.lsp_id", lsp.id);
                add(&mut ours, "isis.lsp.sequence_number", lsp.sequence);
                add(&mut ours, "isis.lsp.remaining_life", lsp.lifetime);
            }
            _ => {}
        },
        _ => {}
    });
    let names: Vec<_> = ours.keys().map(String::as_str).collect();
    assert!(names.len() >= 18, "{names:?}");
    compare(&capture, &names, &ours);
}
