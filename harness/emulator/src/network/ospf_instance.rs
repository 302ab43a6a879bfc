//! OSPF between providers and customers (RFC 4577): processes of VPN instances, and what BGP carries of their routes.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::bgp_settings;
use super::ospf::{BACKBONE, Process};
use super::ospf_external::External;
use super::prefix::{Prefix, Vrf};
use crate::configuration::{Configuration, Node};

/// Routes of BGP that a process tells as if they came from another area, with their costs.
pub type Summaries = BTreeMap<Prefix, u32>;

/// A process that is bound to a VPN instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfInstance {
    /// The instance.
    pub name: String,
    /// `domain-id`, the primary one first; 0.0.0.0 if none is configured.
    pub domains: Vec<Ipv4Addr>,
    /// The tag of routes of BGP that it tells as external ones: `route-tag`, or one made of the AS number; 0 is none.
    pub route_tag: u32,
    /// `vpn-instance-capability simple`: routes are taken whatever marks they bear.
    pub simple: bool,
}

/// What BGP carries of a route of OSPF (RFC 4577 §4.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OspfOrigin {
    /// The domain of the process that it was learnt by.
    pub domain: Ipv4Addr,
    /// Its area; 0.0.0.0 for a route from outside.
    pub area: Ipv4Addr,
    /// How it was known.
    pub kind: OspfKind,
    /// The router ID of the process.
    pub router_id: Ipv4Addr,
}

/// How OSPF knows a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OspfKind {
    /// Within an area.
    Intra,
    /// From another area.
    Inter,
    /// From outside, with a metric of type 1.
    External1,
    /// From outside, with a metric of type 2.
    External2,
}

impl OspfOrigin {
    /// Route type and options as the extended community has them.
    pub fn route_type(&self) -> (u8, u8) {
        match self.kind {
            OspfKind::Intra => (1, 0),
            OspfKind::Inter => (3, 0),
            OspfKind::External1 => (5, 0),
            OspfKind::External2 => (5, 1),
        }
    }
}

/// The name of the instance that a process is bound to by its first line.
pub fn instance_of(block: &Node) -> Option<&str> {
    let mut words = block.text.split(' ').skip_while(|word| *word != "vpn-instance");
    words.nth(1)
}

/// What binds a process to an instance, if anything does.
pub fn configured(configuration: &Configuration, block: &Node) -> Option<OfInstance> {
    let name = instance_of(block)?.to_owned();
    let numbers = block.children.iter().filter_map(|line| {
        let (domain, rest) = match line.text.strip_prefix("domain-id ")?.split_once(' ') {
            Some((domain, rest)) => (domain, rest),
            None => (line.text.strip_prefix("domain-id ")?, ""),
        };
        Some((rest == "secondary", domain.parse().unwrap_or(Ipv4Addr::UNSPECIFIED)))
    });
    let (secondary, primary): (Vec<_>, Vec<_>) = numbers.partition(|(secondary, _)| *secondary);
    let primary = primary.first().map_or(Ipv4Addr::UNSPECIFIED, |(_, domain)| *domain);
    let secondary = secondary.into_iter().map(|(_, domain)| domain);
    let tag = block.after("route-tag ").and_then(|tag| tag.parse().ok());
    Some(OfInstance {
        name,
        domains: std::iter::once(primary).chain(secondary).collect(),
        route_tag: tag.unwrap_or_else(|| default_tag(configuration)),
        simple: block.has("vpn-instance-capability simple"),
    })
}

/// 0xD000 and the AS number, if that has two bytes.
fn default_tag(configuration: &Configuration) -> u32 {
    let mut lines = configuration.lines.iter();
    let number = lines.find_map(|line| bgp_settings::as_number(line.text.strip_prefix("bgp ")?));
    number
        .and_then(|number| u16::try_from(number).ok())
        .map_or(0, |number| 0xd000_0000 | u32::from(number))
}

