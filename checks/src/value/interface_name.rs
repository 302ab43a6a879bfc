//! Interface names, normalised so that every accepted spelling of one interface is equal.

use std::fmt;

/// An interface's full name. `GE0/1/0`, `gigabitethernet 0/1/0` and `GigabitEthernet0/1/0` are one interface;
/// `Vlanif5` and `Vlanif55` are two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct InterfaceName(String);

/// Full type names with the short forms that VRP prints or accepts, compared without regard to case.
const TYPES: &[(&str, &[&str])] = &[
    ("GigabitEthernet", &["ge", "gi", "gigabitethernet"]),
    ("XGigabitEthernet", &["xge", "xgigabitethernet"]),
    ("10GE", &["10ge"]),
    ("25GE", &["25ge"]),
    ("40GE", &["40ge"]),
    ("50GE", &["50ge"]),
    ("100GE", &["100ge"]),
    ("200GE", &["200ge"]),
    ("400GE", &["400ge"]),
    ("Ethernet", &["eth", "ethernet"]),
    ("FastEthernet", &["fe", "fastethernet"]),
    ("Eth-Trunk", &["eth-trunk"]),
    ("LoopBack", &["loop", "loopback", "lo"]),
    ("InLoopBack", &["inloop", "inloopback"]),
    ("Vlanif", &["vlanif"]),
    ("Vbdif", &["vbdif"]),
    ("NULL", &["null"]),
    ("Tunnel", &["tun", "tunnel"]),
    ("MEth", &["meth"]),
    ("Nve", &["nve"]),
    ("Serial", &["serial"]),
    ("MultiGE", &["multige"]),
    ("Cellular", &["cellular"]),
    ("Dialer", &["dialer"]),
    ("Mp-group", &["mp-group"]),
    ("Bridge-if", &["bridge-if"]),
    ("Virtual-if", &["virtual-if"]),
    ("FlexE", &["flexe"]),
    ("Sip", &["sip"]),
    ("Pos", &["pos"]),
    ("Ip-Trunk", &["ip-trunk"]),
    ("Virtual-Template", &["vt", "virtual-template"]),
    ("Virtual-Ethernet", &["ve", "virtual-ethernet"]),
    ("Global-VE", &["global-ve"]),
];

impl InterfaceName {
    /// Normalises a name. A type that is not known is kept as it is written, without blanks before the number.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let split = type_length(text);
        let (kind, number) = text.split_at(split);
        let (kind, number) = (kind.trim_end(), number.trim_start());
        let known = TYPES.iter().find(|(full, short)| {
            full.eq_ignore_ascii_case(kind) || short.iter().any(|short| short.eq_ignore_ascii_case(kind))
        });
        Self(format!("{}{number}", known.map_or(kind, |(full, _)| full)))
    }

    /// The type: `GigabitEthernet` of `GigabitEthernet0/1/0`. Of a tunnel's or a policy's name, what comes before its
    /// first digit.
    pub fn kind(&self) -> &str {
        &self.0[..type_length(&self.0)]
    }

    /// What follows the type: `0/1/0` of `GigabitEthernet0/1/0`.
    pub fn number(&self) -> &str {
        &self.0[type_length(&self.0)..]
    }

    /// Whether the type is one that VRP names interfaces by; a tunnel's or a policy's name is of none.
    pub fn is_known_kind(&self) -> bool {
        let kind = self.kind();
        TYPES.iter().any(|(full, _)| *full == kind)
    }

    /// Whether the name can stand as it is. A known type without a number, or a number that ends in a separator, is
    /// the beginning of a name that was cut or wrapped.
    pub fn is_whole(&self) -> bool {
        let number = self.number();
        let cut = number.ends_with(['/', '.', ':', '-']) || number.is_empty() && self.is_known_kind();
        !self.0.is_empty() && !cut
    }

    /// The normalised full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where the type ends and the number begins: leading digits belong to the type when a letter follows (`10GE1/0/1`).
fn type_length(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let letters = text.as_bytes().get(digits).is_some_and(u8::is_ascii_alphabetic);
    let start = if letters { digits } else { 0 };
    text[start..]
        .find(|c: char| c.is_ascii_digit())
        .map_or(text.len(), |at| start + at)
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_interface_are_equal() {
        for text in ["GE0/1/0", "gigabitethernet 0/1/0", "GigabitEthernet0/1/0", "gi0/1/0"] {
            assert_eq!(InterfaceName::new(text).as_str(), "GigabitEthernet0/1/0");
        }
        assert_eq!(InterfaceName::new("100GE1/1/1:1").as_str(), "100GE1/1/1:1");
        assert_eq!(InterfaceName::new("loopback 1").as_str(), "LoopBack1");
        assert_eq!(InterfaceName::new("Eth-Trunk10.100").as_str(), "Eth-Trunk10.100");
    }

    #[test]
    fn a_cut_name_is_not_whole() {
        for whole in ["GE0/1/0", "policy1", "gold", "100GE1/1/1:1", "Eth-Trunk1.5", "NULL0"] {
            assert!(InterfaceName::new(whole).is_whole(), "{whole}");
        }
        for cut in [
            "GigabitEthernet",
            "GigabitEthernet0/1/",
            "Eth-Trunk1.",
            "100GE1/1/1:",
            "100GE",
            "",
        ] {
            assert!(!InterfaceName::new(cut).is_whole(), "{cut}");
        }
        let name = InterfaceName::new("100GE1/1/1:1");
        assert_eq!((name.kind(), name.number()), ("100GE", "1/1/1:1"));
    }

    #[test]
    fn different_interfaces_differ() {
        assert_ne!(InterfaceName::new("Vlanif5"), InterfaceName::new("Vlanif55"));
        assert_ne!(InterfaceName::new("10GE1/0/1"), InterfaceName::new("100GE1/0/1"));
        assert_eq!(InterfaceName::new("sr-policy-a").as_str(), "sr-policy-a");
    }
}
