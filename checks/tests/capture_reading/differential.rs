//! The same file read by us, by tshark and by tcpdump.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use checks::capture::packet::{Layer, Roles, Upper, decode};
use checks::capture::{LinkType, Record};

use super::frames::*;
use super::writer::*;

/// Runs a tool with a file at its standard input; `None`, said by name, where it is not installed.
fn tool(test: &str, program: &str, arguments: &[&str], file: &[u8]) -> Option<String> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let Ok(mut tool) = command.spawn() else {
        println!("NOT RUN: {test} ({program} is not installed)");
        return None;
    };
    let mut input = tool.stdin.take().unwrap();
    let fed = file.to_vec();
    let feeding = std::thread::spawn(move || input.write_all(&fed));
    let output = tool.wait_with_output().unwrap();
    feeding.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// One pcapng with an interface for every link type, in nanoseconds, and every packet whole and cut in the middle.
fn every_build(order: Order) -> (Vec<u8>, Vec<&'static str>) {
    let builds = all();
    let mut link_types: Vec<u16> = builds.iter().map(|(_, link_type, _)| *link_type).collect();
    link_types.sort_unstable();
    link_types.dedup();
    let mut file = section(order);
    for link_type in &link_types {
        file.extend(interface(
            order,
            *link_type,
            0,
            &[option(order, 9, &[9]), option(order, 0, &[])],
        ));
    }
    let mut names = Vec::new();
    let mut time = 1_700_000_000_123_456_789;
    for (name, link_type, octets) in builds {
        let number = link_types.binary_search(&link_type).unwrap() as u32;
        let length = octets.len() as u32;
        file.extend(enhanced(order, number, time, &octets, length, &[]));
        names.push(name);
        time += 1_000_000_007;
    }
    (file, names)
}

const FIELDS: &[&str] = &[
    "frame.number",
    "frame.time_epoch",
    "frame.len",
    "frame.cap_len",
    "eth.src",
    "eth.dst",
    "vlan.id",
    "vlan.priority",
    "mpls.label",
    "mpls.exp",
    "mpls.bottom",
    "mpls.ttl",
    "ip.src",
    "ip.dst",
    "ip.ttl",
    "ip.len",
    "ip.frag_offset",
    "ip.flags.mf",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.hlim",
    "ipv6.plen",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "vxlan.vni",
    "gre.key",
    "sll.pkttype",
    "sll.ifindex",
    "ieee8021ad.id",
    "ieee8021ad.priority",
];

