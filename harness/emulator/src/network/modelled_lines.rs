//! Every line that the command line takes is decided on: computed, harmless by nature, or refused. The decisions stand in
//! `modelled_lines.txt`; a line that is new to the grammar fails here until one is written there.
//!
//! `NETVERDICT_UPDATE_DECISIONS=1` writes the list anew, with `undecided` where a word is missing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::modelled;
use crate::configuration::Configuration;
use crate::grammar::View;
use crate::grammar::samples::configuration_lines;

/// The views of the configuration, each with the way to it.
const VIEWS: &[(View, &str)] = &[
    (View::System, ""),
    (View::VpnInstance, "ip vpn-instance x"),
    (View::VpnInstanceIpv4, "ip vpn-instance x / ipv4-family"),
    (View::Bfd, "bfd"),
    (View::Mpls, "mpls"),
    (View::MplsL2vpn, "mpls l2vpn"),
    (View::Vsi, "vsi x"),
    (View::VsiBgp, "vsi x / pwsignal bgp"),
    (View::VsiLdp, "vsi x / pwsignal ldp"),
    (View::MplsLdp, "mpls ldp"),
    (View::LdpRemotePeer, "mpls ldp remote-peer x"),
    (View::Interface, "interface GigabitEthernet0/1/0"),
    (View::LoopBack, "interface LoopBack1"),
    (View::Slot, "slot 1"),
    (View::Bgp, "bgp 100"),
    (View::BgpIpv4, "bgp 100 / ipv4-family unicast"),
    (View::BgpVpnv4, "bgp 100 / ipv4-family vpnv4"),
    (View::BgpVpnInstance, "bgp 100 / ipv4-family vpn-instance x"),
    (View::BgpL2vpnAd, "bgp 100 / l2vpn-ad-family"),
    (View::BgpVpls, "bgp 100 / vpls-family"),
    (View::Ospf, "ospf 1"),
    (View::OspfArea, "ospf 1 / area 0.0.0.0"),
    (View::RoutePolicy, "route-policy x permit node 10"),
    (View::TunnelPolicy, "tunnel-policy x"),
    (
        View::BfdSession,
        "bfd x bind peer-ip 10.0.0.1 interface GigabitEthernet0/1/0",
    ),
];

/// What the lines refer to.
const GROUND: &[&str] = &[
    "ip vpn-instance x / ipv4-family / route-distinguisher 9:9",
    "bfd",
    "mpls lsr-id 1.1.1.1",
    "mpls",
    "mpls ldp",
    "interface GigabitEthernet0/1/0 / ip address 10.0.0.2 24",
    "interface GigabitEthernet0/1/0 / mpls",
    "bgp 100 / group x internal",
    "bgp 100 / peer 10.0.0.1 as-number 100",
    "bgp 100 / ipv4-family vpn-instance x / group x external",
    "bgp 100 / ipv4-family vpn-instance x / peer x as-number 300",
    "bgp 100 / ipv4-family vpn-instance x / peer 10.0.0.1 as-number 300",
];

fn ground() -> Configuration {
    let mut configuration = Configuration::default();
    for line in GROUND {
        configuration
            .apply_text(&[], line, &|_| true)
            .unwrap_or_else(|error| panic!("{line}: {error:?}"));
    }
    assert_eq!(modelled::check(&[Arc::new(configuration.clone())]), Ok(()));
    configuration
}

/// Whether a network with the line is refused; none if the line cannot be typed.
fn refused(ground: &Configuration, line: &str) -> Option<bool> {
    let mut configuration = ground.clone();
    configuration.apply_text(&[], line, &|_| true).ok()?;
    Some(modelled::check(&[Arc::new(configuration)]).is_err())
}

#[test]
fn every_line_that_is_taken_is_decided_on() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/network/modelled_lines.txt");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let decisions: BTreeMap<&str, &str> = written
        .lines()
        .filter_map(|line| {
            let (word, line) = line.split_once(' ')?;
            Some((line, word))
        })
        .collect();
    let ground = ground();
    let mut text = String::new();
    for (view, way) in VIEWS {
        for line in configuration_lines(*view) {
            let typed = if way.is_empty() {
                line
            } else {
                format!("{way} / {line}")
            };
            let word = match refused(&ground, &typed) {
                None => "untypable",
                Some(true) => "refused",
                Some(false) => match decisions.get(typed.as_str()) {
                    Some(word @ (&"computed" | &"harmless")) => word,
                    _ => "undecided",
                },
            };
            writeln!(text, "{word} {typed}").unwrap();
        }
    }
    if std::env::var_os("NETVERDICT_UPDATE_DECISIONS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let undecided: Vec<&str> = text.lines().filter(|line| line.starts_with("und")).collect();
    assert!(undecided.is_empty(), "{undecided:#?}");
    for (now, then) in text.lines().zip(written.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(text.lines().count(), written.lines().count());
}
