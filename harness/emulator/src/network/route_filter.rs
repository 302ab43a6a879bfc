//! Filters that route policies and peers refer to by name: prefix lists, community filters, AS path filters.
//!
//! A filter that is not configured lets everything pass, as on VRP; one that is configured and has no entry that fits
//! lets nothing pass.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use super::bgp_path::community_value;
use super::prefix::Prefix;
use crate::configuration::Configuration;

/// All filters of a device, by name.
#[derive(Debug, Clone, Default)]
pub struct RouteFilters {
    prefixes: BTreeMap<String, PrefixList>,
    communities: BTreeMap<String, Vec<CommunityEntry>>,
    as_paths: BTreeMap<String, Vec<AsPathEntry>>,
}

/// The entries of an `ip ip-prefix`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrefixList(Vec<PrefixEntry>);

impl PrefixList {
    /// Whether a prefix passes.
    pub fn passes(&self, prefix: Prefix) -> bool {
        let fits =
            |entry: &&PrefixEntry| entry.lengths.contains(&prefix.length()) && entry.prefix.contains(prefix.address());
        self.0.iter().find(fits).is_some_and(|entry| entry.permit)
    }

    /// Whether nothing but host addresses can pass.
    pub fn permits_hosts_alone(&self) -> bool {
        let mut permits = self.0.iter().filter(|entry| entry.permit);
        permits.all(|entry| *entry.lengths.start() >= 32)
    }
}

/// An entry of an `ip ip-prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PrefixEntry {
    index: u32,
    permit: bool,
    prefix: Prefix,
    lengths: std::ops::RangeInclusive<u8>,
}

/// An entry of an `ip community-filter`.
#[derive(Debug, Clone)]
struct CommunityEntry {
    index: u32,
    permit: bool,
    wanted: Communities,
}

#[derive(Debug, Clone)]
enum Communities {
    /// All of these; none at all stands for any route.
    All(Vec<u32>),
    /// A pattern over the communities in writing, sorted, with blanks between them.
    Pattern(Regex),
}

/// An entry of an `ip as-path-filter`.
#[derive(Debug, Clone)]
struct AsPathEntry {
    index: u32,
    permit: bool,
    pattern: Regex,
}

impl RouteFilters {
    /// The filters of a configuration.
    pub fn of(configuration: &Configuration) -> Self {
        let mut filters = Self::default();
        for line in &configuration.lines {
            filters.add(&line.text);
        }
        for entries in filters.prefixes.values_mut() {
            entries.0.sort_by_key(|entry| entry.index);
        }
        for entries in filters.communities.values_mut() {
            entries.sort_by_key(|entry| entry.index);
        }
        for entries in filters.as_paths.values_mut() {
            entries.sort_by_key(|entry| entry.index);
        }
        filters
    }

    /// Whether a line of a configuration is none of a filter, or one that can be read.
    pub fn reads(line: &str) -> bool {
        Self::default().add(line).is_some()
    }

    fn add(&mut self, line: &str) -> Option<()> {
        if let Some(rest) = line.strip_prefix("ip ip-prefix ") {
            let (name, entry) = prefix_entry(rest)?;
            self.prefixes.entry(name).or_default().0.push(entry);
        } else if let Some(rest) = line.strip_prefix("ip community-filter ") {
            let (name, entry) = community_entry(rest)?;
            self.communities.entry(name).or_default().push(entry);
        } else if let Some(rest) = line.strip_prefix("ip as-path-filter ") {
            let (name, index, permit, rest) = head(rest)?;
            let pattern = pattern(rest)?;
            self.as_paths
                .entry(name)
                .or_default()
                .push(AsPathEntry { index, permit, pattern });
        }
        Some(())
    }

    /// Whether a prefix passes an `ip ip-prefix`.
    pub fn prefix_passes(&self, name: &str, prefix: Prefix) -> bool {
        self.prefixes.get(name).is_none_or(|list| list.passes(prefix))
    }

    /// An `ip ip-prefix` that is configured.
    pub fn prefix_list(&self, name: &str) -> Option<&PrefixList> {
        self.prefixes.get(name)
    }

    /// Whether the communities of a route, sorted, pass an `ip community-filter`. With `whole` they must be those of
    /// the entry and no others.
    pub fn communities_pass(&self, name: &str, communities: &[u32], whole: bool) -> bool {
        let Some(entries) = self.communities.get(name) else {
            return true;
        };
        let fits = |entry: &&CommunityEntry| match &entry.wanted {
            Communities::All(wanted) => {
                wanted.iter().all(|community| communities.contains(community))
                    && (!whole || wanted.len() == communities.len())
            }
            Communities::Pattern(pattern) => {
                let written: Vec<String> = communities
                    .iter()
                    .map(|c| format!("{}:{}", c >> 16, c & 0xffff))
                    .collect();
                pattern.is_match(&written.join(" "))
            }
        };
        entries.iter().find(fits).is_some_and(|entry| entry.permit)
    }

    /// Whether an AS path passes an `ip as-path-filter`.
    pub fn as_path_passes(&self, name: &str, as_path: &[u32]) -> bool {
        let Some(entries) = self.as_paths.get(name) else {
            return true;
        };
        let written: Vec<String> = as_path.iter().map(u32::to_string).collect();
        let written = written.join(" ");
        let fits = |entry: &&AsPathEntry| entry.pattern.is_match(&written);
        entries.iter().find(fits).is_some_and(|entry| entry.permit)
    }
}

