//! `display mpls interface`.

use super::{Asked, Unanswered, lsr_id, short_name};

/// The interfaces that MPLS is on, or one of them, with the number of LSPs that leave by each.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let name = match *rest {
        [] => None,
        [name] => Some(name),
        _ => return Err(Unanswered::NotComputed),
    };
    let interfaces = asked.interfaces();
    let configuration = asked.running.get(asked.device).ok_or(Unanswered::NotComputed)?;
    if lsr_id(asked).is_none() {
        return Err(Unanswered::Refused("MPLS is not enabled.".into()));
    }
    let mut text = String::from("Interface             Status    TE Attr   LSP Count   CRLSP Count Effective MTU\n");
    for (node_name, node) in configuration.interfaces() {
        let wanted = node.has("mpls") && name.is_none_or(|name| node_name.to_string() == name);
        let found = interfaces.iter().position(|interface| interface.name == node_name);
        let Some((index, interface)) = found
            .and_then(|index| Some((index, interfaces.get(index)?)))
            .filter(|_| wanted)
        else {
            continue;
        };
        let lsps = asked
            .state
            .lsps(asked.device)
            .filter(|(_, lsp)| lsp.interface == index)
            .count();
        text += &format!(
            "{:<21} {:<9} Dis       {lsps:<11} 0           {}\n",
            short_name(&interface.name),
            if interface.protocol { "Up" } else { "Down" },
            node.after("mtu ").unwrap_or("1500"),
        );
    }
    Ok(text)
}
