//! Editing a configuration by matched commands.

use std::collections::BTreeSet;

use super::tree::{Configuration, Key, Node, Path, find, put};
use crate::grammar::{self, Effect, Matched, Rule, View};

/// Why a command that was understood cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditError {
    /// The device's message.
    Refused(String),
    /// The value at this offset of the line is wrong.
    WrongParameter(usize),
    /// Something is missing at the end of the line.
    Incomplete,
}

fn refused<T>(message: &str) -> Result<T, EditError> {
    Err(EditError::Refused(format!("Error: {message}")))
}

impl Configuration {
    /// The view at `path`.
    pub fn view_at(path: &[Key]) -> View {
        path.last().and_then(Key::view).unwrap_or(View::System)
    }

    /// Carries out a matched configuration command typed in the view at `path`; gives the view in which the user is
    /// afterwards. `is_port` says which ports the device has.
    pub fn apply(
        &mut self,
        path: &[Key],
        matched: &Matched,
        is_port: &dyn Fn(&Key) -> bool,
    ) -> Result<Path, EditError> {
        let Some(rule) = grammar::rule(matched.rule) else {
            return Ok(path.to_vec());
        };
        let key = Key::of(matched);
        match rule.effect {
            Effect::Operate(_) => {}
            Effect::Expand(lines) => {
                for line in lines(matched) {
                    let line = if matched.undo { undo_last(&line) } else { line };
                    self.apply_text(path, &line, is_port)?;
                }
                // `ospf` alone stands for entering a block.
                if let ([line], false) = (lines(matched).as_slice(), matched.undo)
                    && let Ok(expanded) = grammar::match_in(Self::view_at(path), line)
                    && Key::of(&expanded).view().is_some()
                {
                    return self.apply(path, &expanded, is_port);
                }
            }
            Effect::Number if matched.undo => self.remove_numbered(path, &matched.canonical())?,
            Effect::Number => {
                let line = self.numbered(path, &matched.canonical());
                self.apply_text(path, &line, is_port)?;
            }
            Effect::RemovePeer => self.remove_peer(path, &key, &matched.canonical())?,
            Effect::EnterBfdSession => return self.enter(path, &key.identity),
            Effect::Toggle => {
                let text = matched.canonical();
                self.needs_peer(path, &text)?;
                let text = if matched.undo { format!("undo {text}") } else { text };
                if is_unspoken(path, &text) {
                    if let Some(lines) = self.block_mut(path) {
                        lines.retain(|line| line.key != key);
                    }
                } else {
                    self.store(path, key, text)?;
                }
            }
            Effect::Line | Effect::Block(_) if matched.undo => self.remove(path, matched, &key, is_port)?,
            Effect::Line => {
                self.before_line(path, &key, &matched.canonical())?;
                let is_new = self.store(path, key, matched.canonical())?;
                if is_new {
                    self.create(path, rule, matched, is_port)?;
                }
            }
            Effect::Block(_) => return self.open(path, rule, matched, key, is_port),
        }
        Ok(path.to_vec())
    }

    /// Whether a command either fails before it changes anything or does not fail at all.
    pub fn fails_at_once(matched: &Matched) -> bool {
        grammar::rule(matched.rule).is_some_and(|rule| match rule.effect {
            Effect::Line | Effect::Toggle => rule.creates.is_empty(),
            _ => false,
        })
    }

    /// Carries out a command given as text, ` / ` going down a view, without leaving the view at `path`.
    pub fn apply_text(&mut self, path: &[Key], text: &str, is_port: &dyn Fn(&Key) -> bool) -> Result<(), EditError> {
        let mut path = path.to_vec();
        for line in text.split(" / ") {
            let matched = grammar::match_in(Self::view_at(&path), line)
                .map_err(|_| EditError::Refused(format!("Error: The command `{line}` is not known in this view.")))?;
            path = self.apply(&path, &matched, is_port)?;
        }
        Ok(())
    }

