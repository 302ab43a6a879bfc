//! One line of a plain routing table, read byte by byte: a million of them must be read in a fraction of a second.

use std::net::{IpAddr, Ipv4Addr};

/// A line that shows one next hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlainRow<'a> {
    /// Network address and length; `None` on the line of a further next hop, whose destination is blank.
    pub prefix: Option<(u32, u8)>,
    /// Source as printed.
    pub protocol: &'a [u8],
    /// Preference.
    pub preference: u16,
    /// Cost.
    pub cost: u32,
    /// Flag letters as printed, all of them known; empty where the column is blank.
    pub flags: &'a [u8],
    /// Next hop.
    pub next_hop: IpAddr,
    /// Outgoing interface, or the name of a tunnel or policy, as printed.
    pub interface: &'a [u8],
}

/// Reads `1.1.1.1/32  Static 60  0   RD  10.1.1.1  GigabitEthernet0/3/0`; columns may stand anywhere.
pub(super) fn plain_row(line: &str) -> Option<PlainRow<'_>> {
    let mut cursor = Cursor {
        bytes: line.as_bytes(),
        at: 0,
    };
    cursor.skip_blanks();
    let prefix = if cursor.peek()?.is_ascii_digit() {
        let address = cursor.address()?;
        cursor.byte(b'/')?;
        let length = u8::try_from(cursor.number()?).ok().filter(|length| *length <= 32)?;
        cursor.blank()?;
        Some((address, length))
    } else {
        None
    };
    let protocol = cursor.word(line);
    if !protocol.as_bytes().first()?.is_ascii_alphabetic() {
        return None;
    }
    cursor.blank()?;
    let preference = u16::try_from(cursor.number()?).ok()?;
    cursor.blank()?;
    let cost = cursor.number()?;
    cursor.blank()?;
    let mut flags = "";
    if cursor.peek()?.is_ascii_uppercase() {
        let start = cursor.at;
        while let Some(b'R' | b'D' | b'T' | b'B') = cursor.peek() {
            cursor.at += 1;
        }
        flags = &line[start..cursor.at];
        if cursor.blank().is_none() {
            // An address of IPv6 may begin with letters that are flags, too: the column of flags is blank.
            flags = "";
            cursor.at = start;
        }
    }
    let next_hop = cursor.next_hop(line)?;
    cursor.blank()?;
    let start = cursor.at;
    let mut interface = cursor.word(line);
    cursor.skip_blanks();
    if cursor.peek().is_some() {
        interface = line[start..].trim_end();
        if !is_name_of_words(interface) {
            return None;
        }
    }
    if interface.is_empty() {
        return None;
    }
    Some(PlainRow {
        prefix,
        protocol: protocol.as_bytes(),
        preference,
        cost,
        flags: flags.as_bytes(),
        next_hop,
        interface: interface.as_bytes(),
    })
}

