//! Writes captures with known truth, octet by octet. Shares nothing with what reads them.

use std::path::{Path, PathBuf};

/// When everything begins, in nanoseconds since 1970.
pub const BEGIN: i64 = 1_700_000_000_000_000_000;
pub const MS: i64 = 1_000_000;

/// A packet: when it is captured, and its octets from the Ethernet header on.
pub type Packet = (i64, Vec<u8>);

/// Addresses and ports of a flow from 10.3.1.2 to 1.1.1.1.
pub fn forward(flow: u16) -> Ends {
    Ends {
        source: [10, 3, 1, 2],
        destination: [1, 1, 1, 1],
        ports: (20_000 + flow, 7000),
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Ends {
    pub source: [u8; 4],
    pub destination: [u8; 4],
    pub ports: (u16, u16),
}

impl Ends {
    pub fn reversed(self) -> Self {
        Self {
            source: self.destination,
            destination: self.source,
            ports: (self.ports.1, self.ports.0),
        }
    }
}

/// The IPv4 packet of a probe: `number`, sent at `at`.
pub fn probe(ends: Ends, ttl: u8, number: u64, at: i64) -> Vec<u8> {
    let mut payload = b"SEQ1".to_vec();
    payload.extend(u32::from(ends.ports.0).to_be_bytes());
    payload.extend(number.to_be_bytes());
    payload.extend(at.to_be_bytes());
    ipv4_udp(ends, ttl, &payload)
}

/// The two parts of a datagram with this number, of which the first has 1,480 octets behind its IPv4 header.
pub fn in_parts(mut packet: Vec<u8>, number: u16) -> [Vec<u8>; 2] {
    const FIRST: usize = 20 + 1_480;
    packet[4..6].copy_from_slice(&number.to_be_bytes());
    let part = |payload: &[u8], flags_and_offset: u16| {
        let mut part = packet[..20].to_vec();
        part[2..4].copy_from_slice(&(20 + payload.len() as u16).to_be_bytes());
        part[6..8].copy_from_slice(&flags_and_offset.to_be_bytes());
        part[10..12].fill(0);
        part.extend(payload);
        part
    };
    [part(&packet[20..FIRST], 0x2000), part(&packet[FIRST..], 1_480 / 8)]
}

pub fn ipv4_udp(ends: Ends, ttl: u8, payload: &[u8]) -> Vec<u8> {
    let mut udp = ends.ports.0.to_be_bytes().to_vec();
    udp.extend(ends.ports.1.to_be_bytes());
    udp.extend((8 + payload.len() as u16).to_be_bytes());
    udp.extend([0, 0]);
    udp.extend(payload);
    let mut packet = vec![0x45, 0];
    packet.extend((20 + udp.len() as u16).to_be_bytes());
    packet.extend([0, 0, 0, 0, ttl, 17, 0, 0]);
    packet.extend(ends.source);
    packet.extend(ends.destination);
    let sum: u32 = packet
        .chunks(2)
        .map(|two| u32::from(two[0]) << 8 | u32::from(two[1]))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = !((folded & 0xffff) + (folded >> 16)) as u16;
    packet[10..12].copy_from_slice(&folded.to_be_bytes());
    packet.extend(udp);
    packet
}

/// What a BFD control packet says: its state and diagnostic.
#[derive(Debug, Clone, Copy)]
pub struct Bfd {
    pub state: u8,
    pub diagnostic: u8,
}

impl Bfd {
    pub const UP: Self = Self {
        state: 3,
        diagnostic: 0,
    };
    /// Nothing was heard for the detection time.
    pub const DOWN: Self = Self {
        state: 1,
        diagnostic: 1,
    };
    pub const ADMIN_DOWN: Self = Self {
        state: 0,
        diagnostic: 7,
    };
}

/// The IPv4 packet of a single-hop BFD session between 10.1.1.1 and 10.1.1.2 from the end `own`, 1 or 2: 10 ms and three of
/// them.
pub fn bfd(own: u8, says: Bfd) -> Vec<u8> {
    let ends = Ends {
        source: [10, 1, 1, own],
        destination: [10, 1, 1, 3 - own],
        ports: (49_152, 3784),
    };
    let mut control = vec![
        0x20 | says.diagnostic,
        says.state << 6,
        3,
        24,
        0,
        0,
        0,
        own,
        0,
        0,
        0,
        3 - own,
    ];
    for interval in [10_000_u32, 10_000, 0] {
        control.extend(interval.to_be_bytes());
    }
    ipv4_udp(ends, 255, &control)
}

/// A frame from one station to another, by the last octet of their addresses.
pub fn between((from, to): (u8, u8), ip: &[u8]) -> Vec<u8> {
    let mut frame = ethernet(ip);
    (frame[5], frame[11]) = (to, from);
    frame
}

/// A frame of the EtherType for local experiments from one station to another, by the last octets of their addresses.
pub fn non_ip(from: u16, to: u16) -> Vec<u8> {
    let mut frame = Vec::new();
    for station in [to, from] {
        frame.extend([2, 0, 0, 1]);
        frame.extend(station.to_be_bytes());
    }
    frame.extend([0x88, 0xb5]);
    frame.resize(60, 0);
    frame
}

pub fn ethernet(ip: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    frame.extend(if ip[0] >> 4 == 6 { [0x86, 0xdd] } else { [8, 0] });
    frame.extend(ip);
    frame
}

/// A label of a stack.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub label: u32,
    pub ttl: u8,
    pub bottom: bool,
}

/// Labels with their TTL, the last at the bottom.
pub fn stack(labels: &[(u32, u8)]) -> Vec<Entry> {
    let last = labels.len() - 1;
    let labels = labels.iter().enumerate();
    labels
        .map(|(place, (label, ttl))| Entry {
            label: *label,
            ttl: *ttl,
            bottom: place == last,
        })
        .collect()
}

/// What stands below labels.
pub fn labelled(stack: &[Entry], below: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 4, 0x88, 0x47];
    for entry in stack {
        frame.extend((entry.label << 12 | u32::from(entry.bottom) << 8 | u32::from(entry.ttl)).to_be_bytes());
    }
    frame.extend(below);
    frame
}