    fn store(&mut self, path: &[Key], key: Key, text: String) -> Result<bool, EditError> {
        let Some(lines) = self.block_mut(path) else {
            return refused("The configuration of this view does not exist any more.");
        };
        Ok(put(
            lines,
            Node {
                key,
                text,
                children: Vec::new(),
            },
        ))
    }

    /// What a new line brings with it.
    fn create(
        &mut self,
        path: &[Key],
        rule: &Rule,
        matched: &Matched,
        is_port: &dyn Fn(&Key) -> bool,
    ) -> Result<(), EditError> {
        let first = matched.values().first().copied().unwrap_or_default().to_owned();
        rule.creates
            .iter()
            .try_for_each(|text| self.apply_text(path, &text.replace("$1", &first), is_port))
    }

    fn open(
        &mut self,
        path: &[Key],
        rule: &Rule,
        matched: &Matched,
        key: Key,
        is_port: &dyn Fn(&Key) -> bool,
    ) -> Result<Path, EditError> {
        let mut inner = path.to_vec();
        inner.push(key.clone());
        let text = matched.canonical();
        let Some(lines) = self.block(path) else {
            return refused("The configuration of this view does not exist any more.");
        };
        if let Some(old) = find(lines, &key) {
            // `ospf 1` enters `ospf 1 router-id 1.1.1.1` too; anything else would be another block of the same name.
            return if is_within(&text, &old.text) {
                Ok(inner)
            } else {
                refused(&format!("It is already configured as `{}`.", old.text))
            };
        }
        let interface = key.interface();
        if let Some(name) = &interface
            && name.port().is_physical()
            && !is_port(&Key {
                identity: vec![name.port().to_string()],
                ..key.clone()
            })
        {
            let offset = matched
                .words
                .iter()
                .find(|word| word.value)
                .map_or(0, |word| word.offset);
            return Err(EditError::WrongParameter(offset));
        }
        if let Some((_, name)) = text
            .split_once(" vpn-instance ")
            .filter(|_| key.view() == Some(View::Ospf))
        {
            self.needs_vpn_instance(name)?;
        }
        self.store(path, key, text)?;
        self.create(&inner, rule, matched, is_port)?;
        if interface.is_some_and(|name| name.is_physical()) {
            self.apply_text(&inner, "undo shutdown", is_port)?;
        }
        Ok(inner)
    }

    fn enter(&self, path: &[Key], identity: &[String]) -> Result<Path, EditError> {
        let block = self
            .block(path)
            .into_iter()
            .flatten()
            .find(|line| line.key.view() == Some(View::BfdSession) && line.key.identity == identity);
        let Some(block) = block else {
            return Err(EditError::Incomplete);
        };
        let mut inner = path.to_vec();
        inner.push(block.key.clone());
        Ok(inner)
    }

    /// Binding an interface to another VPN instance removes its addresses, as VRP does.
    fn before_line(&mut self, path: &[Key], key: &Key, text: &str) -> Result<(), EditError> {
        if let Some(label) = text.strip_prefix("apply-label per-instance static ") {
            return self.label_is_free(path, label);
        }
        let Some(name) = text.strip_prefix("ip binding vpn-instance ") else {
            return self.needs_peer(path, text);
        };
        self.needs_vpn_instance(name)?;
        if let Some(lines) = self.block_mut(path)
            && find(lines, key).is_none_or(|line| line.text != text)
        {
            lines.retain(|line| !line.text.starts_with("ip address "));
        }
        Ok(())
    }

    fn needs_vpn_instance(&self, name: &str) -> Result<(), EditError> {
        let known = self.lines.iter().any(|line| {
            line.key.view() == Some(View::VpnInstance) && line.key.identity.first().is_some_and(|known| known == name)
        });
        if known {
            Ok(())
        } else {
            refused("The specified VPN instance does not exist.")
        }
    }

