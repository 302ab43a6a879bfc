//! The lines of a plain routing table as devices print them nearly always, read eight and sixteen bytes at a time.
//! Whatever is unusual is refused here and read by [`plain_row`](super::plain_row), to the same result.

// Small steps in one chain: a call for each costs more than the step.
#![allow(clippy::inline_always)]

use std::net::{IpAddr, Ipv4Addr};

use super::plain_row::PlainRow;

const ONES: u128 = u128::from_le_bytes([1; 16]);
const HIGH_BITS: u128 = u128::from_le_bytes([0x80; 16]);
const BLANKS: u128 = u128::from_le_bytes([b' '; 16]);

/// Reads the row in the line that begins at an offset; also returns where the next line begins. Refuses, among
/// others, lines close to the end of the text and next hops of IPv6.
#[inline(always)]
pub(super) fn quick_row(text: &str, start: usize) -> Option<(PlainRow<'_>, usize)> {
    let bytes = text.as_bytes();
    let mut at = blanks_end(bytes, start)?;
    let mut prefix = None;
    if bytes.get(at)?.is_ascii_digit() {
        let (address, end) = address(bytes, at)?;
        if bytes.get(end) != Some(&b'/') {
            return None;
        }
        let (length, end) = number(bytes, end + 1)?;
        if length > 32 {
            return None;
        }
        prefix = Some((address, length as u8));
        at = blank(bytes, end)?;
    }
    let end = word_end(bytes, at)?;
    let protocol = text.get(at..end)?;
    if !protocol.as_bytes().first()?.is_ascii_alphabetic() {
        return None;
    }
    let (preference, end) = number(bytes, blank(bytes, end)?)?;
    let preference = u16::try_from(preference).ok()?;
    let (cost, end) = number(bytes, blank(bytes, end)?)?;
    at = blank(bytes, end)?;
    let mut end = at;
    while let b'R' | b'D' | b'T' | b'B' = bytes.get(end)? {
        end += 1;
    }
    let flags = text.get(at..end)?;
    if end > at {
        at = blank(bytes, end)?;
    }
    let (next_hop, end) = address(bytes, at)?;
    at = blank(bytes, end)?;
    let end = word_end(bytes, at)?;
    let interface = text.get(at..end)?;
    let mut line_end = blanks_end(bytes, end)?;
    line_end += usize::from(bytes.get(line_end) == Some(&b'\r'));
    if interface.is_empty() || bytes.get(line_end) != Some(&b'\n') {
        return None;
    }
    let row = PlainRow {
        prefix,
        protocol,
        preference,
        cost,
        flags,
        next_hop: IpAddr::V4(Ipv4Addr::from(next_hop)),
        interface,
    };
    Some((row, line_end + 1))
}

#[inline(always)]
fn sixteen(bytes: &[u8], at: usize) -> Option<u128> {
    bytes.get(at..)?.first_chunk().copied().map(u128::from_le_bytes)
}

/// Where the blanks that begin here end.
#[inline(always)]
fn blanks_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let others = sixteen(bytes, at)? ^ BLANKS;
        if others != 0 {
            return Some(at + (others.trailing_zeros() / 8) as usize);
        }
        at += 16;
    }
}

/// Where the blanks that begin here end; at least one is here.
#[inline(always)]
fn blank(bytes: &[u8], at: usize) -> Option<usize> {
    let end = blanks_end(bytes, at)?;
    (end > at).then_some(end)
}

/// Where the word that begins here ends: before a blank or any control character.
#[inline(always)]
fn word_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let chunk = sixteen(bytes, at)?;
        // The lowest byte below 0x21 has its high bit set here; higher ones may be wrong by a borrow.
        let ends = chunk.wrapping_sub(ONES * 0x21) & !chunk & HIGH_BITS;
        if ends != 0 {
            return Some(at + (ends.trailing_zeros() / 8) as usize);
        }
        at += 16;
    }
}

/// A number of up to seven digits and where it ends.
#[inline(always)]
fn number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let eight = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let digits = eight ^ 0x3030_3030_3030_3030;
    // Digits are below ten now; the lowest other byte has its high bit set here.
    let others = (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    let bits = others.trailing_zeros() & !7;
    if bits == 0 || others == 0 {
        return None;
    }
    // As eight digits with leading zeros, then pairs, fours and all of them.
    let mut value = digits << (64 - bits);
    value = (value.wrapping_mul(10) + (value >> 8)) & 0x00FF_00FF_00FF_00FF;
    value = (value.wrapping_mul(100) + (value >> 16)) & 0x0000_FFFF_0000_FFFF;
    value = (value.wrapping_mul(10_000) + (value >> 32)) & 0xFFFF_FFFF;
    Some((value as u32, at + (bits / 8) as usize))
}

