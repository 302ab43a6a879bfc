//! The kinds of values that stand in commands, and their one normal spelling.

use std::net::Ipv4Addr;

use super::cipher;
use crate::interface_name::InterfaceName;

/// A kind of value in a command's syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An IPv4 address.
    Ip,
    /// A mask, written as such or as a length; its normal form is `255.255.255.0`.
    Mask,
    /// The same, with the length as normal form.
    MaskLength,
    /// A wildcard mask such as `0.0.0.255`.
    Wildcard,
    /// A name of at most 63 characters.
    Name,
    /// The rest of the line.
    Text,
    /// A number within bounds.
    Integer(u32, u32),
    /// An interface, type and number in one word.
    Interface,
    /// The type of an interface alone; its number follows.
    InterfaceType,
    /// The number of an interface.
    InterfaceNumber,
    /// A route distinguisher or route target such as `100:1`.
    Community,
    /// An autonomous system number, plain or `x.y`.
    AsNumber,
    /// An OSPF area; its normal form is dotted.
    Area,
    /// A BGP peer: an address, or the name of a group.
    Peer,
    /// A community such as `100:1` or `no-export`.
    BgpCommunity,
    /// A ciphered password.
    Cipher,
}

impl Kind {
    /// The kind that a syntax calls by this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ip" => Self::Ip,
            "mask" => Self::Mask,
            "length" => Self::MaskLength,
            "wildcard" => Self::Wildcard,
            "name" => Self::Name,
            "text" => Self::Text,
            "interface" => Self::Interface,
            "rt" => Self::Community,
            "asn" => Self::AsNumber,
            "area" => Self::Area,
            "peer" => Self::Peer,
            "community" => Self::BgpCommunity,
            "cipher" => Self::Cipher,
            _ => {
                let (low, high) = name.strip_prefix("int:")?.split_once('-')?;
                Self::Integer(low.parse().ok()?, high.parse().ok()?)
            }
        })
    }

    /// How `?` shows a value of this kind.
    pub fn placeholder(self) -> String {
        match self {
            Self::Ip => "X.X.X.X".into(),
            Self::Mask | Self::MaskLength => "X.X.X.X or INTEGER<0-32>".into(),
            Self::Wildcard => "X.X.X.X  wildcard".into(),
            Self::Name => "STRING<1-63>".into(),
            Self::Text => "TEXT".into(),
            Self::Integer(low, high) => format!("INTEGER<{low}-{high}>"),
            Self::Interface | Self::InterfaceType => "interface type and number".into(),
            Self::InterfaceNumber => "<0-65535>/<0-65535>/<0-65535>".into(),
            Self::Community => "STRING<3-21>  such as 100:1".into(),
            Self::AsNumber => "INTEGER<1-4294967295>".into(),
            Self::Area => "INTEGER<0-4294967295> or X.X.X.X".into(),
            Self::Peer => "X.X.X.X or STRING<1-47>".into(),
            Self::BgpCommunity => "aa<0-65535>:nn<0-65535>, INTEGER or a name".into(),
            Self::Cipher => "STRING".into(),
        }
    }

    /// Whether a value of this kind may begin so.
    pub fn may_begin(self, token: &str) -> bool {
        let only = |allowed: &str| token.chars().all(|c| c.is_ascii_digit() || allowed.contains(c));
        match self {
            Self::Ip | Self::Wildcard | Self::Mask | Self::MaskLength | Self::AsNumber | Self::Area => only("."),
            Self::Integer(..) => only(""),
            Self::InterfaceNumber => only("/."),
            Self::Community => only(".:"),
            _ => token.is_empty() || self.normalise(token).is_some(),
        }
    }

    /// The normal spelling of `token` if it is a value of this kind.
    pub fn normalise(self, token: &str) -> Option<String> {
        match self {
            Self::Ip | Self::Wildcard => Some(token.parse::<Ipv4Addr>().ok()?.to_string()),
            Self::Mask => Some(mask_of_length(mask_length(token)?).to_string()),
            Self::MaskLength => Some(mask_length(token)?.to_string()),
            Self::Name => (token.len() <= 63 && token.chars().all(|c| c.is_ascii_graphic() && c != '?' && c != '|'))
                .then(|| token.to_owned()),
            Self::Text => Some(token.to_owned()),
            Self::Integer(low, high) => {
                let number = decimal(token)?;
                (low..=high).contains(&number).then(|| number.to_string())
            }
            Self::Interface => Some(InterfaceName::parse(token)?.to_string()),
            Self::InterfaceType => InterfaceName::type_named(token).map(str::to_owned),
            Self::InterfaceNumber => token
                .starts_with(|c: char| c.is_ascii_digit())
                .then(|| token.to_owned()),
            Self::Community => community(token),
            Self::AsNumber => as_number(token),
            Self::Peer if token.starts_with(|c: char| c.is_ascii_digit()) => Self::Ip.normalise(token),
            Self::Peer => Self::Name.normalise(token).filter(|name| name.len() <= 47),
            Self::BgpCommunity => bgp_community(token),
            Self::Cipher => cipher::is_ciphered(token).then(|| token.to_owned()),
            Self::Area => match decimal(token) {
                Some(number) => Some(Ipv4Addr::from(number).to_string()),
                None => Some(token.parse::<Ipv4Addr>().ok()?.to_string()),
            },
        }
    }
}