    /// An entry of a filter with the index that follows the largest, in steps of ten.
    fn numbered(&self, path: &[Key], text: &str) -> String {
        let (beginning, rest) = around_index(text);
        let indices = self.block(path).into_iter().flatten().filter_map(|line| {
            let index = line.text.strip_prefix(&beginning)?.split(' ').next()?;
            index.parse::<u32>().ok()
        });
        let largest = indices.max().unwrap_or(0);
        let next = (largest / 10).saturating_add(1).saturating_mul(10);
        format!("{beginning}{next} {rest}")
    }

    /// Takes the last entry of a filter away that says this, whatever its index.
    fn remove_numbered(&mut self, path: &[Key], text: &str) -> Result<(), EditError> {
        let (beginning, rest) = around_index(text);
        let says_this = |line: &Node| {
            let entry = line
                .text
                .strip_prefix(&beginning)
                .and_then(|entry| entry.split_once(' '));
            entry.is_some_and(|(_, said)| said == rest)
        };
        let lines = self.block_mut(path);
        match lines.and_then(|lines| Some((lines.iter().rposition(says_this)?, lines))) {
            Some((at, lines)) => {
                lines.remove(at);
                Ok(())
            }
            None => refused("The configuration to be undone does not exist."),
        }
    }

    /// A static label leads into one instance only.
    fn label_is_free(&self, path: &[Key], label: &str) -> Result<(), EditError> {
        let wanted = format!("apply-label per-instance static {label}");
        let own = path.first();
        let others = self
            .lines
            .iter()
            .filter(|line| line.key.view() == Some(View::VpnInstance) && Some(&line.key) != own);
        let is_taken = others.flat_map(|line| &line.children).any(|family| family.has(&wanted));
        if is_taken {
            refused("The label has been used.")
        } else {
            Ok(())
        }
    }

    /// Nothing can be said of a BGP peer that has no AS number yet.
    fn needs_peer(&self, path: &[Key], text: &str) -> Result<(), EditError> {
        let mut words = text.split(' ');
        let (Some("peer"), Some(peer), Some(third)) = (words.next(), words.next(), words.next()) else {
            return Ok(());
        };
        // The families share the peers of the process; a VPN instance has its own.
        let owner = match Self::view_at(path) {
            View::BgpVpnInstance => path,
            _ => path.get(..1).unwrap_or(path),
        };
        let lines = self.block(owner).map(Vec::as_slice).unwrap_or_default();
        let begins = |beginning: String| lines.iter().any(|line| line.text.starts_with(&beginning));
        let is_there = || {
            let key = grammar::rule_of(Self::view_at(owner), "peer <peer!> as-number <asn>").map(|rule| Key {
                rule,
                identity: vec![peer.to_owned()],
            });
            key.is_some_and(|key| find(lines, &key).is_some())
                || begins(format!("peer {peer} group "))
                || begins(format!("group {peer} "))
        };
        let is_of_bgp = path.first().and_then(Key::view) == Some(View::Bgp);
        let introduces = match third {
            "as-number" => peer.parse::<std::net::Ipv4Addr>().is_ok(),
            "group" if begins(format!("group {} ", words.next().unwrap_or_default())) => true,
            "group" if is_of_bgp => return refused("The peer group does not exist."),
            _ => false,
        };
        if !is_of_bgp || introduces || is_there() {
            Ok(())
        } else {
            refused("The peer does not exist.")
        }
    }

