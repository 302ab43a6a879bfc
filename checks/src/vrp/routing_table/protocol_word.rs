//! The words by which a routing table names where a route was learned.

use crate::rows::{Protocol, ProtocolName};

/// Reads `Direct`, `IBGP`, `O_ASE`, `ISIS-L2`; the protocol of an unheard-of word is unknown.
pub(super) fn protocol_name(word: &str) -> ProtocolName {
    let upper = word.to_ascii_uppercase().replace('_', "-");
    let (protocol, fine) = match upper.as_str() {
        "DIRECT" => (Protocol::Connected, false),
        "STATIC" => (Protocol::Static, false),
        "OSPF" => (Protocol::Ospf, false),
        "O-ASE" | "O-ASE1" | "O-ASE2" | "O-NSSA" | "O-NSSA1" | "O-NSSA2" | "O-IA" | "O-INTRA" | "O-INTER"
        | "OSPF-ASE" | "OSPF-NSSA" => (Protocol::Ospf, true),
        "ISIS" | "IS-IS" => (Protocol::Isis, false),
        "ISIS-L1" | "ISIS-L2" | "IS-L1" | "IS-L2" => (Protocol::Isis, true),
        "BGP" => (Protocol::Bgp, false),
        "IBGP" | "EBGP" => (Protocol::Bgp, true),
        "RIP" => (Protocol::Rip, false),
        "UNR" => (Protocol::Unr, false),
        "MSR" | "MSTATIC" | "MBGP" | "NAT" | "SNAT" | "DNAT" | "DHCP" | "ARP" | "NETCONF" | "OPR" | "GRE" => {
            (Protocol::Other, true)
        }
        _ => (Protocol::Unknown, false),
    };
    ProtocolName {
        protocol,
        detail: fine.then(|| match upper.strip_prefix("IS-L") {
            Some(level) => format!("isis-l{level}"),
            None if upper.starts_with("ISIS") => upper.to_ascii_lowercase(),
            None => word.to_ascii_lowercase(),
        }),
        raw: Some(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finer_names_are_kept() {
        let read = |word| {
            let name = protocol_name(word);
            (name.protocol.as_str(), name.detail)
        };
        assert_eq!(read("DIRECT"), ("connected", None));
        assert_eq!(read("ISIS-L2"), ("isis", Some("isis-l2".to_owned())));
        assert_eq!(read("O_NSSA"), ("ospf", Some("o_nssa".to_owned())));
        assert_eq!(read("EBGP"), ("bgp", Some("ebgp".to_owned())));
        assert_eq!(read("Quux"), ("unknown", None));
    }
}
