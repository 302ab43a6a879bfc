//! Route policies: nodes in the order of their numbers, conditions, and what is changed on what passes.
//!
//! A policy that is not configured lets everything pass, as on VRP; a route that fits no node does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bgp_path::{Origin, Path, community_value};
use super::prefix::Prefix;
use super::route_filter::RouteFilters;
use super::vpn_instances::RouteTarget;
use crate::configuration::{Configuration, Node};

/// The route policies of a device with the filters that they refer to.
#[derive(Debug, Clone, Default)]
pub struct RoutePolicies {
    policies: BTreeMap<String, Vec<PolicyNode>>,
    /// The filters.
    pub filters: RouteFilters,
}

#[derive(Debug, Clone)]
struct PolicyNode {
    number: u32,
    permit: bool,
    conditions: Vec<Condition>,
    actions: Vec<Action>,
}

#[derive(Debug, Clone)]
enum Condition {
    Prefix(String),
    NextHop(String),
    RouteSource(String),
    Communities { filters: Vec<String>, whole: bool },
    AsPath(Vec<String>),
    Cost(u32),
    Tag(u32),
    Label,
}

#[derive(Debug, Clone)]
enum Action {
    LocalPreference(u32),
    Cost(u32),
    CostPlus(u32),
    CostMinus(u32),
    CostType(u8),
    AsPathAdd(Vec<u32>),
    AsPathSet(Vec<u32>),
    Communities { values: Vec<u32>, additive: bool },
    Targets { values: Vec<RouteTarget>, additive: bool },
    PreferredValue(u32),
    Preference(u8),
    Origin(Origin),
    NextHop(std::net::Ipv4Addr),
    Tag(u32),
    Label,
}

/// What a policy asks for beyond what it changes on the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effects {
    /// A label is to be given to the route.
    pub label: bool,
    /// The preference in the routing table.
    pub preference: Option<u8>,
    /// The type of the external OSPF route.
    pub cost_type: Option<u8>,
    /// The cost was set.
    pub cost: bool,
    /// The tag was set.
    pub tag: bool,
    /// The next hop was set and stays.
    pub next_hop: bool,
}

impl RoutePolicies {
    /// The policies of a configuration.
    pub fn of(configuration: &Configuration) -> Self {
        let mut policies: BTreeMap<String, Vec<PolicyNode>> = BTreeMap::new();
        for line in &configuration.lines {
            let Some((name, node)) = line
                .text
                .strip_prefix("route-policy ")
                .and_then(|text| node(text, line))
            else {
                continue;
            };
            policies.entry(name).or_default().push(node);
        }
        for nodes in policies.values_mut() {
            nodes.sort_by_key(|node| node.number);
        }
        Self {
            policies,
            filters: RouteFilters::of(configuration),
        }
    }

    /// Applies a policy to a path; none if it does not let it pass.
    pub fn apply(&self, name: &str, prefix: Prefix, path: &mut Path) -> Option<Effects> {
        let Some(nodes) = self.policies.get(name) else {
            return Some(Effects::default());
        };
        let fitting = nodes.iter().find(|node| {
            node.conditions
                .iter()
                .all(|condition| self.holds(condition, prefix, path))
        })?;
        if !fitting.permit {
            return None;
        }
        let mut effects = Effects::default();
        for action in &fitting.actions {
            action.carry_out(path, &mut effects);
        }
        Some(effects)
    }

    fn holds(&self, condition: &Condition, prefix: Prefix, path: &Path) -> bool {
        let filters = &self.filters;
        match condition {
            Condition::Prefix(name) => filters.prefix_passes(name, prefix),
            Condition::NextHop(name) => filters.prefix_passes(name, Prefix::host(path.next_hop)),
            Condition::RouteSource(name) => path
                .from
                .is_some_and(|from| filters.prefix_passes(name, Prefix::host(from.address))),
            Condition::Communities { filters: names, whole } => names
                .iter()
                .any(|name| filters.communities_pass(name, &path.attributes.communities, *whole)),
            Condition::AsPath(names) => names
                .iter()
                .any(|name| filters.as_path_passes(name, &path.attributes.as_path)),
            Condition::Cost(cost) => path.attributes.med == *cost,
            Condition::Tag(tag) => path.tag == *tag,
            Condition::Label => path.label.is_some(),
        }
    }
}

impl Action {
    fn carry_out(&self, path: &mut Path, effects: &mut Effects) {
        match self {
            Self::PreferredValue(value) => path.preferred_value = *value,
            Self::Preference(value) => effects.preference = Some(*value),
            Self::CostType(kind) => effects.cost_type = Some(*kind),
            Self::Label => effects.label = true,
            Self::NextHop(address) => {
                path.next_hop = *address;
                effects.next_hop = true;
            }
            Self::Tag(tag) => {
                path.tag = *tag;
                effects.tag = true;
            }
            _ => self.change(path),
        }
        effects.cost |= matches!(self, Self::Cost(_) | Self::CostPlus(_) | Self::CostMinus(_));
    }