/// `SRv6-TE Policy`, `SRv6-TE Flow Group`: the only outgoing "interfaces" of several words.
fn is_name_of_words(interface: &str) -> bool {
    interface.starts_with("SR") && !interface.contains("  ") && interface.split(' ').count() <= 4
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Blanks make up a third of a table: they are skipped eight at a time.
    #[inline]
    fn skip_blanks(&mut self) {
        const BLANKS: u64 = u64::from_le_bytes(*b"        ");
        while let Some(eight) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let others = u64::from_le_bytes(*eight) ^ BLANKS;
            if others != 0 {
                self.at += (others.trailing_zeros() / 8) as usize;
                break;
            }
            self.at += 8;
        }
        while let Some(b' ' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// At least one blank.
    #[inline]
    fn blank(&mut self) -> Option<()> {
        let start = self.at;
        self.skip_blanks();
        (self.at > start).then_some(())
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// A number that fits 32 bits.
    #[inline]
    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        let mut value: u32 = 0;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            value = value.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?;
            self.at += 1;
        }
        (self.at > start).then_some(value)
    }

    /// An IPv4 address.
    #[inline]
    fn address(&mut self) -> Option<u32> {
        let mut address = self.octet()?;
        for _ in 0..3 {
            self.byte(b'.')?;
            address = address << 8 | self.octet()?;
        }
        Some(address)
    }

    #[inline]
    fn octet(&mut self) -> Option<u32> {
        let digit = |byte: Option<&u8>| {
            byte.map(|byte| u32::from(byte.wrapping_sub(b'0')))
                .filter(|digit| *digit < 10)
        };
        let rest = self.bytes.get(self.at..)?;
        let mut value = digit(rest.first())?;
        let mut length = 1;
        while let Some(next) = digit(rest.get(length)) {
            value = value * 10 + next;
            length += 1;
            if value > 255 {
                return None;
            }
        }
        self.at += length;
        Some(value)
    }

    /// Up to the next blank.
    #[inline]
    fn word<'t>(&mut self, line: &'t str) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte != b' ' && byte != b'\t') {
            self.at += 1;
        }
        &line[start..self.at]
    }

    #[inline]
    fn next_hop(&mut self, line: &str) -> Option<IpAddr> {
        let start = self.at;
        if let Some(address) = self.address()
            && self.peek().is_none_or(|byte| byte == b' ' || byte == b'\t')
        {
            return Some(IpAddr::V4(Ipv4Addr::from(address)));
        }
        self.at = start;
        let word = self.word(line);
        word.contains(':').then(|| word.parse().ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_stand_anywhere() {
        for line in [
            "        1.1.1.1/32 Static 60  0         RD 10.1.1.1       GigabitEthernet0/3/0",
            "1.1.1.1/32\tStatic\t60\t0\tRD\t10.1.1.1\tGigabitEthernet0/3/0   ",
        ] {
            let row = plain_row(line).unwrap();
            assert_eq!(row.prefix, Some((0x0101_0101, 32)));
            assert_eq!(
                (row.protocol, row.preference, row.cost, row.flags),
                (&b"Static"[..], 60, 0, &b"RD"[..])
            );
            assert_eq!(row.next_hop.to_string(), "10.1.1.1");
            assert_eq!(row.interface, b"GigabitEthernet0/3/0");
        }
    }

    #[test]
    fn a_blank_destination_a_blank_flag_and_other_next_hops_are_read() {
        let row = plain_row("                    O_ASE   150  1              10.1.1.2        Eth-Trunk1.5").unwrap();
        assert_eq!((row.prefix, row.flags), (None, &b""[..]));
        let row = plain_row("  10.2.1.0/24  IBGP    255  0   RD  2001:DB8:3::3   SRv6-TE Flow Group").unwrap();
        assert_eq!(row.interface, b"SRv6-TE Flow Group");
        let row = plain_row("  10.2.1.0/24  IBGP    255  4294967295      FE80::1   policy1").unwrap();
        assert_eq!((row.flags, row.cost), (&b""[..], u32::MAX));
        assert_eq!(row.next_hop.to_string(), "fe80::1");
    }

    #[test]
    fn what_is_no_row_is_refused() {
        for line in [
            "",
            "10.1.1.0/24",
            "10.1.1.0/33 Static 60 0 RD 10.1.1.1 GE0/3/0",
            "10.1.1.256/24 Static 60 0 RD 10.1.1.1 GE0/3/0",
            "10.1.1.0/24 Static 60 0 RX 10.1.1.1 GE0/3/0",
            "10.1.1.0/24 Static 60 0 RD 10.1.1 GE0/3/0",
            "10.1.1.0/24 Static 60 0 RD 10.1.1.1.1 GE0/3/0",
            "10.1.1.0/24 Static 60 0 RD 10.1.1.1",
            "10.1.1.0/24 Static 60 0 RD 10.1.1.1 GE0/3/0 more",
            "10.1.1.0/24 Static 60 4294967296 RD 10.1.1.1 GE0/3/0",
            "10.1.1.0/24 Static x 0 RD 10.1.1.1 GE0/3/0",
            "10.1.1.0/24 60 0 RD 10.1.1.1 GE0/3/0",
        ] {
            assert_eq!(plain_row(line), None, "{line}");
        }
    }
}