/// A line of a process of an instance, or one that only those may have, whose effect is in doubt.
pub fn doubt(configuration: &Configuration, blocks: &[&Node]) -> Option<String> {
    blocks.iter().find_map(|block| {
        let says = |beginning: &str| block.children.iter().find(|line| line.text.starts_with(beginning));
        let Some(name) = instance_of(block) else {
            let line = ["domain-id ", "route-tag ", "vpn-instance-capability "]
                .into_iter()
                .find_map(says)?;
            return Some(format!("{} (without a VPN instance)", line.text));
        };
        let areas: Vec<&Node> = block
            .children
            .iter()
            .filter(|line| line.text.starts_with("area "))
            .collect();
        if let Some(stub) = areas
            .iter()
            .find_map(|area| area.children.iter().find(|line| line.text.starts_with("stub")))
        {
            return Some(format!("{} (in VPN instance {name})", stub.text));
        }
        let is_backbone = |area: &&Node| area.text == format!("area {BACKBONE}");
        if areas.len() > 1 && !areas.iter().any(is_backbone) {
            return Some(format!("{} (several areas without a backbone)", block.text));
        }
        let imports = says("import-route bgp");
        if let (Some(simple), Some(line)) = (says("vpn-instance-capability simple"), imports) {
            return Some(format!("{} (beside {})", line.text, simple.text));
        }
        let known = configuration
            .lines
            .iter()
            .any(|line| line.text == format!("ip vpn-instance {name}"));
        (!known).then(|| format!("{} (the VPN instance does not exist)", block.text))
    })
}

impl Process {
    /// The instance whose routes it computes.
    pub fn vrf(&self) -> Vrf {
        match &self.instance {
            None => Vrf::Public,
            Some(of) => Vrf::Instance(of.name.clone()),
        }
    }

    /// Whether it leaves routes alone that another provider's router has brought in from BGP (RFC 4577 §4.2.5).
    pub fn prevents_loops(&self) -> bool {
        self.instance.as_ref().is_some_and(|of| !of.simple)
    }

    /// Whether it leaves a route from outside alone, for its DN bit or its tag.
    pub fn ignores(&self, external: &External) -> bool {
        let tag = self.instance.as_ref().map_or(0, |of| of.route_tag);
        self.prevents_loops() && (external.down || tag != 0 && external.tag == tag)
    }

    /// What BGP carries of a route that the process knows so.
    pub fn origin(&self, area: Ipv4Addr, kind: OspfKind) -> Option<OspfOrigin> {
        let of = self.instance.as_ref()?;
        Some(OspfOrigin {
            domain: of.domains.first().copied()?,
            area,
            kind,
            router_id: self.router_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Configuration {
        let mut configuration = Configuration::default();
        for line in text.lines() {
            configuration
                .apply_text(&[], line, &|_| true)
                .unwrap_or_else(|error| panic!("{line}: {error:?}"));
        }
        configuration
    }

    fn of_process(configuration: &Configuration) -> OfInstance {
        let block = configuration
            .lines
            .iter()
            .find(|line| line.text.starts_with("ospf "))
            .unwrap();
        configured(configuration, block).unwrap()
    }

    #[test]
    fn domains_and_tags_are_read() {
        let plain = load("ip vpn-instance x\nbgp 100\nospf 1 vpn-instance x");
        let plain = of_process(&plain);
        assert_eq!(plain.domains, [Ipv4Addr::UNSPECIFIED]);
        assert_eq!((plain.route_tag, plain.simple), (0xd000_0064, false));
        let rich = load(
            "ip vpn-instance x\nbgp 65536\nospf 1 router-id 1.1.1.1 vpn-instance x\nospf 1 / domain-id 7 secondary\n\
             ospf 1 / domain-id 1.2.3.4\nospf 1 / vpn-instance-capability simple",
        );
        let rich = of_process(&rich);
        let addresses = ["1.2.3.4", "0.0.0.7"].map(|text| text.parse::<Ipv4Addr>().unwrap());
        assert_eq!(rich.domains, addresses);
        // An AS of four bytes gives no tag.
        assert_eq!((rich.route_tag, rich.simple), (0, true));
        assert_eq!(
            of_process(&load("ip vpn-instance x\nospf 1 vpn-instance x\nospf 1 / route-tag 9")).route_tag,
            9
        );
    }
}
