//! The lines of a plain routing table as devices print them nearly always, read eight and sixteen bytes at a time.
//! Whatever is unusual is refused here and read by [`plain_row`](super::plain_row), to the same result.

// Small steps in one chain: a call for each costs more than the step.
#![allow(clippy::inline_always)]

use std::net::{IpAddr, Ipv4Addr};

use super::plain_row::PlainRow;

/// Longest line that is read here, in bytes without its end.
const LONGEST: usize = 127;
/// What is looked at from the line's beginning on: the line, its end, and what reading sixteen bytes at its end needs.
const WINDOW: usize = LONGEST + 2 + 15;

const BLANKS: u64 = u64::from_le_bytes([b' '; 8]);
const DOTS: u64 = u64::from_le_bytes([b'.'; 8]);
const LOW_BITS: u64 = u64::from_le_bytes([0x7F; 8]);
/// Added to a byte of ASCII it sets the high bit where the byte is above a blank.
const ABOVE_BLANK: u64 = u64::from_le_bytes([0x7F - b' '; 8]);
const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
/// Added to a byte it sets the high bit where the byte is ten or more.
const NO_DIGIT: u64 = u64::from_le_bytes([0x76; 8]);

/// Reads the row in the line that begins at an offset; also returns where the next line begins. Refuses, among
/// others, long lines, lines close to the end of the text, and next hops of IPv6.
#[inline(always)]
pub(super) fn quick_row(text: &str, start: usize) -> Option<(PlainRow<'_>, usize)> {
    let bytes = text.as_bytes();
    let window: &[u8; WINDOW] = bytes.get(start..)?.first_chunk()?;
    let end = memchr::memchr(b'\n', &window[..LONGEST + 2])?;
    let length = end - usize::from(end > 0 && window[end - 1] == b'\r');
    let mut words = words_of(window, length)?;
    let word = |(from, to): (usize, usize)| bytes.get(start + from..start + to);

    let mut at = words.next()?;
    let mut prefix = None;
    if window[at.0].is_ascii_digit() {
        // The length has one digit or two.
        let slash =
            at.1.wrapping_sub(2 + usize::from(window.get(at.1.wrapping_sub(3)) == Some(&b'/')));
        let address = address(window, (at.0, slash))?;
        let length = number(window, (slash + 1, at.1))?;
        if window.get(slash) != Some(&b'/') || length > 32 {
            return None;
        }
        prefix = Some((address, length as u8));
        at = words.next()?;
    }
    let protocol = word(at)?;
    if !window[at.0].is_ascii_alphabetic() {
        return None;
    }
    let preference = u16::try_from(number(window, words.next()?)?).ok()?;
    let cost = number(window, words.next()?)?;
    let mut flags = &bytes[..0];
    at = words.next()?;
    if window[at.0].is_ascii_uppercase() {
        flags = word(at)?;
        if !flags.iter().all(|flag| matches!(flag, b'R' | b'D' | b'T' | b'B')) {
            return None;
        }
        at = words.next()?;
    }
    let next_hop = address(window, at)?;
    let interface = word(words.next()?)?;
    if words.next().is_some() {
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
    Some((row, start + end + 1))
}

/// Where the words of a line begin and end, one bit a byte.
struct Words {
    begin: u128,
    end: u128,
}

impl Words {
    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize)> {
        if self.begin == 0 {
            return None;
        }
        let word = (self.begin.trailing_zeros() as usize, self.end.trailing_zeros() as usize);
        self.begin &= self.begin - 1;
        self.end &= self.end.wrapping_sub(1);
        Some(word)
    }
}

/// The words of the line of this length; `None` where it holds anything but letters, digits and signs of ASCII and
/// blanks. All are found before any is read, so that reading one does not wait for the one before it.
#[inline(always)]
fn words_of(window: &[u8; WINDOW], length: usize) -> Option<Words> {
    if length > LONGEST {
        return None;
    }
    let (mut words, mut others) = ([0_u8; 16], 0);
    let chunks = window.chunks_exact(8).zip(&mut words).take(length.div_ceil(8));
    let mut left = length;
    for (chunk, words) in chunks {
        let mut chunk = u64::from_le_bytes(*chunk.first_chunk()?);
        if left < 8 {
            let beyond = u64::MAX << (left * 8);
            chunk = chunk & !beyond | BLANKS & beyond;
        }
        left = left.wrapping_sub(8);
        // A high bit where a byte is below a blank or beyond ASCII.
        others |= chunk.wrapping_sub(BLANKS) | chunk;
        *words = high_bits(chunk.wrapping_add(ABOVE_BLANK));
    }
    let words = u128::from_le_bytes(words);
    (others & HIGH_BITS == 0).then_some(Words {
        begin: words & !(words << 1),
        end: !words & words << 1,
    })
}

