//! LSPs: `display mpls lsp`, `display mpls ldp lsp`, `display tunnel-info all`.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::tunnel::tunnel_id;
use super::{Asked, Unanswered, bgp_lsp, short_name};
use crate::interface_name::InterfaceName;
use crate::network::{Moment, Vrf, own_addresses};

const RULE: &str = "-------------------------------------------------------------------------------\n";

/// What a device does with packets to a host address.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The host address.
    pub address: Ipv4Addr,
    /// The label that packets come with; none where they enter the LSP.
    pub in_label: Option<u32>,
    /// The label that they leave with; none where the LSP ends.
    pub out_label: Option<u32>,
    /// The interface and the gateway that they leave by; none where the LSP ends.
    pub out: Option<(InterfaceName, Ipv4Addr)>,
}

/// The entries of a device by address: an LSP that ends here is one, any other both enters and crosses, by each of its
/// ways.
pub fn entries(asked: Asked<'_>) -> Vec<Entry> {
    let Some(settings) = asked.ldp_settings() else {
        return Vec::new();
    };
    let interfaces = asked.interfaces();
    let own = own_addresses(&settings, interfaces).map(|address| Entry {
        address,
        in_label: asked.state.egress_label(asked.device, &settings, address),
        out_label: None,
        out: None,
    });
    let mut entries: Vec<Entry> = own.collect();
    for (address, lsp) in asked.state.lsps(asked.device) {
        let out = interfaces
            .get(lsp.interface)
            .map(|interface| (interface.name.clone(), lsp.gateway));
        let entry = |in_label| Entry {
            address,
            in_label,
            out_label: Some(lsp.out_label),
            out: out.clone(),
        };
        if lsp.ingress {
            entries.push(entry(None));
        }
        if let Some(label) = asked.state.label(asked.device, address) {
            entries.push(entry(Some(label)));
        }
    }
    entries.sort_by_key(|entry| (entry.address, entry.in_label));
    entries
}

fn label(label: Option<u32>) -> String {
    label.map_or_else(|| "NULL".to_owned(), |label| label.to_string())
}

/// `display mpls lsp [protocol {ldp | bgp}] [verbose] [include A.B.C.D 32]`.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let (rest, verbose) = match rest {
        [rest @ .., "verbose"] => (rest, true),
        rest => (rest, false),
    };
    let (wanted, kinds): (Option<Ipv4Addr>, [bool; 2]) = match rest {
        [] => (None, [true, true]),
        ["protocol", "ldp"] => (None, [true, false]),
        ["protocol", "bgp"] => (None, [false, true]),
        ["include", address, "32"] => (
            Some(address.parse().map_err(|_| Unanswered::NotComputed)?),
            [true, true],
        ),
        // Only host addresses have LSPs here.
        ["include", ..] => return Ok(String::new()),
        _ => return Err(Unanswered::NotComputed),
    };
    let [ldp, bgp] = kinds;
    let sections = [
        ("LDP LSP", if ldp { entries(asked) } else { Vec::new() }),
        ("BGP LSP", if bgp { bgp_lsp::entries(asked) } else { Vec::new() }),
    ];
    let mut text = String::new();
    let mut number = 0;
    for (name, mut entries) in sections {
        entries.retain(|entry| wanted.is_none_or(|wanted| entry.address == wanted));
        if entries.is_empty() {
            continue;
        }
        if text.is_empty() {
            text += "Flag after Out IF: (I) - RLFA Iterated LSP, (I*) - Normal and RLFA Iterated LSP\n\
                     Flag after LDP FRR: (L) - Logic FRR LSP\n";
        }
        text += &format!("{RULE}                 LSP Information: {name}\n{RULE}");
        if verbose {
            for entry in &entries {
                number += 1;
                text += &block(asked, number, entry);
            }
            continue;
        }
        text += "FEC                In/Out Label    In/Out IF                      Vrf Name\n";
        text.extend(entries.iter().map(row));
    }
    Ok(text)
}

/// An LSP in a line.
fn row(entry: &Entry) -> String {
    let out = entry
        .out
        .as_ref()
        .map_or_else(|| "-".to_owned(), |(name, _)| short_name(name));
    let row = format!(
        "{:<18} {:<15} {:<30}",
        format!("{}/32", entry.address),
        format!("{}/{}", label(entry.in_label), label(entry.out_label)),
        format!("-/{out}")
    );
    format!("{}\n", row.trim_end())
}

/// An LSP in full; its age is in seconds. One that ends here is as old as the lab.
fn block(asked: Asked<'_>, number: usize, entry: &Entry) -> String {
    let line = |key: &str, value: &str| format!("  {key:<20}:  {value}\n");
    let (next_hop, out) = match &entry.out {
        Some((name, gateway)) => (gateway.to_string(), name.to_string()),
        None => ("127.0.0.1".to_owned(), "----------".to_owned()),
    };
    let (kind, operation) = match (entry.in_label, entry.out_label) {
        (_, None) => ("Egress", "POP"),
        (None, _) => ("Ingress", "PUSH"),
        (Some(_), Some(3)) => ("Transit", "POPGO"),
        (Some(_), Some(_)) => ("Transit", "SWAP"),
    };
    let since = match entry.out {
        Some(_) => asked.times.ages.lsp(entry.address),
        None => Moment::START,
    };
    let age = asked.times.age(since);
    let mut text = line("No", &number.to_string());
    text += &line("VrfIndex", "");
    text += &line("Fec", &format!("{}/32", entry.address));
    text += &line("Nexthop", &next_hop);
    text += &line("In-Label", &label(entry.in_label));
    text += &line("Out-Label", &label(entry.out_label));
    text += &line("In-Interface", "----------");
    text += &line("Out-Interface", &out);
    text += &line("LspIndex", &number.to_string());
    text += &line("Type", "Primary");
    text += &line("OutSegmentIndex", "----------");
    text += &line("LsrType", kind);
    text += &line("Outgoing TunnelType", "------");
    text += &line("Outgoing TunnelID", "0x0");
    text += &line("Label Operation", operation);
    text += &line("Mpls-Mtu", "1500");
    text += &line("LspAge", &age.as_secs().to_string());
    text + &line("Ingress-ELC", "Disable") + "\n"
}