/// What tshark would print of the fields, by our reading. It leaves fragment offsets in units of eight octets.
fn our_fields(record: &Record<'_>) -> Vec<String> {
    let packet = decode(record, &Roles::new());
    let time = record.time.unwrap().as_nanoseconds();
    let collect = |pick: &dyn Fn(&Layer<'_>) -> Option<String>| -> String {
        packet.layers().filter_map(pick).collect::<Vec<_>>().join(",")
    };
    let ethernet = |pick: fn(&checks::capture::packet::Ethernet) -> String| {
        collect(&|layer| match layer {
            Layer::Ethernet(ethernet) => Some(pick(ethernet)),
            _ => None,
        })
    };
    let vlan = |service: bool, pick: fn(&checks::capture::packet::VlanTag) -> u32| {
        collect(&|layer| match layer {
            Layer::Vlan(tag) if (tag.tag_type.0 == 0x88a8) == service => Some(pick(tag).to_string()),
            _ => None,
        })
    };
    let label = |pick: fn(&checks::capture::packet::Label) -> u32| {
        collect(&|layer| match layer {
            Layer::Label(label) => Some(pick(label).to_string()),
            _ => None,
        })
    };
    let v4 = |pick: fn(checks::capture::packet::Ipv4<'_>) -> String| {
        collect(&|layer| match layer {
            Layer::Ipv4(ip) => Some(pick(*ip)),
            _ => None,
        })
    };
    let v6 = |pick: fn(checks::capture::packet::Ipv6<'_>) -> String| {
        collect(&|layer| match layer {
            Layer::Ipv6(ip) => Some(pick(*ip)),
            _ => None,
        })
    };
    let udp = |pick: fn(&checks::capture::packet::Udp) -> u16| {
        collect(&|layer| match layer {
            Layer::Udp(udp) => Some(pick(udp).to_string()),
            _ => None,
        })
    };
    let tcp = |pick: fn(&checks::capture::packet::Tcp) -> u32| {
        collect(&|layer| match layer {
            Layer::Tcp(tcp) => Some(pick(tcp).to_string()),
            _ => None,
        })
    };
    let cooked = packet.cooked();
    let mut fields = vec![
        record.number.to_string(),
        format!("{}.{:09}", time / 1_000_000_000, time % 1_000_000_000),
        record.original_length.to_string(),
        record.captured.len().to_string(),
        ethernet(|ethernet| ethernet.source.to_string()),
        ethernet(|ethernet| ethernet.destination.to_string()),
        vlan(false, |tag| u32::from(tag.vlan)),
        vlan(false, |tag| u32::from(tag.priority)),
        label(|label| label.label),
        label(|label| u32::from(label.traffic_class)),
        label(|label| u32::from(label.bottom)),
        label(|label| u32::from(label.ttl)),
        v4(|ip| ip.source().to_string()),
        v4(|ip| ip.destination().to_string()),
        v4(|ip| ip.header().ttl.to_string()),
        v4(|ip| ip.total_length().to_string()),
        v4(|ip| {
            ip.header()
                .fragment
                .map_or(0, |fragment| fragment.offset / 8)
                .to_string()
        }),
        v4(|ip| u8::from(ip.header().fragment.is_some_and(|fragment| fragment.more)).to_string()),
        v6(|ip| ip.source().to_string()),
        v6(|ip| ip.destination().to_string()),
        v6(|ip| ip.octets()[7].to_string()),
        v6(|ip| ip.payload_length().to_string()),
        udp(|udp| udp.source_port),
        udp(|udp| udp.destination_port),
        udp(|udp| udp.length),
        tcp(|tcp| u32::from(tcp.source_port)),
        tcp(|tcp| u32::from(tcp.destination_port)),
        tcp(|tcp| tcp.sequence),
        tcp(|tcp| tcp.acknowledgement),
        collect(&|layer| match layer {
            Layer::Vxlan(vxlan) => Some(vxlan.vni.to_string()),
            _ => None,
        }),
        collect(&|layer| match layer {
            Layer::Gre(gre) => gre.key.map(|key| format!("{key:#010x}")),
            _ => None,
        }),
    ];
    let outgoing = cooked.map(|cooked| {
        if cooked.direction == Some(checks::capture::Direction::Outbound) {
            4
        } else {
            0
        }
    });
    fields.push(outgoing.map_or(String::new(), |kind: u8| kind.to_string()));
    fields.push(
        cooked
            .and_then(|cooked| cooked.interface_index)
            .map_or(String::new(), |index| index.to_string()),
    );
    fields.push(vlan(true, |tag| u32::from(tag.vlan)));
    fields.push(vlan(true, |tag| u32::from(tag.priority)));
    fields
}

#[test]
fn every_build_as_tshark_sees_it() {
    for order in Order::BOTH {
        let (file, names) = every_build(order);
        let mut arguments = vec![
            "-r",
            "-",
            "-n",
            "-o",
            "ip.defragment:FALSE",
            "-o",
            "ipv6.defragment:FALSE",
            "-T",
            "fields",
            "-E",
            "separator=|",
            "-E",
            "occurrence=a",
        ];
        for field in FIELDS {
            arguments.extend(["-e", field]);
        }
        let Some(output) = tool("every_build_as_tshark_sees_it", "tshark", &arguments, &file) else {
            return;
        };
        let theirs: Vec<&str> = output.lines().collect();
        let mut ours = Vec::new();
        let mut reader = checks::capture::container::Reader::new();
        reader.feed(&file, |record| ours.push(our_fields(record)));
        reader.finish();
        assert!(reader.warnings().is_empty());
        assert_eq!(theirs.len(), names.len());
        assert_eq!(ours.len(), names.len());
        let mut differences = String::new();
        for ((theirs, ours), name) in theirs.iter().zip(&ours).zip(&names) {
            // tshark 4.0 does not read link type 219, and counts the octet of direction to no packet.
            if *name == "MPLS" || *name == "PPP with direction" {
                continue;
            }
            for ((field, their), our) in FIELDS.iter().zip(theirs.split('|')).zip(ours) {
                if !same(their, our) {
                    let _ = writeln!(differences, "{name}: {field}: tshark {their}, we {our}");
                }
            }
        }
        assert!(differences.is_empty(), "{differences}");
    }
}