fn decimal(token: &str) -> Option<u32> {
    token.bytes().all(|b| b.is_ascii_digit()).then(|| token.parse().ok())?
}

fn mask_of_length(length: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::MAX.checked_shl(32 - length).unwrap_or(0))
}

fn mask_length(token: &str) -> Option<u32> {
    if let Some(length) = decimal(token) {
        return (length <= 32).then_some(length);
    }
    let bits = u32::from(token.parse::<Ipv4Addr>().ok()?);
    (bits.leading_ones() + bits.trailing_zeros() == 32).then(|| bits.leading_ones())
}

fn as_number(token: &str) -> Option<String> {
    match token.split_once('.') {
        None => decimal(token).filter(|n| *n > 0).map(|n| n.to_string()),
        Some((high, low)) => {
            let (high, low) = (decimal(high)?, decimal(low)?);
            (high <= 65535 && low <= 65535 && high + low > 0).then(|| format!("{high}.{low}"))
        }
    }
}

fn bgp_community(token: &str) -> Option<String> {
    if ["internet", "no-export", "no-advertise", "no-export-subconfed"].contains(&token) {
        return Some(token.to_owned());
    }
    match token.split_once(':') {
        None => decimal(token).map(|number| number.to_string()),
        Some((high, low)) => {
            let (high, low) = (decimal(high)?, decimal(low)?);
            (high <= 65535 && low <= 65535).then(|| format!("{high}:{low}"))
        }
    }
}

fn community(token: &str) -> Option<String> {
    let (administrator, number) = token.split_once(':')?;
    let administrator = match administrator.parse::<Ipv4Addr>() {
        Ok(address) => address.to_string(),
        Err(_) => match administrator.split_once('.') {
            Some(_) => as_number(administrator)?,
            None => decimal(administrator)?.to_string(),
        },
    };
    Some(format!("{administrator}:{}", decimal(number)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Kind::Mask, "24", Some("255.255.255.0"))]
    #[case(Kind::Mask, "255.255.255.255", Some("255.255.255.255"))]
    #[case(Kind::Mask, "0", Some("0.0.0.0"))]
    #[case(Kind::Mask, "0.0.0.0", Some("0.0.0.0"))]
    #[case(Kind::Mask, "255.0.255.0", None)]
    #[case(Kind::Mask, "33", None)]
    #[case(Kind::MaskLength, "255.255.255.0", Some("24"))]
    #[case(Kind::Area, "0", Some("0.0.0.0"))]
    #[case(Kind::Area, "0.0.0.1", Some("0.0.0.1"))]
    #[case(Kind::Integer(1, 10), "11", None)]
    #[case(Kind::Integer(1, 10), "+1", None)]
    #[case(Kind::Community, "111:1", Some("111:1"))]
    #[case(Kind::Community, "111", None)]
    #[case(Kind::Community, "1.1.1.1:7", Some("1.1.1.1:7"))]
    #[case(Kind::AsNumber, "0", None)]
    #[case(Kind::AsNumber, "1.1", Some("1.1"))]
    #[case(Kind::Name, "a|b", None)]
    fn values_have_one_spelling(#[case] kind: Kind, #[case] token: &str, #[case] expected: Option<&str>) {
        assert_eq!(kind.normalise(token).as_deref(), expected);
    }
}
