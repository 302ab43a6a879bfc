//! Interface names: their types, abbreviations and order.

use std::cmp::Ordering;
use std::fmt;

const LOOPBACK: &str = "LoopBack";

/// Interface types in the order in which a configuration prints them.
const TYPES: [(&str, bool); 10] = [
    ("Ethernet", true),
    ("GigabitEthernet", true),
    ("10GE", true),
    ("25GE", true),
    ("40GE", true),
    ("50GE", true),
    ("100GE", true),
    ("400GE", true),
    ("Eth-Trunk", false),
    (LOOPBACK, false),
];

/// The name of an interface, in its full spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceName {
    type_index: usize,
    numbers: Numbers,
    sub_interface: Option<u32>,
}

/// The numbers between the slashes: slot, card, port. They stand in place, as names are copied for every route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Numbers {
    One([u32; 1]),
    Two([u32; 2]),
    Three([u32; 3]),
}

impl Numbers {
    fn of(numbers: &[u32]) -> Option<Self> {
        match *numbers {
            [number] => Some(Self::One([number])),
            [slot, port] => Some(Self::Two([slot, port])),
            [slot, card, port] => Some(Self::Three([slot, card, port])),
            _ => None,
        }
    }

    fn as_slice(&self) -> &[u32] {
        match self {
            Self::One(numbers) => numbers,
            Self::Two(numbers) => numbers,
            Self::Three(numbers) => numbers,
        }
    }
}

impl Ord for Numbers {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl PartialOrd for Numbers {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl InterfaceName {
    /// Reads `GigabitEthernet0/1/0`, `gi0/1/0`, `GE0/1/0`, `LoopBack1`, with or without a blank before the number.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // Types may begin with digits (100GE1/0/0): try the longest type first.
        let split = text.rfind(|c: char| c.is_ascii_alphabetic())? + 1;
        Self::of(text.get(..split)?, text.get(split..)?.trim_start())
    }

    /// The interface of a type and a number.
    pub fn of(type_name: &str, number: &str) -> Option<Self> {
        let type_name = Self::type_named(type_name)?;
        let (type_index, &(_, physical)) = TYPES.iter().enumerate().find(|(_, (name, _))| *name == type_name)?;
        let (number, sub_interface) = match number.split_once('.') {
            None => (number, None),
            Some((number, sub)) => (number, Some(small(sub)?)),
        };
        let numbers = number.split('/').map(small).collect::<Option<Vec<u32>>>()?;
        let numbers = Numbers::of(&numbers)?;
        let is_single = matches!(numbers, Numbers::One(_));
        let well_formed = if physical {
            !is_single
        } else {
            is_single && sub_interface.is_none()
        };
        well_formed.then_some(Self {
            type_index,
            numbers,
            sub_interface,
        })
    }

    /// The full name of a type given in full, abbreviated, or as `GE`.
    pub fn type_named(text: &str) -> Option<&'static str> {
        if text.is_empty() {
            return None;
        }
        if text.eq_ignore_ascii_case("ge") {
            return Some("GigabitEthernet");
        }
        let is_prefix = |name: &str| {
            name.get(..text.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(text))
        };
        let has_letter = text.contains(|c: char| c.is_ascii_alphabetic());
        TYPES
            .iter()
            .map(|(name, _)| *name)
            .find(|name| has_letter && is_prefix(name))
    }

    /// The types whose names begin so.
    pub fn types_beginning(text: &str) -> impl Iterator<Item = &'static str> {
        TYPES.iter().map(|(name, _)| *name).filter(move |name| {
            name.get(..text.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(text))
        })
    }

    /// Whether it is a port with a cable, not a loopback and not a sub-interface.
    pub fn is_physical(&self) -> bool {
        self.sub_interface.is_none() && TYPES.get(self.type_index).is_some_and(|(_, physical)| *physical)
    }

    /// The bandwidth of its type in kbit/s.
    pub fn bandwidth(&self) -> u64 {
        let name = TYPES.get(self.type_index).map_or("", |(name, _)| *name);
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        match (digits.parse::<u64>(), name) {
            (Ok(gigabits), _) => gigabits * 1_000_000,
            (Err(_), "Ethernet") => 10_000,
            (Err(_), _) => 1_000_000,
        }
    }

    /// Whether it is a loopback.
    pub fn is_loopback(&self) -> bool {
        TYPES.get(self.type_index).is_some_and(|(name, _)| *name == LOOPBACK)
    }

    /// The port that carries this sub-interface; the interface itself if it is none.
    pub fn port(&self) -> Self {
        Self {
            sub_interface: None,
            ..self.clone()
        }
    }
}

/// A number of at most nine digits.
fn small(text: &str) -> Option<u32> {
    (!text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TYPES.get(self.type_index).map_or("", |(name, _)| name))?;
        for (index, number) in self.numbers.as_slice().iter().enumerate() {
            write!(f, "{}{number}", if index == 0 { "" } else { "/" })?;
        }
        match self.sub_interface {
            None => Ok(()),
            Some(sub) => write!(f, ".{sub}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("gi0/1/0", Some("GigabitEthernet0/1/0"))]
    #[case("GE0/1/0", Some("GigabitEthernet0/1/0"))]
    #[case("gigabitethernet 0/1/0", Some("GigabitEthernet0/1/0"))]
    #[case("g0/1/0.100", Some("GigabitEthernet0/1/0.100"))]
    #[case("100ge1/0/0", Some("100GE1/0/0"))]
    #[case("10GE1/0/1", Some("10GE1/0/1"))]
    #[case("loopback 1", Some("LoopBack1"))]
    #[case("lo1", Some("LoopBack1"))]
    #[case("eth-trunk 7", Some("Eth-Trunk7"))]
    #[case("eth0/1/0", Some("Ethernet0/1/0"))]
    #[case("LoopBack1/0", None)]
    #[case("gi0", None)]
    #[case("gi0//0", None)]
    #[case("gi", None)]
    #[case("1", None)]
    #[case("vlan5", None)]
    #[case("gé0/1/0", None)]
    fn names_are_read(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(
            InterfaceName::parse(text).map(|name| name.to_string()).as_deref(),
            expected
        );
    }

    #[test]
    fn order_is_by_type_then_number() {
        let name = |text| InterfaceName::parse(text);
        assert!(name("gi0/2/0") < name("gi0/10/0"));
        assert!(name("gi0/10/0") < name("lo0"));
        assert!(name("gi0/1/0") < name("gi0/2") && name("gi0/1") < name("gi0/1/0"));
    }
}
