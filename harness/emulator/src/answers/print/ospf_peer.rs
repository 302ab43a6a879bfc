//! `display ospf peer`, in full and brief.

use std::net::Ipv4Addr;

use super::{Asked, Unanswered, age, short_name};
use crate::network::{Contender, Interface, Moment, Neighbour, Process, Stage, elected};

const RULE: &str = " ----------------------------------------------------------------------------\n";

/// The neighbours of all processes, or of one, in full.
pub fn full(asked: Asked<'_>, process: Option<&str>) -> Result<String, Unanswered> {
    each(asked, process, |process, interfaces| {
        let mut text = title(process, "        Neighbors");
        for (neighbour, stage) in asked.state.ospf_peers(asked.device, process) {
            let Some(interface) = interfaces.get(neighbour.interface) else {
                continue;
            };
            text.push_str(&block(asked, process, (&neighbour, stage), interface));
        }
        text
    })
}

/// The same, a line each.
pub fn brief(asked: Asked<'_>, process: Option<&str>) -> Result<String, Unanswered> {
    each(asked, process, |process, interfaces| {
        let peers = asked.state.ospf_peers(asked.device, process);
        let count = peers.len();
        let full = peers
            .iter()
            .filter(|(_, stage)| *stage >= Stage::FullWithoutPath)
            .count();
        let mut text = title(process, "        Peer Statistic Information");
        text.push_str(&format!(
            " Total number of peer(s): {count}\n Peer(s) in full state: {full}\n{RULE} \
             Area Id         Interface                  Neighbor id          State\n"
        ));
        for (neighbour, stage) in &peers {
            let Some(interface) = interfaces.get(neighbour.interface) else {
                continue;
            };
            text.push_str(&format!(
                " {:<15} {:<26} {:<20} {}\n",
                neighbour.area.to_string(),
                short_name(&interface.name),
                neighbour.router_id.to_string(),
                word(*stage)
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
    let interfaces = asked.interfaces();
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

/// What a stage is called.
fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Init => "Init",
        Stage::TwoWay => "2-Way",
        Stage::ExStart => "ExStart",
        Stage::Exchange => "Exchange",
        Stage::FullWithoutPath | Stage::Full => "Full",
    }
}

/// The designated router and its backup on a link with this neighbour.
pub fn designated(process: &Process, interface: &Interface, neighbour: Option<&Neighbour>) -> [Option<Ipv4Addr>; 2] {
    let Some(address) = interface.up_address() else {
        return [None; 2];
    };
    let mut contenders = vec![Contender {
        priority: interface.ospf_link.priority,
        router_id: process.router_id,
        address,
    }];
    contenders.extend(neighbour.map(|neighbour| Contender {
        priority: neighbour.priority,
        router_id: neighbour.router_id,
        address: neighbour.address,
    }));
    let (designated, backup) = elected(&contenders);
    [designated, backup]
}

/// Who is master is the larger router ID.
fn block(
    asked: Asked<'_>,
    process: &Process,
    (neighbour, stage): (&Neighbour, Stage),
    interface: &Interface,
) -> String {
    let own = interface.up_address().unwrap_or(neighbour.address);
    let master = neighbour.router_id > process.router_id;
    let elected = designated(process, interface, Some(neighbour));
    let elected = elected.map(|address| address.filter(|_| neighbour.broadcast));
    let [designated, backup] =
        elected.map(|address| address.map_or_else(|| "None".to_owned(), |address| address.to_string()));
    let key = (process.id, interface.name.clone());
    let now = asked.times.now;
    let times = asked.times.ospf.get(&key);
    let since = times.map_or(Moment::START, |times| times.since);
    let due = times.map_or(0, |times| times.dead.since(now).as_nanos().div_ceil(1_000_000_000));
    format!(
        " Area {} interface {own} ({})'s neighbors\n Router ID: {:<20} Address: {}\n   \
         State: {:<14} Mode:Nbr is {:<8} Priority: {}\n   DR: {designated:<17} BDR: {backup:<16} MTU: {}\n   \
         Dead timer due in  {due}  sec\n   Retrans timer interval: 5\n   Neighbor is up for {}\n   \
         Neighbor Up Time : {}\n   Authentication Sequence: [ 0 ]\n\n",
        neighbour.area,
        short_name(&interface.name),
        neighbour.router_id.to_string(),
        neighbour.address,
        word(stage),
        if master { "Master" } else { "Slave" },
        neighbour.priority,
        neighbour.mtu,
        age::in_hours(asked.times.age(since)),
        asked.calendar.date_time(since),
    )
}
