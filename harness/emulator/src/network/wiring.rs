//! Which port stands at the other end of which link.

use std::collections::BTreeMap;

use super::simulation::Way;
use crate::interface_name::InterfaceName;

/// A port: index of its device and its name.
pub type Port = (usize, InterfaceName);

/// The links of a lab, by the ports at their ends.
#[derive(Debug, Clone, Default)]
pub struct Wiring {
    links: Vec<[Port; 2]>,
    ends: BTreeMap<Port, Way>,
}

impl Wiring {
    /// The wiring of these links; a port stands at the end of one link only.
    pub fn new(links: Vec<[Port; 2]>) -> Self {
        let ends = links
            .iter()
            .enumerate()
            .flat_map(|(link, ends)| {
                let ends = ends.iter().cloned().enumerate();
                ends.map(move |(from, port)| (port, Way { link, from }))
            })
            .collect();
        Self { links, ends }
    }

    /// The links, in the order of the lab.
    pub fn links(&self) -> &[[Port; 2]] {
        &self.links
    }

    /// The way that leaves by a port, if it has a link.
    pub fn way(&self, device: usize, port: &InterfaceName) -> Option<Way> {
        self.ends.get(&(device, port.clone())).copied()
    }

    /// The port that a way leaves by.
    pub fn sender(&self, way: Way) -> Option<&Port> {
        self.links.get(way.link)?.get(way.from)
    }

    /// The port that a way leads to.
    pub fn receiver(&self, way: Way) -> Option<&Port> {
        self.sender(way.back())
    }
}