    fn change(&self, path: &mut Path) {
        let attributes = Arc::make_mut(&mut path.attributes);
        match self {
            Self::LocalPreference(value) => attributes.local_preference = *value,
            Self::Cost(cost) => attributes.med = *cost,
            Self::CostPlus(cost) => attributes.med = attributes.med.saturating_add(*cost),
            Self::CostMinus(cost) => attributes.med = attributes.med.saturating_sub(*cost),
            Self::AsPathAdd(numbers) => {
                attributes.as_path.splice(0..0, numbers.iter().copied());
            }
            Self::AsPathSet(numbers) => attributes.as_path.clone_from(numbers),
            Self::Communities { values, additive } => {
                if !additive {
                    attributes.communities.clear();
                }
                attributes.communities.extend(values);
                attributes.communities.sort_unstable();
                attributes.communities.dedup();
            }
            Self::Targets { values, additive } => {
                if !additive {
                    attributes.targets.clear();
                }
                attributes.targets.extend(values);
                attributes.targets.sort_unstable();
                attributes.targets.dedup();
            }
            Self::Origin(origin) => attributes.origin = *origin,
            Self::PreferredValue(_)
            | Self::Preference(_)
            | Self::CostType(_)
            | Self::Label
            | Self::NextHop(_)
            | Self::Tag(_) => {}
        }
    }
}

/// Name and node of `NAME permit node 10`.
fn node(text: &str, line: &Node) -> Option<(String, PolicyNode)> {
    let words: Vec<&str> = text.split(' ').collect();
    let [name, action, "node", number] = words.as_slice() else {
        return None;
    };
    let said = |prefix: &'static str| {
        let lines = line.children.iter();
        lines.filter_map(move |line| line.text.strip_prefix(prefix))
    };
    let node = PolicyNode {
        number: number.parse().ok()?,
        permit: *action == "permit",
        conditions: said("if-match ").filter_map(condition).collect(),
        actions: said("apply ").filter_map(self::action).collect(),
    };
    Some(((*name).to_owned(), node))
}

fn condition(text: &str) -> Option<Condition> {
    let words: Vec<&str> = text.split(' ').collect();
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Some(match words.as_slice() {
        ["ip-prefix", name] => Condition::Prefix((*name).to_owned()),
        ["ip", "next-hop", "ip-prefix", name] => Condition::NextHop((*name).to_owned()),
        ["ip", "route-source", "ip-prefix", name] => Condition::RouteSource((*name).to_owned()),
        ["community-filter", names @ .., "whole-match"] => Condition::Communities {
            filters: owned(names),
            whole: true,
        },
        ["community-filter", names @ ..] => Condition::Communities {
            filters: owned(names),
            whole: false,
        },
        ["as-path-filter", names @ ..] => Condition::AsPath(owned(names)),
        ["cost", cost] => Condition::Cost(cost.parse().ok()?),
        ["tag", tag] => Condition::Tag(tag.parse().ok()?),
        ["mpls-label"] => Condition::Label,
        _ => return None,
    })
}

fn action(text: &str) -> Option<Action> {
    let words: Vec<&str> = text.split(' ').collect();
    let numbers = |words: &[&str]| -> Option<Vec<u32>> {
        words.iter().map(|word| super::bgp_settings::as_number(word)).collect()
    };
    Some(match words.as_slice() {
        ["local-preference", value] => Action::LocalPreference(value.parse().ok()?),
        ["cost", "+", value] => Action::CostPlus(value.parse().ok()?),
        ["cost", "-", value] => Action::CostMinus(value.parse().ok()?),
        ["cost", value] => Action::Cost(value.parse().ok()?),
        ["cost-type", kind] => Action::CostType(kind.strip_prefix("type-")?.parse().ok()?),
        ["as-path", "none", "overwrite"] => Action::AsPathSet(Vec::new()),
        ["as-path", path @ .., "overwrite"] => Action::AsPathSet(numbers(path)?),
        ["as-path", path @ .., "additive"] => Action::AsPathAdd(numbers(path)?),
        ["community", "none"] => Action::Communities {
            values: Vec::new(),
            additive: false,
        },
        ["community", values @ ..] => Action::Communities {
            values: values.iter().filter_map(|word| community_value(word)).collect(),
            additive: values.last() == Some(&"additive"),
        },
        ["extcommunity", values @ ..] => Action::Targets {
            values: values
                .iter()
                .filter(|word| **word != "rt")
                .filter_map(|word| RouteTarget::parse(word))
                .collect(),
            additive: values.last() == Some(&"additive"),
        },
        ["preferred-value", value] => Action::PreferredValue(value.parse().ok()?),
        ["preference", value] => Action::Preference(value.parse().ok()?),
        ["origin", "igp"] => Action::Origin(Origin::Igp),
        ["origin", "egp", ..] => Action::Origin(Origin::Egp),
        ["origin", "incomplete"] => Action::Origin(Origin::Incomplete),
        ["ip-address", "next-hop", address] => Action::NextHop(address.parse().ok()?),
        ["tag", tag] => Action::Tag(tag.parse().ok()?),
        ["mpls-label"] => Action::Label,
        _ => return None,
    })
}
