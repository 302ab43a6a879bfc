//! The paths to one prefix, in full: `display bgp … routing-table PREFIX`.

use std::net::Ipv4Addr;

use super::age;
use super::bgp_routing_table::{Wanted, own_label};
use super::bgp_rows::{Row, of_instance};
use super::{Asked, Unanswered};
use crate::network::{BgpSpeaker, OspfOrigin, Vrf};

const NONE: &str = "Info: The network does not exist.\n";

/// The paths of a table.
pub fn of_table(speaker: &BgpSpeaker, name: Option<&str>, rows: &[Row]) -> Result<String, Unanswered> {
    if rows.is_empty() {
        return Ok(NONE.to_owned());
    }
    let mut text = heading(speaker);
    if let Some(name) = name {
        text += &format!("\n VPN-Instance {name}, Router ID {}:\n", router_id(speaker, name));
    }
    text += &paths(rows);
    text += &rows.iter().map(|row| entry(row, None, true)).collect::<String>();
    Ok(text)
}

/// The paths by route distinguisher, then those of instances.
pub fn of_vpns(
    asked: Asked<'_>,
    speaker: &BgpSpeaker,
    wanted: Wanted,
    distinguishers: &[(String, Vec<Row>)],
    instances: &[String],
) -> Result<String, Unanswered> {
    if let ([], [name]) = (distinguishers, instances) {
        let rows = wanted.choose(&of_instance(asked, speaker, &Vrf::Instance(name.clone())));
        return of_table(speaker, Some(name), &rows);
    }
    let mut text = String::new();
    for (distinguisher, rows) in distinguishers {
        let rows = wanted.choose(rows);
        if rows.is_empty() {
            continue;
        }
        let label = own_label(asked, distinguisher);
        text += &format!(
            "\n Total routes of Route Distinguisher({distinguisher}): {}\n",
            rows.len()
        );
        text += &rows.iter().map(|row| entry(row, label, false)).collect::<String>();
    }
    for name in instances {
        let rows = wanted.choose(&of_instance(asked, speaker, &Vrf::Instance(name.clone())));
        if rows.is_empty() {
            continue;
        }
        text += &format!(
            "\n VPN-Instance {name}, Router ID {}:\n\n Total Number of Routes: {}\n",
            router_id(speaker, name),
            rows.len()
        );
        text += &rows.iter().map(|row| entry(row, None, true)).collect::<String>();
    }
    Ok(if text.is_empty() {
        NONE.to_owned()
    } else {
        heading(speaker) + &text
    })
}

fn router_id(speaker: &BgpSpeaker, instance: &str) -> Ipv4Addr {
    speaker.router_id_in(&Vrf::Instance(instance.to_owned()))
}

fn heading(speaker: &BgpSpeaker) -> String {
    format!(
        "\n BGP local router ID : {}\n Local AS number : {}\n",
        speaker.router_id, speaker.as_number
    )
}

fn paths(rows: &[Row]) -> String {
    format!(
        " Paths:   {} available, {} best, {} select\n",
        rows.len(),
        rows.iter().filter(|row| row.best).count(),
        rows.iter().filter(|row| row.selected).count()
    )
}

