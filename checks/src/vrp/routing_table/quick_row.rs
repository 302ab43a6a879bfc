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
const LOW_BITS: u64 = u64::from_le_bytes([0x7F; 8]);
const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
/// Added to a byte it sets the high bit where the byte is ten or more.
const NO_DIGIT: u64 = u64::from_le_bytes([0x76; 8]);

/// Reads the row in the line that begins at an offset; also returns where the next line begins. Refuses, among
/// others, long lines, lines close to the end of the text, and next hops of IPv6.
#[inline(always)]
pub(super) fn quick_row(text: &str, start: usize) -> Option<(PlainRow<'_>, usize)> {
    let window: &[u8; WINDOW] = text.as_bytes().get(start..)?.first_chunk()?;
    let end = memchr::memchr(b'\n', &window[..LONGEST + 2])?;
    let length = end - usize::from(end > 0 && window[end - 1] == b'\r');
    let mut words = words_of(window, length)?;
    let word = |(from, to): (usize, usize)| text.get(start + from..start + to);

    let mut at = words.next()?;
    let mut prefix = None;
    if window[at.0].is_ascii_digit() {
        let (address, slash) = address(window, at.0)?;
        let length = number(window, (slash + 1, at.1))?;
        if window[slash] != b'/' || length > 32 {
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
    let mut flags = "";
    at = words.next()?;
    if window[at.0].is_ascii_uppercase() {
        flags = word(at)?;
        if !flags.bytes().all(|flag| matches!(flag, b'R' | b'D' | b'T' | b'B')) {
            return None;
        }
        at = words.next()?;
    }
    let (next_hop, next_hop_end) = address(window, at.0)?;
    let interface = word(words.next()?)?;
    if next_hop_end != at.1 || words.next().is_some() {
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

/// The words of the line of this length; `None` where it holds a control character. All are found before any is
/// read, so that reading one does not wait for the one before it.
#[inline(always)]
fn words_of(window: &[u8; WINDOW], length: usize) -> Option<Words> {
    if length > LONGEST {
        return None;
    }
    let (mut words, mut controls) = ([0_u8; 16], 0);
    let chunks = window.chunks_exact(8).zip(&mut words).take(length.div_ceil(8));
    let mut left = length;
    for (chunk, words) in chunks {
        let mut chunk = u64::from_le_bytes(*chunk.first_chunk()?);
        if left < 8 {
            let beyond = u64::MAX << (left * 8);
            chunk = chunk & !beyond | BLANKS & beyond;
        }
        left = left.wrapping_sub(8);
        controls |= chunk.wrapping_sub(BLANKS) & !chunk;
        let others = chunk ^ BLANKS;
        let others = (((others & LOW_BITS) + LOW_BITS) | others) & HIGH_BITS;
        // The eight high bits side by side.
        *words = ((others >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8;
    }
    let words = u128::from_le_bytes(words);
    (controls & HIGH_BITS == 0).then_some(Words {
        begin: words & !(words << 1),
        end: !words & words << 1,
    })
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

/// An address of IPv4 and where it ends. Doubts are gathered on the way and asked once.
#[inline(always)]
fn address(window: &[u8; WINDOW], at: usize) -> Option<(u32, usize)> {
    let chunk = u128::from_le_bytes(*window.get(at..)?.first_chunk()?);
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
                let text = format!("{address} and so on and on");
                let expected = (u32::from(address), address.to_string().len());
                assert_eq!(super::address(&window(&text), 0), Some(expected));
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
            assert_eq!(super::address(&window(&text), 0), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_quickly_is_read_the_same_at_leisure(
            line in r"( {0,20}|\t|\x01)([0-9.]{7,9}|10\.1\.2\.[0-9]{1,3})?(/[0-9]{1,2})? {1,3}[A-Z_]{0,8} +[0-9]{1,6} +[0-9]{1,11} +[RDTBX]{0,3} *10\.0\.[0-9]{1,3}\.[0-9]{1,3} +[A-Za-zé0-9/]{1,30}[ \t\r]{0,2}",
        ) {
            if let Some(row) = quick(&line) {
                prop_assert_eq!(Some(row), plain_row(&line).map(|row| format!("{row:?}")));
            }
        }
    }
}