/// tshark prints some numbers in hexadecimal and truth values as 0 and 1 or as words, by version.
fn same(theirs: &str, ours: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        let each = text.split(',').map(|part| {
            let part = part.strip_prefix("0x").map_or_else(
                || part.to_owned(),
                |digits| u64::from_str_radix(digits, 16).map_or(part.to_owned(), |number| number.to_string()),
            );
            match part.as_str() {
                "True" => "1".to_owned(),
                "False" => "0".to_owned(),
                _ => part,
            }
        });
        each.collect()
    };
    plain(theirs) == plain(ours)
}

/// tcpdump reads one link type a file; of the packets that it takes apart as far as we do, the last two addresses,
/// labels, tags and the time of every line are those that we find.
#[test]
fn ethernet_as_tcpdump_sees_it() {
    let builds: Vec<_> = all().into_iter().filter(|(_, link_type, _)| *link_type == 1).collect();
    for order in Order::BOTH {
        let mut file = pcap_header(order, NANO, 262_144, 1);
        for (index, (_, _, octets)) in builds.iter().enumerate() {
            let second = 1_700_000_000 + index as u32;
            file.extend(pcap_record(
                order,
                NANO,
                second,
                1 + index as u32,
                octets,
                octets.len() as u32,
            ));
        }
        let arguments = ["-r", "-", "-nn", "-e", "-tt", "--nano"];
        let Some(output) = tool("ethernet_as_tcpdump_sees_it", "tcpdump", &arguments, &file) else {
            return;
        };
        // What is within a tunnel may stand on lines of its own.
        let mut lines: Vec<String> = Vec::new();
        for line in output.lines() {
            match lines.last_mut() {
                Some(last) if !line.starts_with("1700") => last.push_str(line),
                _ => lines.push(line.to_owned()),
            }
        }
        assert_eq!(lines.len(), builds.len(), "{output}");
        let (_, records) = read(&file);
        for ((line, record), (name, _, octets)) in lines.iter().zip(&records).zip(&builds) {
            let time = record.time.unwrap();
            let written = format!("{}.{:09} ", time / 1_000_000_000, time % 1_000_000_000);
            assert!(line.starts_with(&written), "{name}: {line}");
            let borrowed = Record {
                number: record.number,
                offset: record.offset,
                interface: 0,
                link_type: LinkType(1),
                time: None,
                captured: octets,
                original_length: record.original_length,
                direction: None,
            };
            let packet = decode(&borrowed, &Roles::new());
            for tag in packet.vlans() {
                assert!(
                    line.contains(&format!("vlan {}, p {}", tag.vlan, tag.priority)),
                    "{name}: {line}"
                );
            }
            // tcpdump does not look into every tunnel.
            if name.starts_with("MPLS over UDP") || *name == "GRE, bridged" {
                continue;
            }
            for label in packet.labels() {
                let written = format!("label {}", label.label);
                // Called `exp` before RFC 5462.
                let class = |name: &str| line.contains(&format!("{name} {}", label.traffic_class));
                let ttl = format!("ttl {}", label.ttl);
                assert!(
                    line.contains(&written) && (class("tc") || class("exp")) && line.contains(&ttl),
                    "{name}: {line}"
                );
            }
            let Some(flow) = packet.flow() else { continue };
            let (Some(source), Some(destination)) = (flow.source(), flow.destination()) else {
                continue;
            };
            let expected = match (flow.ports(), packet.upper) {
                (Some(ports), Upper::Udp(_) | Upper::Tcp(_)) => {
                    format!("{source}.{} > {destination}.{}", ports.source, ports.destination)
                }
                _ => format!("{source} > {destination}"),
            };
            // Behind extension headers the ports stand apart from the addresses.
            let apart = flow.ports().is_some_and(|ports| {
                line.contains(&format!("{source} > {destination}:"))
                    && line.contains(&format!(" {} > {}:", ports.source, ports.destination))
            });
            assert!(
                line.contains(&expected) || apart,
                "{name}: expected {expected} in {line}"
            );
            if let Upper::Udp(_) = packet.upper
                && packet.ip.is_some_and(|header| header.fragment.is_none())
            {
                // Port 7000 is AFS's to tcpdump, which then prints the length in parentheses.
                let length = packet.payload_length;
                let written = [format!("length {length}"), format!("({length})")];
                assert!(written.iter().any(|written| line.contains(written)), "{name}: {line}");
            }
        }
    }
}
