//! What configuration lines would do to a configuration: which of them are in force already, which views they touch.

use super::configuration::{Configuration, Difference, canonical};

/// A configuration line that is not only the way into a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Views that it is entered in, outermost first.
    pub views: Vec<String>,
    /// The line.
    pub line: String,
    /// Whether the configuration shows it already.
    pub in_force: bool,
}

/// Walks through lines as a device would and says of each whether it is in force.
pub fn effects(configuration: &Configuration, lines: &[String]) -> Vec<Effect> {
    let mut views: Vec<String> = Vec::new();
    let mut effects = Vec::new();
    for line in lines {
        let line = canonical(line);
        match line.as_str() {
            "" | "commit" | "system-view" => continue,
            "quit" => {
                views.pop();
                continue;
            }
            "#" | "return" => {
                views.clear();
                continue;
            }
            _ => {}
        }
        if configuration.has_view(&views, &line) || opens_view(&line) {
            // The views that are entered from the system view are entered from wherever one is.
            if is_top_level(&line) && !configuration.has_view(&views, &line) {
                views.clear();
            }
            views.push(line);
            continue;
        }
        let shown = |wanted: &str| configuration.directly_in(&views).any(|present| present == wanted);
        let in_force = match line.strip_prefix("undo ") {
            // `undo X` is in force where it stands itself, or where nothing that begins with X stands.
            Some(undone) => {
                shown(&line)
                    || !configuration
                        .directly_in(&views)
                        .any(|present| begins_with(present, undone))
            }
            None => shown(&line),
        };
        effects.push(Effect {
            views: views.clone(),
            line,
            in_force,
        });
    }
    effects
}

/// Whether a difference lies where these effects are: in one of their views, and anywhere if one is in the system view.
pub fn touches(effects: &[Effect], difference: &Difference) -> bool {
    let line = &difference.line;
    effects.iter().any(|effect| {
        let within = line.views.starts_with(&effect.views);
        let way_in = effect.views.starts_with(&line.views) && effect.views.get(line.views.len()) == Some(&line.text);
        within || way_in
    })
}

/// Whether a difference may come of this line: both are in the same view and begin with the same word, `undo` and
/// abbreviation left aside. A device may print the rest otherwise than it was entered.
pub(super) fn speaks_of(effect: &Effect, difference: &Difference) -> bool {
    let word = |line: &str| -> String {
        let line = line.strip_prefix("undo ").unwrap_or(line);
        line.split_whitespace().next().unwrap_or_default().to_owned()
    };
    let (ours, theirs) = (word(&effect.line), word(&difference.line.text));
    // Where a view itself comes or goes, everything in it does.
    let view = difference.line.views.get(effect.views.len()).map(|view| word(view));
    theirs.starts_with(&ours) || view.is_some_and(|view| view.starts_with(&ours))
}

fn begins_with(line: &str, words: &str) -> bool {
    line.strip_prefix(words)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Views that are entered from the system view.
const TOP_LEVEL: &[&str] = &[
    "interface",
    "bgp",
    "ospf",
    "isis",
    "vsi",
    "ip vpn-instance",
    "route-policy",
];

/// Views that are entered from another view.
const NESTED: &[&str] = &[
    "ipv4-family",
    "ipv6-family",
    "l2vpn-family",
    "vpnv4-family",
    "area",
    "pwsignal",
];

fn is_top_level(line: &str) -> bool {
    TOP_LEVEL.iter().any(|view| begins_with(line, view))
}

/// Lines that open a view even where the configuration does not show it yet.
fn opens_view(line: &str) -> bool {
    is_top_level(line) || NESTED.iter().any(|view| begins_with(line, view))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNING: &str = "#\nsysname CE1\n#\nbfd\n#\ninterface GigabitEthernet0/1/0\n undo shutdown\n ip address \
        10.1.1.1 255.255.255.252\n#\ninterface GigabitEthernet0/2/0\n shutdown\n#\nbgp 100\n #\n ipv4-family \
        unicast\n  peer 3.3.3.3 enable\n#\nreturn\n";

    fn in_force(lines: &[&str]) -> Vec<(String, bool)> {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        effects(&Configuration::read(RUNNING).unwrap(), &lines)
            .into_iter()
            .map(|effect| {
                (
                    format!("{} / {}", effect.views.join(" / "), effect.line),
                    effect.in_force,
                )
            })
            .collect()
    }

    #[test]
    fn a_shutdown_is_in_force_only_on_the_interface_that_is_shut_down() {
        assert_eq!(
            in_force(&[
                "interface GE0/1/0",
                "shutdown",
                "interface GigabitEthernet 0/2/0",
                "shutdown"
            ]),
            [
                ("interface GigabitEthernet0/1/0 / shutdown".into(), false),
                ("interface GigabitEthernet0/2/0 / shutdown".into(), true)
            ]
        );
        assert_eq!(
            in_force(&[
                "interface GE0/1/0",
                "undo shutdown",
                "quit",
                "interface GE0/2/0",
                "undo shutdown"
            ]),
            [
                ("interface GigabitEthernet0/1/0 / undo shutdown".into(), true),
                ("interface GigabitEthernet0/2/0 / undo shutdown".into(), false)
            ]
        );
    }

    #[test]
    fn lines_are_looked_up_in_their_own_view() {
        assert_eq!(
            in_force(&[
                "bgp 100",
                "peer 3.3.3.3 enable",
                "ipv4-family unicast",
                "peer 3.3.3.3 enable"
            ]),
            [
                ("bgp 100 / peer 3.3.3.3 enable".into(), false),
                ("bgp 100 / ipv4-family unicast / peer 3.3.3.3 enable".into(), true)
            ]
        );
        assert_eq!(
            in_force(&[
                "bgp 100",
                "ipv4-family unicast",
                "undo peer 3.3.3.3 enable",
                "#",
                "undo bfd"
            ]),
            [
                ("bgp 100 / ipv4-family unicast / undo peer 3.3.3.3 enable".into(), false),
                (" / undo bfd".into(), false)
            ]
        );
    }

    #[test]
    fn differences_elsewhere_are_told_from_those_in_the_views_of_a_change() {
        let before = Configuration::read(RUNNING).unwrap();
        let text = RUNNING.replace(" undo shutdown", " shutdown").replace("CE1", "CE2");
        let now = Configuration::read(&text).unwrap();
        let touched = |lines: &[&str]| -> Vec<bool> {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            let effects = effects(&before, &lines);
            now.differences_from(&before)
                .iter()
                .map(|difference| touches(&effects, difference))
                .collect()
        };
        assert_eq!(
            touched(&["interface GigabitEthernet0/1/0", "shutdown"]),
            [false, false, true]
        );
        assert_eq!(touched(&["interface GigabitEthernet0/2/0", "shutdown"]), [false; 3]);
        assert_eq!(touched(&["undo bfd"]), [true; 3]);
    }
}
