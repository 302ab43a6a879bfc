//! Changes resolved into configuration lines, each with its undo.

use checks::value::InterfaceName;

use super::PlannedChange;
use super::build::LAB;
use super::fault::{FAULT_VERBS, plan_fault};
use super::fill::{Filled, Values, fill};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::suite::{Action, Change, DeviceChanges, Teardown};

/// Lines that the harness sends itself, or that would end the session under it.
const OWN_LINES: &[&str] = &[
    "commit",
    "return",
    "system-view",
    "abort",
    "save",
    "reboot",
    "logout",
    "rollback",
    "clear configuration candidate",
];

/// The changes of a case, or of a suite's setup with its teardown.
pub(super) fn plan_changes(
    changes: &[DeviceChanges],
    teardown: &[Teardown],
    values: Values<'_>,
    mistakes: &mut Diagnostics,
) -> Vec<PlannedChange> {
    let mut planned = Vec::new();
    let mut torn_down = vec![false; teardown.len()];
    for group in changes {
        let of_lab = group.device.text == LAB;
        let device = if of_lab {
            Some(LAB.to_owned())
        } else {
            device_of(&group.device, values, mistakes)
        };
        let Some(device) = device else {
            // What stands below may be wrong as well.
            for change in &group.changes {
                plan_change(change, "", values, &mut Vec::new(), mistakes);
            }
            continue;
        };
        for change in &group.changes {
            let mut lines = Vec::new();
            let Some(mut change) = plan_change(change, &device, values, &mut lines, mistakes) else {
                continue;
            };
            if change.undo.is_empty() {
                match given_by_teardown(&device, teardown, &mut torn_down, values, mistakes) {
                    Some(undo) => change.undo = undo,
                    None => {
                        if let Some(last) = lines.last() {
                            mistakes.push(missing_undo(last, !teardown.is_empty()));
                        }
                        continue;
                    }
                }
            }
            planned.push(change);
        }
    }
    for (teardown, used) in teardown.iter().zip(torn_down) {
        if !used {
            mistakes.push(
                teardown
                    .device
                    .mistaken(format!("`teardown` of `{}` undoes nothing", teardown.device.text))
                    .help("it holds the lines that undo a `setup` whose undo is neither given nor derived"),
            );
        }
    }
    planned
}

/// A device by name, values filled in.
pub(super) fn device_of(
    named: &crate::source::Written,
    values: Values<'_>,
    mistakes: &mut Diagnostics,
) -> Option<String> {
    let name = fill(named, values, mistakes)?;
    if values.lab.device(&name.text).is_some() {
        return Some(name.text);
    }
    let known = values.lab.devices.iter().map(|device| device.name.as_str());
    let mistake = name
        .mistake(0..name.text.len(), format!("unknown device `{}`", name.text))
        .nearest(&name.text, known);
    mistakes.push(mistake);
    None
}

fn missing_undo(line: &Filled, in_setup: bool) -> Diagnostic {
    let mistake = line
        .mistake(0..line.text.len(), "the change has no `undo`")
        .label("not a line whose undo can be derived")
        .help("give `undo:` with the lines that undo it, from the system view");
    if in_setup {
        mistake.help("`teardown` serves one change of a device; give the others their own `undo`")
    } else {
        mistake
    }
}

fn given_by_teardown(
    device: &str,
    teardown: &[Teardown],
    used: &mut [bool],
    values: Values<'_>,
    mistakes: &mut Diagnostics,
) -> Option<Vec<String>> {
    let index = teardown.iter().position(|teardown| {
        // Its device may be a fact; one that is wrong is told when it turns out to be unused.
        fill(&teardown.device, values, &mut Diagnostics::default()).is_some_and(|name| name.text == device)
    })?;
    if std::mem::replace(&mut used[index], true) {
        return None;
    }
    let lines = config_lines(&teardown[index].lines, values, mistakes);
    Some(lines.into_iter().map(|line| line.text).collect())
}

