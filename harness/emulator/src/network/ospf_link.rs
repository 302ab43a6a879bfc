//! What OSPF says on a link in its hellos, and how far two routers get that hear each other (RFC 2328 §10).

use std::net::Ipv4Addr;

use crate::configuration::{Configuration, Node};
use crate::grammar::cipher;

/// Seconds between hellos unless others are configured.
const HELLO: u32 = 10;
/// Seconds of silence after which a neighbour is gone, unless others are configured; so many times the hellos' where
/// those are.
const DEAD: u32 = 40;
const DEAD_HELLOS: u32 = 4;
const MTU: u32 = 1500;

/// What is configured of OSPF on an interface besides cost and network type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTerms {
    /// `ospf timer hello`, in seconds.
    pub hello: Option<u32>,
    /// `ospf timer dead`, in seconds.
    pub dead: Option<u32>,
    /// `ospf dr-priority`; a router with 0 is never designated.
    pub priority: u8,
    /// The MTU of the interface.
    pub mtu: u32,
    /// `ospf mtu-enable`: the MTU is told and compared.
    pub compares_mtu: bool,
    /// `ospf authentication-mode`; without one that of the area counts.
    pub authentication: Option<Authentication>,
}

/// How packets are authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all.
    Null,
    /// By a password in the packet.
    Simple(Secret),
    /// By a digest.
    Digest {
        /// `md5`, `hmac-md5` or `hmac-sha256`.
        algorithm: String,
        /// The key's number.
        key_id: u8,
        /// The key.
        key: Secret,
    },
}

/// A password or key, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In plain text.
    Plain(String),
    /// Ciphered.
    Ciphered(String),
}

/// How far a router has got with a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It hears the neighbour and is not heard.
    Init,
    /// Both hear each other and have no need of more: neither may be designated.
    TwoWay,
    /// The neighbour's database descriptions do not come through, or promise too large packets.
    ExStart,
    /// The same, seen from the end that accepts what the other sends.
    Exchange,
    /// They have exchanged all; but they describe the link differently, so that no path leads over it.
    FullWithoutPath,
    /// They have exchanged all.
    Full,
}

impl LinkTerms {
    /// What an interface is configured with.
    pub fn of(node: &Node) -> Self {
        let number = |beginning: &str| node.after(beginning).and_then(|text| text.parse().ok());
        Self {
            hello: number("ospf timer hello "),
            dead: number("ospf timer dead "),
            priority: node
                .after("ospf dr-priority ")
                .and_then(|text| text.parse().ok())
                .unwrap_or(1),
            mtu: number("mtu ").unwrap_or(MTU),
            compares_mtu: node.has("ospf mtu-enable"),
            authentication: node.after("ospf authentication-mode ").and_then(Authentication::parse),
        }
    }

    /// Seconds between hellos and seconds of silence after which a neighbour is gone.
    pub fn timers(&self) -> (u32, u32) {
        let dead = self.dead.or_else(|| Some(self.hello?.saturating_mul(DEAD_HELLOS)));
        (self.hello.unwrap_or(HELLO), dead.unwrap_or(DEAD))
    }

    /// Whether hellos are not those of the lab's delays.
    pub fn has_hello(&self) -> bool {
        self.hello.is_some()
    }

    /// The same of the silence.
    pub fn has_dead(&self) -> bool {
        self.dead.is_some() || self.hello.is_some()
    }

    /// The MTU that it tells its neighbours; 0 if it tells none.
    pub fn told_mtu(&self) -> u32 {
        if self.compares_mtu { self.mtu } else { 0 }
    }

    /// Which of two ends whose MTUs do not agree gets where; none if they agree. The other end's are `other`, and the
    /// end with the larger router ID is `master`.
    pub fn exchange_fails(&self, other: &Self, master: bool) -> Option<Stage> {
        let fails = self.compares_mtu && other.compares_mtu && self.mtu != other.mtu;
        // The slave answers the master's first packet, whatever becomes of its answer.
        let answers = !master && self.mtu > other.mtu;
        fails.then_some(if answers { Stage::Exchange } else { Stage::ExStart })
    }
}

impl Authentication {
    /// Reads `simple plain x`, `md5 1 cipher y` or `null`.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            ["null"] => Some(Self::Null),
            ["simple", form, secret] => Some(Self::Simple(Secret::new(form, secret))),
            [algorithm, key_id, form, secret] => Some(Self::Digest {
                algorithm: (*algorithm).to_owned(),
                key_id: key_id.parse().ok()?,
                key: Secret::new(form, secret),
            }),
            _ => None,
        }
    }

    /// Whether each accepts the other's packets.
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Simple(own), Self::Simple(theirs)) => own.agrees(theirs),
            (
                Self::Digest { algorithm, key_id, key },
                Self::Digest {
                    algorithm: their_algorithm,
                    key_id: their_id,
                    key: theirs,
                },
            ) => algorithm == their_algorithm && key_id == their_id && key.agrees(theirs),
            _ => false,
        }
    }

    /// What it is called.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Null => "None",
            Self::Simple(_) => "Simple",
            Self::Digest { algorithm, .. } => match algorithm.as_str() {
                "md5" => "MD5",
                "hmac-md5" => "HMAC-MD5",
                _ => "HMAC-SHA256",
            },
        }
    }

    /// What a packet says of it.
    pub fn mark(&self) -> AuthenticationMark {
        match self {
            Self::Null => AuthenticationMark::None,
            Self::Simple(secret) => {
                let plain = match secret {
                    Secret::Plain(plain) => plain.as_bytes(),
                    Secret::Ciphered(_) => &[],
                };
                let mut key = [0; 8];
                key.iter_mut().zip(plain).for_each(|(place, byte)| *place = *byte);
                AuthenticationMark::Simple(key)
            }
            Self::Digest { algorithm, key_id, .. } => AuthenticationMark::Digest {
                key_id: *key_id,
                length: if algorithm == "hmac-sha256" { 32 } else { 16 },
            },
        }
    }
}