/// An address of IPv4 and where it ends. Doubts are gathered on the way and asked once.
#[inline(always)]
fn address(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let chunk = sixteen(bytes, at)?;
    let (mut low, mut high) = (chunk as u64, (chunk >> 64) as u64);
    let (mut address, mut length, mut wrong) = (0_u32, 0, false);
    for octet in 0..4 {
        let digits = low as u32 ^ 0x3030_3030;
        let others = (digits.wrapping_add(0x7676_7676) | digits) & 0x8080_8080;
        let bits = others.trailing_zeros() & 0x38;
        // One to three digits, right-aligned with leading zeros.
        wrong |= bits.wrapping_sub(8) > 16;
        let digits = digits.wrapping_shl(32_u32.wrapping_sub(bits));
        let value = (digits >> 8 & 0xFF) * 100 + (digits >> 16 & 0xFF) * 10 + (digits >> 24);
        wrong |= value > 255;
        address = address << 8 | value & 0xFF;
        length += bits / 8;
        if octet < 3 {
            wrong |= (low >> bits) as u8 != b'.';
            let passed = bits + 8;
            low = low >> passed | high << (64 - passed);
            high >>= passed;
            length += 1;
        }
    }
    (!wrong).then_some((address, at + length as usize))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::plain_row::plain_row;
    use super::*;

    const AFTER: &str = "and so on, for longer than sixteen bytes\n";

    fn quick(line: &str) -> Option<String> {
        let text = format!("{line}\n{AFTER}");
        let (row, end) = quick_row(&text, 0)?;
        assert_eq!(&text[end..], AFTER);
        Some(format!("{row:?}"))
    }

    #[test]
    fn usual_rows_are_read() {
        for line in [
            "        1.1.1.1/32 Static 60  0         RD 10.1.1.1       GigabitEthernet0/3/0",
            "255.255.255.255/32  Direct 0    0           D  127.0.0.1       InLoopBack0   \r",
            "                    OSPF   10   1234567         33.33.33.2     GigabitEthernet0/2/0.100",
        ] {
            assert_eq!(quick(line), plain_row(line.trim_end()).map(|row| format!("{row:?}")));
            assert!(quick(line).is_some(), "{line}");
        }
    }

    #[test]
    fn every_number_is_read() {
        for value in (0..10_000_000_u32).step_by(997).chain([0, 9, 10, 99, 9_999_999]) {
            let text = format!("{value} and so on");
            assert_eq!(number(text.as_bytes(), 0), Some((value, value.to_string().len())));
        }
        assert_eq!(number(b"12345678 and so on", 0), None);
        assert_eq!(number(b"x and so on", 0), None);
    }

    #[test]
    fn every_address_is_read() {
        for value in 0..=255_u8 {
            for octets in [
                [value, 2, 33, 255],
                [1, value, 255, 0],
                [255, 255, value, 7],
                [10, 0, 0, value],
            ] {
                let address = Ipv4Addr::from(octets);
                let text = format!("{address} and so on and on");
                let expected = (u32::from(address), address.to_string().len());
                assert_eq!(super::address(text.as_bytes(), 0), Some(expected));
            }
        }
        for bad in [
            "256.1.1.1",
            "1.1.1.256",
            "1.1.1",
            "1.1.1.1000",
            "1..1.1",
            "1.1.1.",
            "a.1.1.1",
            ".1.1.1",
            "1,1.1.1",
        ] {
            let text = format!("{bad} and so on and on");
            assert_eq!(super::address(text.as_bytes(), 0), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_quickly_is_read_the_same_at_leisure(
            line in r"( {0,20}|\t)([0-9.]{7,9}|10\.1\.2\.[0-9]{1,3})?(/[0-9]{1,2})? {1,3}[A-Z_]{0,8} +[0-9]{1,6} +[0-9]{1,11} +[RDTBX]{0,3} *10\.0\.[0-9]{1,3}\.[0-9]{1,3} +[A-Za-zé0-9/]{1,30} {0,2}",
        ) {
            if let Some(row) = quick(&line) {
                prop_assert_eq!(Some(row), plain_row(&line).map(|row| format!("{row:?}")));
            }
        }
    }
}