fn plan_change(
    change: &Change,
    device: &str,
    values: Values<'_>,
    lines: &mut Vec<Filled>,
    mistakes: &mut Diagnostics,
) -> Option<PlannedChange> {
    let name = match &change.name {
        Some(name) => Some(fill(name, values, mistakes)?.text),
        None => None,
    };
    match &change.action {
        Action::Fault(sentence) if device != LAB => {
            mistakes.push(
                sentence
                    .mistaken("a device has no links of its own to break")
                    .help("faults of links stand under `lab`: `lab: {name: …, fault: cut DEVICE INTERFACE}`"),
            );
            None
        }
        Action::Sentence(sentence) | Action::Fault(sentence) => {
            let filled = fill(sentence, values, mistakes)?;
            let planned = if device == LAB {
                plan_fault(&filled, values)
            } else {
                sentence_lines(&filled)
            };
            let mut planned = match planned {
                Ok(planned) => planned,
                Err(mistake) => {
                    mistakes.push(*mistake);
                    return None;
                }
            };
            device.clone_into(&mut planned.device);
            planned.name = name.unwrap_or(planned.name);
            lines.push(filled);
            Some(planned)
        }
        Action::Configure { lines: written, .. } if device == LAB => {
            if let Some(first) = written.first() {
                mistakes.push(
                    first
                        .mistaken("the lab has no configuration")
                        .help("write its lines under a device; of the lab, links are broken: `cut DEVICE INTERFACE`"),
                );
            }
            None
        }
        Action::Configure { lines: written, undo } => {
            let before = mistakes.list.len();
            *lines = config_lines(written, values, mistakes);
            let undo_lines = undo.as_ref().map(|undo| config_lines(undo, values, mistakes));
            if mistakes.list.len() > before || lines.is_empty() {
                return None;
            }
            let apply: Vec<String> = lines.iter().map(|line| line.text.clone()).collect();
            let (undo, undo_derived) = match undo_lines {
                Some(undo) => (undo.into_iter().map(|line| line.text).collect(), false),
                None => derived_undo(&apply).map_or((Vec::new(), false), |undo| (undo, true)),
            };
            Some(PlannedChange {
                name: name.unwrap_or_else(|| "change".to_owned()),
                device: device.to_owned(),
                written: apply.join(" / "),
                source: lines.first()?.written().source(),
                apply,
                undo,
                undo_derived,
                fault: None,
            })
        }
    }
}

/// `shutdown IF` and `undo shutdown IF`.
fn sentence_lines(sentence: &Filled) -> Result<PlannedChange, Box<Diagnostic>> {
    let whole = 0..sentence.text.len();
    let words: Vec<&str> = sentence.text.split_whitespace().collect();
    let is = |index: usize, word: &str| words.get(index).is_some_and(|found| found.eq_ignore_ascii_case(word));
    let (verb, opposite, rest) = if is(0, "undo") && is(1, "shutdown") {
        ("undo shutdown", "shutdown", &words[2..])
    } else if is(0, "shutdown") {
        ("shutdown", "undo shutdown", &words[1..])
    } else {
        let first = words.first().copied().unwrap_or_default();
        let mistake = sentence
            .mistake(whole, format!("`{}` is no change", sentence.text))
            .label("expected `shutdown INTERFACE` or `undo shutdown INTERFACE`");
        return Err(Box::new(
            if FAULT_VERBS.contains(&first.to_ascii_lowercase().as_str()) {
                mistake.help("links are broken under `lab`: `lab: cut DEVICE INTERFACE`")
            } else {
                mistake
                    .nearest(first, ["shutdown", "undo"])
                    .help("other changes are given as `configure:` lines with their `undo:`")
            },
        ));
    };
    let interface = InterfaceName::new(&rest.join(" "));
    if rest.is_empty() || !is_interface(interface.as_str()) {
        let found = rest.join(" ");
        return Err(Box::new(
            sentence
                .mistake(
                    whole,
                    if found.is_empty() {
                        format!("`{verb}` names no interface")
                    } else {
                        format!("`{found}` is no interface")
                    },
                )
                .label(format!(
                    "expected `{verb} INTERFACE`, such as `{verb} GigabitEthernet0/1/0`"
                )),
        ));
    }
    let view = format!("interface {interface}");
    Ok(PlannedChange {
        name: verb.to_owned(),
        device: String::new(),
        written: words.join(" "),
        apply: vec![view.clone(), verb.to_owned()],
        undo: vec![view, opposite.to_owned()],
        undo_derived: true,
        fault: None,
        source: sentence.written().source(),
    })
}

/// A name with a type and a number: `GigabitEthernet0/1/0`, `Eth-Trunk10.100`.
fn is_interface(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.contains(|c: char| c.is_ascii_alphabetic())
        && name.ends_with(|c: char| c.is_ascii_digit())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b':' | b'-' | b'_'))
}

/// Lines with their values filled in. A block of text is a line for each of its lines.
fn config_lines(written: &[crate::source::Written], values: Values<'_>, mistakes: &mut Diagnostics) -> Vec<Filled> {
    let mut lines = Vec::new();
    for text in written {
        for line in text.lines() {
            let Some(filled) = fill(&line, values, mistakes) else {
                continue;
            };
            match refusal(&filled.text) {
                Some(message) => {
                    let whole = 0..filled.text.len();
                    mistakes.push(filled.mistake(whole, message));
                }
                None => lines.push(filled),
            }
        }
    }
    lines
}

/// Why a line cannot be sent as configuration.
fn refusal(line: &str) -> Option<String> {
    let words: Vec<String> = line.split_whitespace().map(str::to_lowercase).collect();
    let own = OWN_LINES.iter().find(|own| {
        let own: Vec<&str> = own.split(' ').collect();
        words.len() >= own.len() && own.iter().zip(&words).all(|(own, word)| own == word)
    });
    if let Some(own) = own {
        return Some(format!(
            "`{own}` is no configuration line: entering, committing and leaving is done by the harness"
        ));
    }
    if line.contains('?') {
        return Some("a `?` asks the device for help instead of configuring it".to_owned());
    }
    line.contains(char::is_control)
        .then(|| "a configuration line cannot hold control characters".to_owned())
}

