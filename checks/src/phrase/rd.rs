//! Route distinguishers and route targets.

use std::fmt;
use std::net::Ipv4Addr;

/// `100:1`, `1.1.1.1:1` or `65536:1`; `1.0:1` is `65536:1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteDistinguisher {
    /// An autonomous system and a number.
    As(u32, u32),
    /// An address and a number.
    Address(Ipv4Addr, u16),
}

impl RouteDistinguisher {
    /// Reads one as written or printed.
    pub fn parse(text: &str) -> Option<Self> {
        let (administrator, number) = text.trim().rsplit_once(':')?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if let Ok(address) = administrator.parse() {
            return Some(Self::Address(address, number.parse().ok()?));
        }
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let system = match administrator.split_once('.') {
            Some((high, low)) if digits(high) && digits(low) => {
                (u32::from(high.parse::<u16>().ok()?) << 16) | u32::from(low.parse::<u16>().ok()?)
            }
            None if digits(administrator) => administrator.parse().ok()?,
            _ => return None,
        };
        let number: u32 = number.parse().ok()?;
        (u16::try_from(system).is_ok() || u16::try_from(number).is_ok()).then_some(Self::As(system, number))
    }
}

impl fmt::Display for RouteDistinguisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::As(system, number) => write!(f, "{system}:{number}"),
            Self::Address(address, number) => write!(f, "{address}:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_types_are_read_and_nothing_else() {
        for (text, canonical) in [
            ("100:1", "100:1"),
            ("1.1.1.1:65535", "1.1.1.1:65535"),
            ("1.0:7", "65536:7"),
            ("65535:4294967295", "65535:4294967295"),
        ] {
            assert_eq!(RouteDistinguisher::parse(text).unwrap().to_string(), canonical);
        }
        for text in [
            "",
            "100",
            "100:",
            ":1",
            "1.1.1.1:65536",
            "65536:65536",
            "a:1",
            "1:b",
            "+1:1",
            "1.2.3:1",
        ] {
            assert_eq!(RouteDistinguisher::parse(text), None, "{text}");
        }
    }
}
