//! `display ospf peer`, in full and brief.

use super::{Asked, Unanswered, age, short_name};
use crate::network::{Interface, Moment, Neighbour, Process};

const RULE: &str = " ----------------------------------------------------------------------------\n";

/// The neighbours of all processes, or of one, in full.
pub fn full(asked: Asked<'_>, process: Option<&str>) -> Result<String, Unanswered> {
    each(asked, process, |process, interfaces| {
        let mut text = title(process, "        Neighbors");
        for neighbour in &process.neighbours {
            let Some(interface) = interfaces.get(neighbour.interface) else {
                continue;
            };
            text.push_str(&block(asked, process, neighbour, interface));
        }
        text
    })
}

/// The same, a line each.
pub fn brief(asked: Asked<'_>, process: Option<&str>) -> Result<String, Unanswered> {
    each(asked, process, |process, interfaces| {
        let count = process.neighbours.len();
        let mut text = title(process, "        Peer Statistic Information");
        text.push_str(&format!(
            " Total number of peer(s): {count}\n Peer(s) in full state: {count}\n{RULE} \
             Area Id         Interface                  Neighbor id          State\n"
        ));
        for neighbour in &process.neighbours {
            let Some(interface) = interfaces.get(neighbour.interface) else {
                continue;
            };
            text.push_str(&format!(
                " {:<15} {:<26} {:<20} Full\n",
                neighbour.area.to_string(),
                short_name(&interface.name),
                neighbour.router_id.to_string()
            ));
        }
        text + RULE
    })
}

/// The answers of all processes, or of the one asked for, one after another.
pub fn each(
    asked: Asked<'_>,
    wanted: Option<&str>,
    print: impl Fn(&Process, &[Interface]) -> String,
) -> Result<String, Unanswered> {
    let processes = asked.state.ospf.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let interfaces = asked
        .state
        .interfaces
        .get(asked.device)
        .ok_or(Unanswered::NotComputed)?;
    let chosen: Vec<&Process> = processes
        .iter()
        .filter(|process| wanted.is_none_or(|wanted| process.id.to_string() == wanted))
        .collect();
    if chosen.is_empty() {
        let message = match wanted {
            None => "No OSPF process runs on this device.",
            Some(_) => "The OSPF process does not exist.",
        };
        return Err(Unanswered::Refused(message.into()));
    }
    Ok(chosen.iter().map(|process| print(process, interfaces)).collect())
}

/// The lines above what a process answers.
pub fn title(process: &Process, what: &str) -> String {
    let blank = if what.ends_with("Neighbors") { "\n" } else { "" };
    format!(
        "\n          OSPF Process {} with Router ID {}\n          {what}\n{blank}",
        process.id, process.router_id
    )
}

/// Who is master is the larger router ID; a link without history takes the larger as DR.
fn block(asked: Asked<'_>, process: &Process, neighbour: &Neighbour, interface: &Interface) -> String {
    let own = interface.up_address().unwrap_or(neighbour.address);
    let master = neighbour.router_id > process.router_id;
    let (designated, backup) = match (neighbour.broadcast, master) {
        (false, _) => ("None".to_owned(), "None".to_owned()),
        (true, true) => (neighbour.address.to_string(), own.to_string()),
        (true, false) => (own.to_string(), neighbour.address.to_string()),
    };
    let key = (process.id, interface.name.clone());
    let now = asked.times.now;
    let times = asked.times.ospf.get(&key);
    let since = times.map_or(Moment::START, |times| times.since);
    let due = times.map_or(0, |times| times.dead.since(now).as_nanos().div_ceil(1_000_000_000));
    format!(
        " Area {} interface {own} ({})'s neighbors\n Router ID: {:<20} Address: {}\n   \
         State: Full           Mode:Nbr is {:<8} Priority: 1\n   DR: {designated:<17} BDR: {backup:<16} MTU: 0\n   \
         Dead timer due in  {due}  sec\n   Retrans timer interval: 5\n   Neighbor is up for {}\n   \
         Neighbor Up Time : {}\n   Authentication Sequence: [ 0 ]\n\n",
        neighbour.area,
        short_name(&interface.name),
        neighbour.router_id.to_string(),
        neighbour.address,
        if master { "Master" } else { "Slave" },
        age::in_hours(asked.times.age(since)),
        asked.calendar.date_time(since),
    )
}
