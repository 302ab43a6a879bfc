//! The displays of interfaces, from their computed states.

use super::{Asked, Unanswered};
use crate::display::interfaces::{Display, Shown, Since, State, print as lay_out};
use crate::network::Moment;

/// The answer.
pub fn print(asked: Asked<'_>, display: Display, name: Option<&str>) -> Result<String, Unanswered> {
    let configuration = asked.running.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let computed = asked.interfaces();
    let shown: Vec<Shown<'_>> = configuration
        .interfaces()
        .map(|(name, node)| {
            let found = computed.iter().find(|interface| interface.name == name);
            // A sub-interface that has a VLAN and no address runs its protocol all the same.
            let is_link = !name.is_physical() && !name.is_loopback();
            let state = State {
                shut_down: node.has("shutdown"),
                physical: found.is_some_and(|interface| interface.physical),
                protocol: found.is_some_and(|interface| {
                    interface.protocol || interface.physical && is_link && interface.address.is_none()
                }),
            };
            let times = asked.times.ages.interface(&name);
            let text = |instant: Option<Moment>| instant.map(|instant| asked.calendar.date_time(instant));
            let since = Since {
                physical_up: text(times.physical_up),
                physical_down: text(times.physical_down),
                protocol_up: text(times.protocol_up),
                now: asked.calendar.date_time(asked.times.now),
            };
            Shown {
                name,
                node,
                state,
                since: Some(since),
            }
        })
        .collect();
    lay_out(&shown, display, name).ok_or_else(|| Unanswered::Refused("The specified interface does not exist.".into()))
}
