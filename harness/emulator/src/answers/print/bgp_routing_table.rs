//! `display bgp routing-table` and `display bgp vpnv4 … routing-table`, whole and with labels.

use super::bgp_peer::speaker;
use super::bgp_route;
use super::bgp_rows::{Row, by_distinguisher, of_instance};
use super::{Asked, Unanswered, instance};
use crate::network::{BgpSpeaker, Prefix, Vrf};

pub(super) const COLUMNS: &str =
    "        Network            NextHop                       MED        LocPrf    PrefVal Path/Ogn\n\n";
const LABEL_COLUMNS: &str = "        Network           NextHop            In/Out Label\n";

/// What is asked of a table.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// The routes with labels.
    Labels,
    /// The paths to what holds an address best, or to one prefix.
    Paths(Prefix, bool),
}

impl Wanted {
    /// Reads what stands behind `routing-table`.
    pub fn read(rest: &[&str]) -> Result<Self, Unanswered> {
        let address = |text: &str| text.parse().map_err(|_| Unanswered::NotComputed);
        match rest {
            [] => Ok(Self::Whole),
            ["label"] => Ok(Self::Labels),
            [destination] => Ok(Self::Paths(Prefix::host(address(destination)?), true)),
            [destination, length] => {
                let length = length.parse().map_err(|_| Unanswered::NotComputed)?;
                Ok(Self::Paths(Prefix::of(address(destination)?, length), false))
            }
            _ => Err(Unanswered::NotComputed),
        }
    }

    /// The rows of the prefix that is asked for.
    pub fn choose(self, rows: &[Row]) -> Vec<Row> {
        let Self::Paths(wanted, longest) = self else {
            return rows.to_vec();
        };
        let fits = |row: &&Row| row.prefix == wanted || longest && row.prefix.contains(wanted.address());
        let best = rows
            .iter()
            .filter(fits)
            .map(|row| row.prefix)
            .max_by_key(|prefix| prefix.length());
        rows.iter().filter(|row| Some(row.prefix) == best).cloned().collect()
    }
}

/// `display bgp routing-table …`.
pub fn public(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let speaker = speaker(asked)?;
    let wanted = Wanted::read(rest)?;
    let rows = wanted.choose(&of_instance(asked, speaker, &Vrf::Public));
    if let Wanted::Paths(..) = wanted {
        return bgp_route::of_table(speaker, None, &rows);
    }
    let rows = match wanted {
        Wanted::Labels => rows
            .into_iter()
            .filter(|row| row.received_label.is_some() || row.applied_label.is_some())
            .collect(),
        _ => rows,
    };
    Ok(heading(speaker) + "\n" + &table(&rows, wanted, None))
}

/// `display bgp vpnv4 {all | vpn-instance V | route-distinguisher R} routing-table …`.
pub fn vpnv4(asked: Asked<'_>, scope: &[&str], rest: &[&str]) -> Result<String, Unanswered> {
    let speaker = speaker(asked)?;
    let wanted = Wanted::read(rest)?;
    let (distinguishers, instances): (Vec<(String, Vec<Row>)>, Vec<String>) = match *scope {
        ["all"] => {
            let names = speaker.tables.keys().filter_map(|vrf| match vrf {
                Vrf::Public | Vrf::Labels => None,
                Vrf::Instance(name) => Some(name.clone()),
            });
            (by_distinguisher(asked, speaker), names.collect())
        }
        ["vpn-instance", name] => {
            instance(asked, Some(name))?;
            (Vec::new(), vec![name.to_owned()])
        }
        ["route-distinguisher", wanted] => {
            let all = by_distinguisher(asked, speaker);
            (
                all.into_iter().filter(|(known, _)| known == wanted).collect(),
                Vec::new(),
            )
        }
        _ => return Err(Unanswered::NotComputed),
    };
    if let Wanted::Paths(..) = wanted {
        return bgp_route::of_vpns(asked, speaker, wanted, &distinguishers, &instances);
    }
    let mut text = heading(speaker);
    if scope != ["vpn-instance", instances.first().map_or("", String::as_str)] {
        let total: usize = distinguishers.iter().map(|(_, rows)| rows.len()).sum();
        text += &format!("\n\n Total number of routes from all PE: {total}\n");
    }
    for (distinguisher, rows) in &distinguishers {
        let label = own_label(asked, distinguisher);
        text += &format!("\n Route Distinguisher: {distinguisher}\n\n");
        text += columns(wanted);
        text += &lines(rows, wanted, label);
    }
    for name in &instances {
        let rows = of_instance(asked, speaker, &Vrf::Instance(name.clone()));
        let rows: Vec<Row> = match wanted {
            // Of an instance only what came with a label.
            Wanted::Labels => rows.into_iter().filter(|row| row.received_label.is_some()).collect(),
            _ => rows,
        };
        text += &format!(
            "\n VPN-Instance {name}, Router ID {}:\n\n",
            speaker.router_id_in(&Vrf::Instance(name.clone()))
        );
        text += &table(&rows, wanted, None);
    }
    Ok(text)
}