    fn remove(
        &mut self,
        path: &[Key],
        matched: &Matched,
        key: &Key,
        is_port: &dyn Fn(&Key) -> bool,
    ) -> Result<(), EditError> {
        if key.interface().is_some_and(|name| name.is_physical()) && is_port(key) {
            return refused("A physical interface cannot be deleted.");
        }
        let wanted = matched.canonical();
        let Some(lines) = self.block_mut(path) else {
            return refused("The configuration of this view does not exist any more.");
        };
        let before = lines.len();
        lines.retain(|line| {
            !(line.key.rule == key.rule
                && line.key.identity.starts_with(&key.identity)
                && is_within(&wanted, &line.text))
        });
        if lines.len() == before {
            return refused("The configuration to be undone does not exist.");
        }
        if wanted.starts_with("ip binding vpn-instance") {
            lines.retain(|line| !line.text.starts_with("ip address "));
        }
        if wanted.starts_with("group ") || wanted.starts_with("peer ") {
            self.forget_orphans(path);
        }
        if key.view() == Some(View::VpnInstance) {
            self.forget_vpn_instance(key.identity.first().map_or("", String::as_str));
        }
        self.restore_defaults(path, &wanted, is_port)
    }

    /// Lines of BGP peers that nothing introduces any more, in the view at `path` and in the families below.
    fn forget_orphans(&mut self, path: &[Key]) {
        let is_owner = matches!(Self::view_at(path), View::Bgp | View::BgpVpnInstance);
        let Some(lines) = self.block_mut(path).filter(|_| is_owner) else {
            return;
        };
        let words = |line: &Node| -> Vec<String> {
            let text = line.text.trim_start_matches("undo ");
            text.split(' ').take(4).map(str::to_owned).collect()
        };
        let named = |lines: &[Node], introduces: &dyn Fn(&[&str]) -> bool| -> BTreeSet<String> {
            let all = lines.iter().map(words);
            all.filter(|words| introduces(&words.iter().map(String::as_str).collect::<Vec<_>>()))
                .filter_map(|words| words.into_iter().nth(1))
                .collect()
        };
        let groups = named(lines, &|words| words.first() == Some(&"group"));
        lines.retain(|line| match words(line).as_slice() {
            [peer, _, third, group] => peer != "peer" || third != "group" || groups.contains(group),
            _ => true,
        });
        let mut known = named(lines, &|words| matches!(words, ["peer", _, "as-number" | "group", ..]));
        known.extend(groups);
        let keep = |line: &Node| match words(line).as_slice() {
            [first, peer, ..] => first != "peer" || known.contains(peer),
            _ => true,
        };
        lines.retain(keep);
        for family in lines.iter_mut().filter(|line| shares_peers(line)) {
            family.children.retain(keep);
        }
    }

    /// What goes with a VPN instance, as on VRP: bindings with their addresses, its BGP family, its OSPF processes, its
    /// static routes.
    fn forget_vpn_instance(&mut self, name: &str) {
        let route = format!("ip route-static vpn-instance {name} ");
        let (binding, family) = (
            format!("ip binding vpn-instance {name}"),
            format!("ipv4-family vpn-instance {name}"),
        );
        let process = format!(" vpn-instance {name}");
        let is_process = |line: &Node| line.key.view() == Some(View::Ospf) && line.text.ends_with(&process);
        self.lines
            .retain(|line| !line.text.starts_with(&route) && !is_process(line));
        for block in &mut self.lines {
            if block.has(&binding) {
                block
                    .children
                    .retain(|line| line.text != binding && !line.text.starts_with("ip address "));
            }
            block.children.retain(|line| line.text != family);
        }
    }

    /// Lines that always stand in a view return in their default form when they are undone.
    fn restore_defaults(
        &mut self,
        path: &[Key],
        removed: &str,
        is_port: &dyn Fn(&Key) -> bool,
    ) -> Result<(), EditError> {
        let creating = |key: &Key| grammar::rule(key.rule).map_or(&[][..], |rule| rule.creates);
        let mut missing: Vec<String> = Vec::new();
        if let Some(header) = path.last() {
            missing.extend(creating(header).iter().map(|text| (*text).to_owned()));
        }
        for line in self.block(path).into_iter().flatten() {
            // Only what stood in the block that has gone can be missing.
            let creates = creating(&line.key)
                .iter()
                .filter(|text| text.split(" / ").next() == Some(removed));
            if line.key.view().is_none() {
                let first = line.key.identity.first().map_or("", String::as_str);
                missing.extend(creates.map(|text| text.replace("$1", first)));
            }
        }
        missing.retain(|text| !self.holds(path, text));
        missing.iter().try_for_each(|text| self.apply_text(path, text, is_port))
    }

