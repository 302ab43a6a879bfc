//! `display route-policy` and `display ip ip-prefix`: what is configured, as the device lays it out. Nothing is counted
//! in the lab.

use crate::configuration::{Configuration, Node};

/// The route policies, or the one of a name; none if there is no such policy.
pub fn route_policies(configuration: &Configuration, wanted: Option<&str>) -> Option<String> {
    let mut text = String::new();
    let mut last = None;
    for node in &configuration.lines {
        let Some((name, mode, number)) = policy_node(&node.text) else {
            continue;
        };
        if wanted.is_some_and(|wanted| wanted != name) {
            continue;
        }
        if last != Some(name) {
            text += &format!("Route-policy : {name}\n");
        }
        last = Some(name);
        text += &format!("  {mode} : {number} (matched counts: 0)\n");
        for (title, beginning) in [("Match clauses", "if-match "), ("Apply clauses", "apply ")] {
            text += &clauses(node, title, beginning);
        }
    }
    (wanted.is_none() || !text.is_empty()).then_some(text)
}

/// `route-policy NAME permit node 10`.
fn policy_node(text: &str) -> Option<(&str, &str, &str)> {
    let mut words = text.strip_prefix("route-policy ")?.split(' ');
    let (name, mode, _, number) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some((name, mode, number))
}

fn clauses(node: &Node, title: &str, beginning: &str) -> String {
    let chosen: Vec<&str> = node
        .children
        .iter()
        .map(|line| line.text.as_str())
        .filter(|text| text.starts_with(beginning))
        .collect();
    if chosen.is_empty() {
        return String::new();
    }
    let lines: String = chosen.iter().flat_map(|text| ["      ", text, "\n"]).collect();
    format!("    {title} :\n{lines}")
}

/// The prefix lists, or the one of a name; none if there is no such list.
pub fn prefix_lists(configuration: &Configuration, wanted: Option<&str>) -> Option<String> {
    let mut text = String::new();
    let mut last = None;
    for line in &configuration.lines {
        let Some(entry) = line.text.strip_prefix("ip ip-prefix ") else {
            continue;
        };
        let words: Vec<&str> = entry.split(' ').collect();
        let [name, "index", index, mode, address, length, ranges @ ..] = words.as_slice() else {
            continue;
        };
        if wanted.is_some_and(|wanted| wanted != *name) {
            continue;
        }
        if last != Some(*name) {
            text += &format!("Prefix-list {name}\nPermitted 0\nDenied 0\n");
        }
        last = Some(*name);
        let ranges: String = ranges
            .chunks(2)
            .map(|pair| match pair {
                ["greater-equal", least] => format!(" ge {least}"),
                ["less-equal", most] => format!(" le {most}"),
                _ => String::new(),
            })
            .collect();
        let row = format!(
            "        index: {index:<16} {mode:<7} {:<18}{ranges}",
            format!("{address}/{length}")
        );
        text += row.trim_end();
        text.push('\n');
    }
    (wanted.is_none() || !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::load;

    #[test]
    fn policies_and_lists_are_laid_out() {
        let (configuration, ignored) = load(
            "ip ip-prefix LOOPBACKS index 10 permit 10.0.0.0 8 greater-equal 32 less-equal 32\n\
             ip ip-prefix LOOPBACKS index 20 deny 0.0.0.0 0\n\
             route-policy TO-PE permit node 10\n if-match ip-prefix LOOPBACKS\n apply local-preference 200\n\
             route-policy TO-PE deny node 20\n",
            &|_| false,
        );
        assert_eq!(ignored, []);
        assert_eq!(
            route_policies(&configuration, None).unwrap(),
            "Route-policy : TO-PE\n  permit : 10 (matched counts: 0)\n    Match clauses :\n      if-match ip-prefix LOOPBACKS\n    \
             Apply clauses :\n      apply local-preference 200\n  deny : 20 (matched counts: 0)\n"
        );
        assert_eq!(
            prefix_lists(&configuration, Some("LOOPBACKS")).unwrap(),
            "Prefix-list LOOPBACKS\nPermitted 0\nDenied 0\n        index: 10               permit  10.0.0.0/8         ge 32 le 32\n        \
             index: 20               deny    0.0.0.0/0\n"
        );
        assert_eq!(route_policies(&configuration, Some("NONE")), None);
        assert_eq!(prefix_lists(&configuration, Some("NONE")), None);
    }
}