/// A path.
fn entry(row: &Row, own_label: Option<u32>, in_instance: bool) -> String {
    let mut text = format!(" BGP routing table entry information of {}:\n", row.prefix);
    let number = |label: Option<u32>| label.map_or_else(|| "NULL".to_owned(), |label| label.to_string());
    if row.from.is_none() {
        text += if row.origin == "igp" {
            " Network route.\n"
        } else {
            " Imported route.\n"
        };
    }
    // Within an instance it is told where a route crossed from.
    if let Some(distinguisher) = row.distinguisher.as_ref().filter(|_| in_instance) {
        let kind = if row.remote { "Remote" } else { "Local" };
        text += &format!(" Route Distinguisher: {distinguisher}\n {kind}-Cross route\n");
    }
    let applied = row
        .applied_label
        .or_else(|| own_label.filter(|_| row.received_label.is_none()));
    if row.received_label.is_some() || applied.is_some() {
        text += &format!(
            " Label information (Received/Applied): {}/{}\n",
            number(row.received_label),
            number(applied)
        );
    }
    let (address, router_id) = row.from.map_or_else(
        || ("0.0.0.0".to_owned(), "0.0.0.0".to_owned()),
        |(address, router_id)| (address.to_string(), router_id.to_string()),
    );
    text += &format!(
        " From: {address} ({router_id})\n Route Duration: {}\n",
        age::with_days(row.age)
    );
    match &row.relay {
        Some((interface, _)) if row.by_tunnel => {
            text += &format!(" Relay Tunnel Out-Interface: {interface}\n");
        }
        Some((interface, Some(gateway))) => {
            text += &format!(" Relay IP Nexthop: {gateway}\n Relay IP Out-Interface: {interface}\n");
        }
        Some((interface, None)) => text += &format!(" Direct Out-interface: {interface}\n"),
        None => {}
    }
    text += &format!(" Original nexthop: {}\n Qos information : 0x0\n", row.next_hop);
    let targets = row.targets.iter();
    let mut extended: Vec<String> = targets
        .map(|target| format!("RT <{}>", target.replacen(':', " : ", 1)))
        .collect();
    extended.extend(row.ospf.iter().flat_map(of_ospf));
    if !extended.is_empty() {
        // Two of OSPF begin a line of their own.
        let at = extended.iter().position(|one| one.starts_with("OSPF RT "));
        let (first, second) = extended.split_at(at.unwrap_or(extended.len()));
        text += &format!(" Ext-Community: {}", first.join(", "));
        if !second.is_empty() {
            text += &format!(", \n               {}", second.join(", "));
        }
        text.push('\n');
    }
    if !row.communities.is_empty() {
        text += &format!(" Community: {}\n", row.communities.join(", "));
    }
    text += &attributes(row);
    text.push('\n');
    if let Some(originator) = row.originator {
        text += &format!(" Originator: {originator}\n");
    }
    if !row.clusters.is_empty() {
        let clusters: Vec<String> = row.clusters.iter().map(ToString::to_string).collect();
        text += &format!(" Cluster list: {}\n", clusters.join(", "));
    }
    if row.told_to.is_empty() {
        text += " Not advertised to any peer yet\n";
    } else {
        text += &format!(" Advertised to such {} peers:\n", row.told_to.len());
        text.extend(row.told_to.iter().map(|peer| format!("    {peer}\n")));
    }
    text + "\n"
}

/// The extended communities of a route of OSPF.
fn of_ospf(origin: &OspfOrigin) -> [String; 3] {
    let (kind, options) = origin.route_type();
    [
        format!("OSPF DOMAIN ID <{} : 0>", origin.domain),
        format!("OSPF RT <{} : {kind} : {options}>", origin.area),
        format!("OSPF ROUTER ID <{} : 0>", origin.router_id),
    ]
}

fn attributes(row: &Row) -> String {
    let path: Vec<String> = row.as_path.iter().map(ToString::to_string).collect();
    let mut parts = vec![
        format!(
            " AS-path {}",
            if path.is_empty() {
                "Nil".to_owned()
            } else {
                path.join(" ")
            }
        ),
        format!("origin {}", row.origin),
    ];
    parts.extend(row.med.map(|med| format!("MED {med}")));
    if row.internal {
        parts.push(format!("localpref {}", row.local_preference));
    }
    parts.push(format!("pref-val {}", row.preferred_value));
    if row.valid {
        parts.push("valid".into());
    }
    parts.push(
        match (row.from, row.internal) {
            (None, _) => "local",
            (Some(_), true) => "internal",
            (Some(_), false) => "external",
        }
        .into(),
    );
    if row.best {
        parts.push("best".into());
    }
    if row.selected {
        parts.push("select".into());
    }
    if row.backup {
        parts.push("backup".into());
    }
    parts.extend(row.preference.map(|preference| format!("pre {preference}")));
    if row.internal && row.igp_cost > 0 {
        parts.push(format!("IGP cost {}", row.igp_cost));
    }
    parts.extend(row.reason.map(str::to_owned));
    parts.join(", ")
}
