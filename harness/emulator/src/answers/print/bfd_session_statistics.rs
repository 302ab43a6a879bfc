//! `display bfd statistics session`: the changes of each session.

use std::time::Duration;

use super::bfd_session::{selected, state};
use super::{Asked, Unanswered, age};
use crate::network::BfdSession;

const RULE: &str = "--------------------------------------------------------------------------------\n";

/// The sessions asked for, as `display bfd session` takes them.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let chosen = selected(asked, rest)?;
    let blocks: String = chosen.iter().map(|session| block(asked, session)).collect();
    Ok(format!(
        "{blocks}{RULE}\n     Total Session Number : {}\n",
        chosen.len()
    ))
}

/// Packets are not counted, and are not listed therefore.
fn block(asked: Asked<'_>, session: &BfdSession) -> String {
    let line = |key: &str, value: &str| format!("  {key:<27}: {value}\n");
    let title = format!("(One Hop) State : {}", state(session));
    let mut text = format!("{RULE}  {title:<42}Name : {}\n{RULE}", session.name);
    let kind = match (session.dynamic, session.auto) {
        (true, _) => "Dynamic",
        (false, true) => "Static_Auto",
        (false, false) => "Static",
    };
    text += &line("Session Type", kind);
    text += &line("Bind Type", "IP");
    text += &line(
        "Local/Remote Discriminator",
        &format!("{}/{}", session.local_discriminator, session.remote_discriminator),
    );
    let Some(record) = asked.times.bfd.get(&session.name) else {
        return text;
    };
    let never = || ("0000-00-00 00:00:00".to_owned(), "---D:--H:--M:--S".to_owned());
    let (down, since) = record.last_down.map_or_else(never, |at| {
        (asked.calendar.date_time(at), age::with_capitals(asked.times.age(at)))
    });
    let (up, lasting) = record.last_up.map_or_else(never, |at| {
        // A session that went down after it came up has lasted until then.
        let until = record.last_down.filter(|down| *down > at);
        let gone = until.map_or(Duration::ZERO, |down| asked.times.age(down));
        let lasting = asked.times.age(at).saturating_sub(gone);
        (asked.calendar.date_time(at), age::with_capitals(lasting))
    });
    text += &line("Down Count", &record.downs.to_string());
    text += &line("Create Time", &asked.calendar.date_time(record.created));
    text += &line("Last Down Time", &down);
    text += &line("Total Time From Last DOWN", &since);
    text += &line("Last Up Time", &up);
    text += &line("Last Up Lasting Time", &lasting);
    text + &line(
        "Total Time From Create",
        &age::with_capitals(asked.times.age(record.created)),
    )
}