/// `_` stands for a delimiter or an end.
fn pattern(text: &str) -> Option<Regex> {
    let text = text.replace('_', r"(?:^|$|[ ,{}()])");
    RegexBuilder::new(&text).size_limit(1 << 18).build().ok()
}

/// Name, index and whether it permits; then the rest of an entry.
fn head(text: &str) -> Option<(String, u32, bool, &str)> {
    let (name, rest) = text.split_once(' ')?;
    let (index, rest) = match rest.strip_prefix("index ") {
        Some(rest) => {
            let (index, rest) = rest.split_once(' ')?;
            (index.parse().ok()?, rest)
        }
        None => (u32::MAX, rest),
    };
    let (action, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((name.to_owned(), index, action == "permit", rest))
}

fn prefix_entry(text: &str) -> Option<(String, PrefixEntry)> {
    let (name, index, permit, rest) = head(text)?;
    let words: Vec<&str> = rest.split(' ').collect();
    let [address, length, bounds @ ..] = words.as_slice() else {
        return None;
    };
    let length: u8 = length.parse().ok()?;
    let bound = |keyword: &str| {
        let at = bounds.iter().position(|word| *word == keyword)?;
        bounds.get(at + 1)?.parse::<u8>().ok()
    };
    let lengths = match (bound("greater-equal"), bound("less-equal")) {
        (None, None) => length..=length,
        (Some(low), None) => low..=32,
        (None, Some(high)) => length..=high,
        (Some(low), Some(high)) => low..=high,
    };
    let prefix = Prefix::of(address.parse().ok()?, length);
    let entry = PrefixEntry {
        index,
        permit,
        prefix,
        lengths,
    };
    Some((name, entry))
}

fn community_entry(text: &str) -> Option<(String, CommunityEntry)> {
    let (is_advanced, text) = match (text.strip_prefix("advanced "), text.strip_prefix("basic ")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        // A number says which kind it is.
        _ => (
            text.split(' ').next()?.parse::<u32>().is_ok_and(|number| number >= 100),
            text,
        ),
    };
    let (name, index, permit, rest) = head(text)?;
    let wanted = if is_advanced {
        Communities::Pattern(pattern(rest)?)
    } else {
        let named = rest.split_whitespace().filter(|word| *word != "internet");
        Communities::All(named.map(community_value).collect::<Option<_>>()?)
    };
    Some((name, CommunityEntry { index, permit, wanted }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn filters(lines: &[&str]) -> RouteFilters {
        let mut filters = RouteFilters::default();
        for line in lines {
            filters.add(line).expect("a right line");
        }
        filters
    }

    #[rstest]
    #[case("10.1.0.0/16", true)]
    #[case("10.1.2.0/24", true)]
    #[case("10.1.2.4/30", false)]
    #[case("10.0.0.0/8", false)]
    #[case("10.9.0.0/16", false)]
    #[case("192.168.0.0/16", false)]
    fn prefix_lists_look_at_address_and_length(#[case] text: &str, #[case] expected: bool) {
        let filters = filters(&[
            "ip ip-prefix p index 10 deny 10.9.0.0 16 less-equal 32",
            "ip ip-prefix p index 20 permit 10.0.0.0 8 greater-equal 16 less-equal 24",
        ]);
        let (address, length) = text.split_once('/').unwrap();
        let prefix = Prefix::of(address.parse().unwrap(), length.parse().unwrap());
        assert_eq!(filters.prefix_passes("p", prefix), expected);
        assert!(filters.prefix_passes("not configured", prefix));
    }

    #[rstest]
    #[case(&[], false)]
    #[case(&[100 << 16 | 1], false)]
    #[case(&[100 << 16 | 1, 100 << 16 | 2], true)]
    #[case(&[100 << 16 | 1, 100 << 16 | 2, 100 << 16 | 3], true)]
    fn a_basic_community_filter_wants_all_of_an_entry(#[case] communities: &[u32], #[case] expected: bool) {
        let filters = filters(&["ip community-filter basic c index 10 permit 100:1 100:2"]);
        assert_eq!(filters.communities_pass("c", communities, false), expected);
        assert_eq!(filters.communities_pass("c", communities, true), communities.len() == 2);
    }

    #[test]
    fn a_pattern_that_is_none_is_not_read() {
        assert!(RouteFilters::reads("ip as-path-filter a index 10 permit ^1_"));
        assert!(RouteFilters::reads("sysname R1"));
        for line in [
            "ip as-path-filter a index 10 permit [",
            "ip community-filter advanced c index 10 permit (",
            "ip community-filter basic c index 10 permit 1:x",
        ] {
            assert!(!RouteFilters::reads(line), "{line}");
        }
    }

    #[rstest]
    #[case("_65001$", &[100, 65001], true)]
    #[case("_65001$", &[65001, 100], false)]
    #[case("^65001_", &[65001, 100], true)]
    #[case("^65001_", &[650, 100], false)]
    #[case("_500_", &[65500, 5001], false)]
    #[case("^$", &[], true)]
    #[case("^$", &[1], false)]
    #[case(".*", &[1], true)]
    fn as_path_filters_are_patterns(#[case] pattern: &str, #[case] path: &[u32], #[case] expected: bool) {
        let filters = filters(&[&format!("ip as-path-filter a index 10 permit {pattern}")]);
        assert_eq!(filters.as_path_passes("a", path), expected);
    }
}