/// The label of the own instance of a route distinguisher.
pub fn own_label(asked: Asked<'_>, distinguisher: &str) -> Option<u32> {
    let mut own = asked.vpns().iter();
    own.find(|vpn| {
        vpn.route_distinguisher
            .as_ref()
            .is_some_and(|own| own.to_string() == distinguisher)
    })
    .map(|vpn| vpn.label)
}

pub(super) fn heading(speaker: &BgpSpeaker) -> String {
    format!(
        "\n BGP Local router ID is {}\n \
         Status codes: * - valid, > - best, d - damped, x - best external, a - add path,\n               \
         h - history,  i - internal, s - suppressed, S - Stale\n               \
         Origin : i - IGP, e - EGP, ? - incomplete\n \
         RPKI validation codes: V - valid, I - invalid, N - not-found\n",
        speaker.router_id
    )
}

fn columns(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Labels => LABEL_COLUMNS,
        _ => COLUMNS,
    }
}

pub(super) fn table(rows: &[Row], wanted: Wanted, label: Option<u32>) -> String {
    let mut text = format!(" Total Number of Routes: {}\n", rows.len());
    if !rows.is_empty() {
        text += columns(wanted);
        text += &lines(rows, wanted, label);
    }
    text
}

/// Rows sorted by prefix; the prefix stands in the first row of each.
pub(super) fn lines(rows: &[Row], wanted: Wanted, label: Option<u32>) -> String {
    let mut text = String::new();
    let mut last = None;
    for row in rows {
        let is_first = last != Some(row.prefix);
        last = Some(row.prefix);
        let marks = format!(
            "{}{}{}",
            if row.valid { '*' } else { ' ' },
            if row.best { '>' } else { ' ' },
            if row.internal { 'i' } else { ' ' }
        );
        let line = match wanted {
            Wanted::Labels => {
                let prefix = if is_first {
                    row.prefix.address().to_string()
                } else {
                    String::new()
                };
                let number = |label: Option<u32>| label.map_or_else(|| "NULL".to_owned(), |label| label.to_string());
                let own = row
                    .applied_label
                    .or_else(|| label.filter(|_| row.received_label.is_none()));
                format!(
                    " {marks}    {prefix:<17} {:<18} {}/{}",
                    row.next_hop.to_string(),
                    number(own),
                    number(row.received_label)
                )
            }
            _ => {
                let prefix = if is_first {
                    row.prefix.to_string()
                } else {
                    String::new()
                };
                format!(
                    " {marks}    {prefix:<18} {:<30} {:<10} {:<10} {:<6} {}",
                    row.next_hop.to_string(),
                    row.med.map(|med| med.to_string()).unwrap_or_default(),
                    if row.shows_local_preference {
                        row.local_preference.to_string()
                    } else {
                        String::new()
                    },
                    row.preferred_value,
                    path_and_origin(row)
                )
            }
        };
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn path_and_origin(row: &Row) -> String {
    let path: Vec<String> = row.as_path.iter().map(ToString::to_string).collect();
    let origin = match row.origin {
        "igp" => "i",
        "egp" => "e",
        _ => "?",
    };
    path.join(" ") + origin
}