/// A frame in a pseudowire, behind a control word or not.
pub fn carried(control_word: bool, ip: &[u8]) -> Vec<u8> {
    let mut below = if control_word { vec![0; 4] } else { Vec::new() };
    below.extend([0, 0x16, 0x3e, 0, 0, 1, 0, 0x16, 0x3e, 0, 0, 2, 8, 0]);
    below.extend(ip);
    below
}

/// A pcap in nanoseconds; of each packet at most `snap` octets.
pub fn pcap_cut(path: &Path, packets: &[Packet], snap: usize) -> PathBuf {
    let mut file = Vec::new();
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    for (at, octets) in packets {
        let kept = &octets[..octets.len().min(snap)];
        for word in [
            (at / 1_000_000_000) as u32,
            (at % 1_000_000_000) as u32,
            kept.len() as u32,
            octets.len() as u32,
        ] {
            file.extend(word.to_le_bytes());
        }
        file.extend(kept);
    }
    std::fs::write(path, file).unwrap();
    path.to_owned()
}

pub fn pcap(path: &Path, packets: &[Packet]) -> PathBuf {
    pcap_cut(path, packets, usize::MAX)
}

/// An interface of a pcapng: its name, if it has one, and how many packets it says were dropped.
#[derive(Debug, Clone, Copy)]
pub struct Port<'a> {
    pub name: Option<&'a str>,
    pub dropped: Option<u64>,
}

pub fn named(name: &str) -> Port<'_> {
    Port {
        name: Some(name),
        dropped: None,
    }
}

/// A pcapng of one section in nanoseconds; each packet with the number of its interface.
pub fn pcapng(path: &Path, ports: &[Port<'_>], packets: &[(u32, Packet)]) -> PathBuf {
    let mut file = Vec::new();
    let block = |file: &mut Vec<u8>, kind: u32, body: &[u8]| {
        let padded = body.len().next_multiple_of(4);
        let length = 12 + padded as u32;
        file.extend(kind.to_le_bytes());
        file.extend(length.to_le_bytes());
        file.extend(body);
        file.resize(file.len() + padded - body.len(), 0);
        file.extend(length.to_le_bytes());
    };
    let option = |body: &mut Vec<u8>, code: u16, value: &[u8]| {
        body.extend(code.to_le_bytes());
        body.extend((value.len() as u16).to_le_bytes());
        body.extend(value);
        body.resize(body.len().next_multiple_of(4), 0);
    };
    let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    body.extend([1, 0, 0, 0]);
    body.extend(u64::MAX.to_le_bytes());
    block(&mut file, 0x0a0d_0d0a, &body);
    for port in ports {
        let mut body = vec![1, 0, 0, 0, 0, 0, 0, 0];
        if let Some(name) = port.name {
            option(&mut body, 2, name.as_bytes());
        }
        option(&mut body, 9, &[9]);
        option(&mut body, 0, &[]);
        block(&mut file, 1, &body);
    }
    for (port, (at, octets)) in packets {
        let mut body = port.to_le_bytes().to_vec();
        body.extend(((*at as u64 >> 32) as u32).to_le_bytes());
        body.extend((*at as u64 as u32).to_le_bytes());
        body.extend((octets.len() as u32).to_le_bytes());
        body.extend((octets.len() as u32).to_le_bytes());
        body.extend(octets);
        block(&mut file, 6, &body);
    }
    for (number, port) in ports.iter().enumerate() {
        let Some(dropped) = port.dropped else { continue };
        let mut body = (number as u32).to_le_bytes().to_vec();
        body.extend([0; 8]);
        option(&mut body, 5, &dropped.to_le_bytes());
        option(&mut body, 0, &[]);
        block(&mut file, 5, &body);
    }
    std::fs::write(path, file).unwrap();
    path.to_owned()
}