/// The eight high bits side by side, the first byte's lowest.
#[inline(always)]
fn high_bits(bytes: u64) -> u8 {
    (((bytes & HIGH_BITS) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// A number of up to eight digits: the bytes from here to there.
#[inline(always)]
fn number(window: &[u8; WINDOW], (from, to): (usize, usize)) -> Option<u32> {
    let length = to.wrapping_sub(from);
    if length.wrapping_sub(1) > 7 {
        return None;
    }
    let eight = u64::from_le_bytes(*window.get(from..)?.first_chunk()?);
    // As eight digits with leading zeros.
    let digits = (eight ^ ZEROS) << (64 - length * 8);
    if (digits.wrapping_add(NO_DIGIT) | digits) & HIGH_BITS != 0 {
        return None;
    }
    // Pairs, fours and all of them.
    let mut value = (digits.wrapping_mul(10) + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    value = (value.wrapping_mul(100) + (value >> 16)) & 0x0000_FFFF_0000_FFFF;
    value = (value.wrapping_mul(10_000) + (value >> 32)) & 0xFFFF_FFFF;
    Some(value as u32)
}

/// An address of IPv4: the bytes of ASCII from here to there. Its dots are found before its octets are read, and
/// doubts are gathered on the way and asked once.
#[inline(always)]
fn address(window: &[u8; WINDOW], (from, to): (usize, usize)) -> Option<u32> {
    let length = to.wrapping_sub(from);
    let bytes: &[u8; 16] = window.get(from..)?.first_chunk()?;
    if length > 15 {
        return None;
    }
    let half = |at: usize| -> Option<u64> {
        let others = u64::from_le_bytes(*bytes[at..].first_chunk()?) ^ DOTS;
        // No high bit where there is a dot.
        Some(u64::from(!high_bits((others & LOW_BITS) + LOW_BITS)))
    };
    // The end counts as a last dot.
    let mut dots = (half(0)? | half(8)? << 8) & ((1 << length) - 1) | 1 << length;
    let (mut address, mut begin, mut wrong) = (0_u32, 0, false);
    for _ in 0..4 {
        let end = dots.trailing_zeros();
        dots &= dots.wrapping_sub(1);
        let digits = end.wrapping_sub(begin);
        wrong |= digits.wrapping_sub(1) > 2;
        let four = u32::from_le_bytes(*window.get(from + begin as usize..)?.first_chunk()?);
        // One to three digits, right-aligned with leading zeros.
        let octet = (four ^ ZEROS as u32).wrapping_shl(32_u32.wrapping_sub(digits.wrapping_mul(8)));
        wrong |= (octet.wrapping_add(NO_DIGIT as u32) | octet) & HIGH_BITS as u32 != 0;
        let value = (octet >> 8 & 0xFF) * 100 + (octet >> 16 & 0xFF) * 10 + (octet >> 24);
        wrong |= value > 255;
        address = address << 8 | value & 0xFF;
        begin = end.wrapping_add(1);
    }
    (!wrong && dots == 0).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::plain_row::plain_row;
    use super::*;

    /// What follows the line, for longer than is ever looked at.
    const AFTER: &str = concat!(
        "and so on and so on and so on and so on and so on and so on and so on and so on and so on and so on and so on\n",
        "and so on and so on and so on and so on and so on and so on and so on and so on and so on and so on and so on\n",
    );

    fn window(text: &str) -> [u8; WINDOW] {
        let mut window = [b' '; WINDOW];
        window[..text.len()].copy_from_slice(text.as_bytes());
        window
    }

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
        for value in (0..100_000_000_u32).step_by(9_973).chain([0, 9, 10, 99, 99_999_999]) {
            let text = value.to_string();
            assert_eq!(number(&window(&text), (0, text.len())), Some(value));
        }
        for bad in ["123456789", "x", "1x", "", "1:", "/1"] {
            assert_eq!(number(&window(bad), (0, bad.len())), None, "{bad}");
        }
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
                let text = address.to_string();
                let read = super::address(&window(&text), (0, text.len()));
                assert_eq!(read, Some(u32::from(address)));
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
            "1.1.1.1.",
            "1.1.1.1.1",
            "111.111.111.1111",
            "",
            "....",
        ] {
            assert_eq!(super::address(&window(bad), (0, bad.len())), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_quickly_is_read_the_same_at_leisure(
            line in r"( {0,20}|\t|\x01)([0-9.]{7,9}|10\.1\.2\.[0-9]{1,3})?(/[0-9]{1,2})? {1,3}[A-Z_]{0,8} +[0-9]{1,6} +[0-9]{1,11} +[RDTBX]{0,3} *10\.0\.[0-9]{1,3}\.[0-9]{1,3} +[A-Za-zé0-9/]{1,30}[ \t\r]{0,2}",
        ) {
            if let Some(row) = quick(&line) {
                prop_assert_eq!(Some(row), plain_row(line.trim_end()).map(|row| format!("{row:?}")));
            }
        }
    }
}