/// What a packet says of its authentication (RFC 2328 §D).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthenticationMark {
    /// None.
    #[default]
    None,
    /// The password; zero where it is configured ciphered, and nobody can tell.
    Simple([u8; 8]),
    /// A digest behind the packet.
    Digest {
        /// The key's number.
        key_id: u8,
        /// Length of the digest in bytes.
        length: u8,
    },
}

impl Secret {
    fn new(form: &str, secret: &str) -> Self {
        if form == "plain" {
            Self::Plain(secret.to_owned())
        } else {
            Self::Ciphered(secret.to_owned())
        }
    }

    /// Equal ones agree; of one that a real device ciphered nothing is known.
    fn agrees(&self, other: &Self) -> bool {
        let fingerprint = |secret: &Self| match secret {
            Self::Plain(plain) => Some(cipher::ciphered(plain)),
            Self::Ciphered(ciphered) => ciphered.starts_with(cipher::OWN).then(|| ciphered.clone()),
        };
        match (fingerprint(self), fingerprint(other)) {
            (Some(own), Some(theirs)) => own == theirs,
            _ => true,
        }
    }
}

/// Timers that no neighbour can be kept with, or that no packet can tell.
pub fn doubt(configuration: &Configuration) -> Option<String> {
    configuration.interfaces().find_map(|(name, node)| {
        let (hello, dead) = LinkTerms::of(node).timers();
        if name.is_loopback() {
            None
        } else if u16::try_from(hello).is_err() {
            Some(format!("ospf timer hello {hello} (more than 65535)"))
        } else {
            (dead <= hello).then(|| format!("ospf timer dead {dead} (hellos are {hello} seconds apart)"))
        }
    })
}

/// A router on a link that may become designated.
#[derive(Debug, Clone, Copy)]
pub struct Contender {
    /// Its priority.
    pub priority: u8,
    /// Its router ID.
    pub router_id: Ipv4Addr,
    /// Its address on the link.
    pub address: Ipv4Addr,
}

/// The designated router of a link and its backup, without regard to who was there first.
pub fn elected(contenders: &[Contender]) -> (Option<Ipv4Addr>, Option<Ipv4Addr>) {
    let mut able: Vec<&Contender> = contenders.iter().filter(|one| one.priority > 0).collect();
    able.sort_by_key(|one| std::cmp::Reverse((one.priority, one.router_id)));
    let mut addresses = able.into_iter().map(|one| one.address);
    (addresses.next(), addresses.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_kind_number_and_text_agree() {
        let of = |text: &str| Authentication::parse(text).unwrap();
        let ciphered = format!("simple cipher {}", cipher::ciphered("abc"));
        assert!(of("simple plain abc").agrees(&of(&ciphered)));
        assert!(of("simple plain abc").agrees(&of("simple cipher %^%#foreign%^%#")));
        assert!(!of("simple plain abc").agrees(&of("simple plain abd")));
        assert!(!of("simple plain abc").agrees(&of("md5 1 plain abc")));
        assert!(of("md5 1 plain abc").agrees(&of("md5 1 plain abc")));
        assert!(!of("md5 1 plain abc").agrees(&of("md5 2 plain abc")));
        assert!(!of("md5 1 plain abc").agrees(&of("hmac-md5 1 plain abc")));
        assert_eq!(of("null"), Authentication::Null);
        assert_eq!(
            of("simple plain abcdefghij").mark(),
            AuthenticationMark::Simple(*b"abcdefgh")
        );
    }

    #[test]
    fn the_priority_decides_before_the_router_id() {
        let one = |priority, last| Contender {
            priority,
            router_id: Ipv4Addr::new(1, 1, 1, last),
            address: Ipv4Addr::new(10, 0, 0, last),
        };
        let address = |last| Some(Ipv4Addr::new(10, 0, 0, last));
        assert_eq!(elected(&[one(1, 1), one(1, 2)]), (address(2), address(1)));
        assert_eq!(elected(&[one(2, 1), one(1, 2)]), (address(1), address(2)));
        assert_eq!(elected(&[one(0, 1), one(1, 2)]), (address(2), None));
        assert_eq!(elected(&[one(0, 1), one(0, 2)]), (None, None));
    }
}
