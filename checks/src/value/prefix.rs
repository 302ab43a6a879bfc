//! Prefixes as engineers write them.

use std::net::IpAddr;

use ipnet::IpNet;

/// Why a text is no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrefix {
    /// Neither an address nor `address/length`.
    #[error("`{0}` is not a prefix; write 10.1.1.0/24, or 10.1.1.1 for a host")]
    Malformed(String),
    /// Bits are set beyond the length.
    #[error("`{0}` has host bits set; the prefix is {1}")]
    HostBits(String, IpNet),
}

/// Reads `10.1.1.0/24` or `1.1.1.1` (a host, `/32` or `/128`).
pub fn parse_prefix(text: &str) -> Result<IpNet, InvalidPrefix> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let net: IpNet = text.parse().map_err(|_| InvalidPrefix::Malformed(text.to_owned()))?;
    if net != net.trunc() {
        return Err(InvalidPrefix::HostBits(text.to_owned(), net.trunc()));
    }
    Ok(net)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_address_is_a_host_prefix() {
        assert_eq!(parse_prefix("1.1.1.1").unwrap().to_string(), "1.1.1.1/32");
        assert_eq!(parse_prefix("2001:db8::1").unwrap().to_string(), "2001:db8::1/128");
    }

    #[test]
    fn host_bits_and_nonsense_are_refused() {
        assert!(matches!(
            parse_prefix("10.1.1.1/24"),
            Err(InvalidPrefix::HostBits(_, _))
        ));
        assert!(parse_prefix("10.1.1/24").is_err());
        assert!(parse_prefix("10.1.1.0/33").is_err());
    }
}
