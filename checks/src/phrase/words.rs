//! The closed sets of words that phrases use: states and protocols, as written and as tables name them.

use crate::rows::Protocol;

/// A state word by any spelling that differs only in case, `-`, `_` and brackets: `AdminDown`, `Idle(Admin)`, `2Way`.
pub(super) fn state(words: &'static [&'static str], text: &str) -> Option<&'static str> {
    let text = plain(text);
    words.iter().copied().find(|word| plain(word) == text)
}

fn plain(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '-' | '_' | '(' | ')'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A state as it is printed: `Up`, `OpenSent`.
pub(super) fn state_label(word: &str) -> String {
    match word {
        "admin_down" => "AdminDown".to_owned(),
        "idle_admin" => "Idle(Admin)".to_owned(),
        "no_neg" => "No_neg".to_owned(),
        "nonexistent" => "NonExistent".to_owned(),
        "openrec" => "OpenRec".to_owned(),
        "opensent" => "OpenSent".to_owned(),
        "openconfirm" => "OpenConfirm".to_owned(),
        "exstart" => "ExStart".to_owned(),
        "2-way" => "2-Way".to_owned(),
        _ => {
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// A route's source as phrases name it: `static`, `bgp`, or finer `ibgp`, `o_ase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProtocolName {
    /// As it is written: `ibgp`.
    pub word: &'static str,
    /// The protocol.
    pub protocol: Protocol,
    /// The finer name, where one is meant.
    pub detail: Option<&'static str>,
}

const PROTOCOLS: &[ProtocolName] = &[
    whole("connected", Protocol::Connected),
    whole("local", Protocol::Local),
    whole("static", Protocol::Static),
    whole("ospf", Protocol::Ospf),
    whole("isis", Protocol::Isis),
    whole("bgp", Protocol::Bgp),
    whole("rip", Protocol::Rip),
    whole("unr", Protocol::Unr),
    fine("ibgp", Protocol::Bgp),
    fine("ebgp", Protocol::Bgp),
    fine("o_ase", Protocol::Ospf),
    fine("o_nssa", Protocol::Ospf),
    fine("isis-l1", Protocol::Isis),
    fine("isis-l2", Protocol::Isis),
];

const fn whole(word: &'static str, protocol: Protocol) -> ProtocolName {
    ProtocolName {
        word,
        protocol,
        detail: None,
    }
}

const fn fine(word: &'static str, protocol: Protocol) -> ProtocolName {
    ProtocolName {
        word,
        protocol,
        detail: Some(word),
    }
}

/// Every word for a protocol.
pub(super) fn protocol_words() -> impl Iterator<Item = &'static str> {
    PROTOCOLS.iter().map(|name| name.word).chain(["direct"])
}

/// A protocol by its word; VRP's `direct` is `connected`.
pub(super) fn protocol(text: &str) -> Option<ProtocolName> {
    let text = if text.eq_ignore_ascii_case("direct") {
        "connected"
    } else {
        text
    };
    PROTOCOLS
        .iter()
        .copied()
        .find(|name| name.word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{BfdState, BgpState, LdpState, LinkState, OspfState};

    #[test]
    fn every_label_reads_back() {
        for words in [
            BfdState::WORDS,
            BgpState::WORDS,
            LdpState::WORDS,
            LinkState::WORDS,
            OspfState::WORDS,
        ] {
            for word in words {
                assert_eq!(state(words, &state_label(word)), Some(*word));
            }
        }
        assert_eq!(state(OspfState::WORDS, "2way"), Some("2-way"));
        assert_eq!(state(BfdState::WORDS, "established"), None);
    }

    #[test]
    fn every_protocol_of_the_table_has_a_word() {
        for word in Protocol::WORDS.iter().filter(|word| **word != "other") {
            assert_eq!(protocol(word).map(|name| name.protocol.as_str()), Some(*word));
        }
    }
}