/// The undo of configuration lines, where it is beyond doubt: views down to one line that has an exact opposite.
///
/// Derived for, as the last line:
/// * `shutdown` and `undo shutdown` under a physical `interface` that exists on its own (not a loopback, tunnel,
///   trunk, VLAN interface or sub-interface, which entering would create);
/// * `peer ADDRESS ignore` and `undo peer ADDRESS ignore` under `bgp AS`, optionally in an address family.
///
/// What the device had before may make the opposite wrong all the same (an interface that was already shut down): the
/// configuration is read back afterwards and a difference is reported.
fn derived_undo(lines: &[String]) -> Option<Vec<String>> {
    let (last, views) = lines.split_last()?;
    let last_words: Vec<&str> = last.split_whitespace().collect();
    let views_words: Vec<Vec<&str>> = views.iter().map(|view| view.split_whitespace().collect()).collect();
    let opposite = match (views_words.as_slice(), last_words.as_slice()) {
        ([view], ["shutdown"]) if is_physical(view) => "undo shutdown".to_owned(),
        ([view], ["undo", "shutdown"]) if is_physical(view) => "shutdown".to_owned(),
        (views, ["peer", address, "ignore"]) if is_bgp(views) && is_address(address) => {
            format!("undo peer {address} ignore")
        }
        (views, ["undo", "peer", address, "ignore"]) if is_bgp(views) && is_address(address) => {
            format!("peer {address} ignore")
        }
        _ => return None,
    };
    Some(views.iter().cloned().chain([opposite]).collect())
}

fn is_address(word: &str) -> bool {
    word.parse::<std::net::IpAddr>().is_ok()
}

fn is_bgp(views: &[Vec<&str>]) -> bool {
    match views {
        [bgp] => matches!(bgp.as_slice(), ["bgp", _]),
        [bgp, family] => {
            matches!(bgp.as_slice(), ["bgp", _])
                && matches!(family.as_slice(), ["ipv4-family" | "ipv6-family", "vpn-instance", _])
        }
        _ => false,
    }
}

fn is_physical(view: &[&str]) -> bool {
    let ["interface", rest @ ..] = view else { return false };
    let name = InterfaceName::new(&rest.join(" "));
    let name = name.as_str();
    let kind = name
        .find(|c: char| c.is_ascii_digit())
        .map_or(name, |_| name.trim_end_matches(|c: char| !c.is_ascii_alphabetic()));
    is_interface(name)
        && !name.contains('.')
        && (kind.ends_with("Ethernet") || (kind.ends_with("GE") && name.starts_with(|c: char| c.is_ascii_digit())))
        && !name.starts_with("Virtual")
        && name.contains('/')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(" / ").map(str::to_owned).collect()
    }

    #[rstest]
    #[case(
        "interface GigabitEthernet0/1/0 / shutdown",
        "interface GigabitEthernet0/1/0 / undo shutdown"
    )]
    #[case("interface 100GE0/1/0 / undo shutdown", "interface 100GE0/1/0 / shutdown")]
    #[case("bgp 100 / peer 3.3.3.3 ignore", "bgp 100 / undo peer 3.3.3.3 ignore")]
    #[case(
        "bgp 100 / ipv4-family vpn-instance VPNA / peer 10.3.1.2 ignore",
        "bgp 100 / ipv4-family vpn-instance VPNA / undo peer 10.3.1.2 ignore"
    )]
    fn an_undo_is_derived(#[case] apply: &str, #[case] undo: &str) {
        assert_eq!(derived_undo(&lines(apply)), Some(lines(undo)));
    }

    #[rstest]
    #[case("interface LoopBack7 / shutdown")]
    #[case("interface GigabitEthernet0/1/0.5 / shutdown")]
    #[case("interface Eth-Trunk1 / shutdown")]
    #[case("interface Virtual-Ethernet0/1/0 / shutdown")]
    #[case("interface GigabitEthernet0/1/0 / mtu 9000 / shutdown")]
    #[case("interface GigabitEthernet0/1/0 / ip address 10.0.0.1 24")]
    #[case("ip route-static 0.0.0.0 0 10.1.1.2")]
    #[case("bgp 100 / peer 3.3.3.3 as-number 100")]
    #[case("bgp 100 / peer X ignore")]
    #[case("shutdown")]
    fn no_undo_is_guessed(#[case] apply: &str) {
        assert_eq!(derived_undo(&lines(apply)), None);
    }

    #[test]
    fn lines_that_end_the_session_or_ask_for_help_are_refused() {
        for line in [
            "commit",
            "  Return",
            "system-view immediately",
            "save config",
            "description what?",
            "a\u{3}b",
        ] {
            assert!(refusal(line).is_some(), "{line}");
        }
        for line in ["interface GE0/1/0", "quit", "description saved", "returning"] {
            assert!(refusal(line).is_none(), "{line}");
        }
    }
}