    /// Whether the line of a command given as text stands there, in whatever form.
    fn holds(&self, path: &[Key], text: &str) -> bool {
        let mut path = path.to_vec();
        for line in text.split(" / ") {
            let Ok(matched) = grammar::match_in(Self::view_at(&path), line) else {
                return false;
            };
            path.push(Key::of(&matched));
        }
        self.block(&path).is_some()
    }

    /// `undo peer X` and `undo peer X as-number N`: the peer goes with all its lines; but of one that a group introduces,
    /// and of a group, the AS number alone.
    fn remove_peer(&mut self, path: &[Key], key: &Key, text: &str) -> Result<(), EditError> {
        let peer = key.identity.first().cloned().unwrap_or_default();
        let Some(lines) = self.block_mut(path) else {
            return refused("The configuration of this view does not exist any more.");
        };
        let (member, group) = (format!("peer {peer} group "), format!("group {peer} "));
        let introduces = |line: &Node| line.text.starts_with(&member) || line.text.starts_with(&group);
        if text.contains(" as-number ") {
            let Some(at) = lines.iter().position(|line| line.text == text) else {
                return refused("The configuration to be undone does not exist.");
            };
            if lines.iter().any(introduces) {
                lines.remove(at);
                return Ok(());
            }
        }
        let of_peer = |line: &Node| {
            let mut words = line.text.trim_start_matches("undo ").split(' ');
            words.next() == Some("peer") && words.next() == Some(&peer)
        };
        let before = lines.len();
        lines.retain(|line| !of_peer(line));
        if lines.len() == before {
            return refused("The peer does not exist.");
        }
        for family in lines.iter_mut().filter(|line| shares_peers(line)) {
            family.children.retain(|line| !of_peer(line));
        }
        Ok(())
    }
}

/// Whether a line opens a family whose peers stand in the view above.
fn shares_peers(line: &Node) -> bool {
    let view = line.key.view();
    matches!(
        view,
        Some(View::BgpIpv4 | View::BgpVpnv4 | View::BgpL2vpnAd | View::BgpVpls)
    )
}

/// Whether a line that is stored in one of two forms goes without saying in this one. Ports say `undo shutdown`.
pub(super) fn is_unspoken(path: &[Key], text: &str) -> bool {
    let is_port = || {
        let interface = path.last().and_then(Key::interface);
        interface.is_some_and(|name| name.is_physical())
    };
    match text {
        "reflect between-clients" => true,
        "undo shutdown" => !is_port(),
        _ => false,
    }
}

/// Turns the last command of a line into its undo.
fn undo_last(text: &str) -> String {
    match text.rsplit_once(" / ") {
        None => format!("undo {text}"),
        Some((path, last)) => format!("{path} / undo {last}"),
    }
}

/// Whether all words of `part` stand in `whole`, in the same order.
fn is_within(part: &str, whole: &str) -> bool {
    let mut words = whole.split(' ');
    part.split(' ').all(|wanted| words.any(|word| word == wanted))
}

/// What stands before the number of an entry of a filter and behind it, of an entry that was typed without.
fn around_index(text: &str) -> (String, String) {
    let words: Vec<&str> = text.split(' ').collect();
    // The name of a filter may be any word.
    let named_kind = matches!(words.get(2), Some(&"basic" | &"advanced")) && words.get(1) == Some(&"community-filter");
    let (head, rest) = words.split_at(words.len().min(if named_kind { 4 } else { 3 }));
    (format!("{} index ", head.join(" ")), rest.join(" "))
}