/// `display mpls ldp lsp`: the same with peers, and the labels that are kept though packets go another way.
pub fn of_ldp(asked: Asked<'_>) -> Result<String, Unanswered> {
    let sessions = asked.state.ldp.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let entries = entries(asked);
    let up: Vec<_> = sessions.iter().filter(|session| session.operational).collect();
    // Address, whether the label is only kept, and the row.
    let mut rows: Vec<(Ipv4Addr, bool, String)> = Vec::new();
    let row = |mark: char, address: Ipv4Addr, labels: String, upstream: &str, next_hop: &str, out: &str| {
        let row = format!(
            "{mark}{:<18} {labels:<14} {upstream:<15} {next_hop:<15} {out}",
            format!("{address}/32")
        );
        format!("{}\n", row.trim_end())
    };
    for entry in &entries {
        let labels = format!("{}/{}", label(entry.in_label), label(entry.out_label));
        let (next_hop, out) = match &entry.out {
            Some((name, gateway)) => (gateway.to_string(), short_name(name)),
            None => ("127.0.0.1".to_owned(), loopback_of(asked, entry.address)),
        };
        if entry.in_label.is_none() {
            rows.push((
                entry.address,
                false,
                row(' ', entry.address, labels, "-", &next_hop, &out),
            ));
            continue;
        }
        for session in &up {
            let upstream = session.peer_lsr_id.to_string();
            rows.push((
                entry.address,
                false,
                row(' ', entry.address, labels.clone(), &upstream, &next_hop, &out),
            ));
        }
    }
    // Liberal retention: what a peer gave a label for and that is not sent to it.
    for session in &up {
        for (address, label) in given_by(asked, session.peer) {
            let is_used = asked
                .state
                .lsps(asked.device)
                .any(|(to, lsp)| to == address && lsp.next == session.peer);
            if !is_used {
                let peer = format!("DS/{}", session.peer_lsr_id);
                rows.push((
                    address,
                    true,
                    row('*', address, format!("Liberal/{label}"), "", &peer, ""),
                ));
            }
        }
    }
    rows.sort_by_key(|(address, liberal, _)| (*address, *liberal));
    let liberal = rows.iter().filter(|(_, liberal, _)| *liberal).count();
    let normal = rows.len() - liberal;
    let text: String = rows.into_iter().map(|(.., row)| row).collect();
    Ok(format!(
        "\n LDP LSP Information\n {RULE} \
         DestAddress/Mask   In/OutLabel    UpstreamPeer    NextHop         OutInterface\n {RULE}{text} {RULE} \
         TOTAL: {normal} Normal LSP(s) Found.\n TOTAL: {liberal} Liberal LSP(s) Found.\n TOTAL: 0 Frr LSP(s) Found.\n \
         An asterisk (*) before an LSP means the LSP is not established\n \
         An asterisk (*) before a Label means the USCB or DSCB is stale\n"
    ))
}

/// The labels that an LSR gives to its peers.
fn given_by(asked: Asked<'_>, device: usize) -> Vec<(Ipv4Addr, u32)> {
    let all = entries(asked.at(device)).into_iter();
    let given: BTreeSet<_> = all.filter_map(|entry| Some((entry.address, entry.in_label?))).collect();
    given.into_iter().collect()
}

fn loopback_of(asked: Asked<'_>, address: Ipv4Addr) -> String {
    let interfaces = asked.interfaces();
    interfaces
        .iter()
        .find(|interface| interface.vrf == Vrf::Public && interface.up_address() == Some(address))
        .map(|interface| short_name(&interface.name).replace("LoopBack", "Loop"))
        .unwrap_or_default()
}

/// `display tunnel-info all`: one tunnel to each LSR that an LSP leads to.
pub fn tunnels(asked: Asked<'_>) -> String {
    let mut text = String::from(
        "Tunnel ID                     Type                Destination         Status\n\
         -----------------------------------------------------------------------------\n",
    );
    let begin = entries(asked).into_iter().filter(|entry| entry.in_label.is_none());
    let ends: BTreeSet<Ipv4Addr> = begin.map(|entry| entry.address).collect();
    for address in ends {
        text += &format!(
            "{:<29} {:<19} {:<19} UP\n",
            tunnel_id(address),
            "ldp",
            address.to_string()
        );
    }
    for entry in bgp_lsp::entries(asked) {
        if entry.in_label.is_none() {
            text += &format!(
                "{:<29} {:<19} {:<19} UP\n",
                tunnel_id(entry.address),
                "bgp",
                entry.address.to_string()
            );
        }
    }
    text
}
