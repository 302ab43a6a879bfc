//! The devices' configurations, written as a device prints them.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::topology::Topology;
use super::{
    AS_NUMBER, GeneratedCustomer, GeneratedDevice, GeneratedNetwork, GeneratedSite, GeneratedVpn, Role, addresses,
};
use crate::spec::{Endpoint, LinkSpec};

/// The first loopback that lies in a VPN instance; the one before is the LSR ID.
const FIRST_VPN_LOOPBACK: usize = 1;

const HOST: &str = "255.255.255.255";
const LINK: &str = "255.255.255.252";

/// What is written of a provider's router before its configuration is.
#[derive(Default)]
struct Router {
    ports: Vec<Port>,
    /// VPN instances: name, route distinguisher, target.
    instances: Vec<(String, String, String)>,
    /// Loopbacks in instances: name of the instance, address.
    loopbacks: Vec<(String, Ipv4Addr)>,
    /// Customers: name of the instance, name of the session, addresses of both ends and of the customer's loopback,
    /// interface.
    customers: Vec<Customer>,
}

struct Port {
    name: String,
    address: Ipv4Addr,
    vpn: Option<String>,
}

struct Customer {
    vpn: String,
    session: String,
    interface: String,
    own: Ipv4Addr,
    peer: Ipv4Addr,
    loopback: Ipv4Addr,
}

impl Router {
    fn port(&mut self, address: Ipv4Addr, vpn: Option<&str>) -> String {
        let name = format!("GigabitEthernet0/{}/0", self.ports.len() + 1);
        self.ports.push(Port {
            name: name.clone(),
            address,
            vpn: vpn.map(str::to_owned),
        });
        name
    }
}

/// The network of a topology.
pub fn network(topology: &Topology) -> GeneratedNetwork {
    let names = names(&topology.roles);
    let name = |router: usize| names.get(router).cloned().unwrap_or_default();
    let mut routers: Vec<Router> = topology.roles.iter().map(|_| Router::default()).collect();
    let mut links = Vec::new();
    for (link, ends) in topology.links.iter().enumerate() {
        let [a, b] = [0, 1].map(|end| Endpoint {
            device: name(ends[end]),
            interface: routers
                .get_mut(ends[end])
                .map(|router| router.port(addresses::core_link(link)[end], None))
                .unwrap_or_default(),
        });
        links.push(LinkSpec { a, b });
    }
    let mut customers: Vec<GeneratedDevice> = Vec::new();
    let mut vpns = Vec::new();
    for (vpn, pes) in topology.sites.iter().enumerate() {
        let vpn_name = numbered("VPN", vpn + 1, topology.sites.len());
        let target = format!("{AS_NUMBER}:{}", vpn + 1);
        let mut sites = Vec::new();
        for (number, &pe) in pes.iter().enumerate() {
            let Some(router) = routers.get_mut(pe) else { continue };
            let address = addresses::site(number);
            // One of its own for each instance of each PE.
            let route_distinguisher = format!("{}:{}", addresses::loopback(pe), vpn + 1);
            router
                .instances
                .push((vpn_name.clone(), route_distinguisher.clone(), target.clone()));
            router.loopbacks.push((vpn_name.clone(), address));
            let customer = (number < topology.customers).then(|| {
                let [own, peer] = addresses::customer_link(number);
                let interface = router.port(own, Some(&vpn_name));
                let all = topology.sites.len() * topology.customers;
                let (pe, ce) = (name(pe), numbered("CE", customers.len() + 1, all));
                let session = format!("{}_to_{}", pe.to_lowercase(), ce.to_lowercase());
                let loopback = addresses::customer(number);
                router.customers.push(Customer {
                    vpn: vpn_name.clone(),
                    session: session.clone(),
                    interface: interface.clone(),
                    own,
                    peer,
                    loopback,
                });
                let port = "GigabitEthernet0/1/0".to_owned();
                links.push(LinkSpec {
                    a: Endpoint {
                        device: ce.clone(),
                        interface: port.clone(),
                    },
                    b: Endpoint {
                        device: pe.clone(),
                        interface: interface.clone(),
                    },
                });
                customers.push(GeneratedDevice {
                    role: Role::Customer,
                    loopback,
                    configuration: customer_configuration(&ce, &pe, [peer, own], loopback),
                    name: ce,
                });
                GeneratedCustomer {
                    device: topology.roles.len() + customers.len() - 1,
                    pe_end: (interface, own),
                    own_end: (port, peer),
                    bfd_session: session,
                }
            });
            sites.push(GeneratedSite {
                pe,
                address,
                route_distinguisher,
                customer,
            });
        }
        vpns.push(GeneratedVpn {
            name: vpn_name,
            target,
            sites,
        });
    }
    let devices = topology.roles.iter().zip(&routers).enumerate();
    let devices = devices.map(|(router, (&role, written))| GeneratedDevice {
        name: name(router),
        role,
        loopback: addresses::loopback(router),
        configuration: provider_configuration(router, &name(router), written, &topology.roles),
    });
    GeneratedNetwork {
        devices: devices.chain(customers).collect(),
        links,
        vpns,
    }
}

fn names(roles: &[Role]) -> Vec<String> {
    let kind = |role: Role| match role {
        Role::Core => "P",
        Role::Reflector => "RR",
        Role::Edge | Role::Customer => "PE",
    };
    let of_kind = |roles: &[Role], prefix: &str| roles.iter().filter(|role| kind(**role) == prefix).count();
    (0..roles.len())
        .filter_map(|router| {
            let prefix = kind(*roles.get(router)?);
            let number = of_kind(roles.get(..=router)?, prefix);
            Some(numbered(prefix, number, of_kind(roles, prefix)))
        })
        .collect()
}

/// A name with a number as wide as the largest one: devices print names in their alphabetical order.
fn numbered(prefix: &str, number: usize, largest: usize) -> String {
    let width = largest.max(1).to_string().len();
    format!("{prefix}{number:0width$}")
}

fn provider_configuration(router: usize, name: &str, written: &Router, roles: &[Role]) -> String {
    let loopback = addresses::loopback(router);
    let mut text = format!("#\nsysname {name}\n#\n");
    for (vpn, route_distinguisher, target) in &written.instances {
        let _ = write!(
            text,
            "ip vpn-instance {vpn}\n ipv4-family\n  route-distinguisher {route_distinguisher}\n  \
             apply-label per-instance\n  vpn-target {target} export-extcommunity\n  vpn-target {target} \
             import-extcommunity\n#\n"
        );
    }
    if !written.customers.is_empty() {
        text.push_str("bfd\n#\n");
    }
    let _ = write!(text, "mpls lsr-id {loopback}\n#\nmpls\n#\nmpls ldp\n#\n");
    for Port { name, address, vpn } in &written.ports {
        let _ = write!(text, "interface {name}\n undo shutdown\n");
        if let Some(vpn) = vpn {
            let _ = writeln!(text, " ip binding vpn-instance {vpn}");
        }
        let _ = writeln!(text, " ip address {address} {LINK}");
        text.push_str(if vpn.is_none() { " mpls\n mpls ldp\n#\n" } else { "#\n" });
    }
    let _ = write!(text, "interface LoopBack0\n ip address {loopback} {HOST}\n#\n");
    for (number, (vpn, address)) in written.loopbacks.iter().enumerate() {
        let _ = write!(
            text,
            "interface LoopBack{}\n ip binding vpn-instance {vpn}\n ip address {address} {HOST}\n#\n",
            FIRST_VPN_LOOPBACK + number
        );
    }
    bgp(&mut text, router, written, roles);
    text.push_str("ospf 1\n area 0.0.0.0\n");
    for port in written.ports.iter().filter(|port| port.vpn.is_none()) {
        let network = Ipv4Addr::from(u32::from(port.address) & !3);
        let _ = writeln!(text, "  network {network} 0.0.0.3");
    }
    let _ = write!(text, "  network {loopback} 0.0.0.0\n#\n");
    for customer in &written.customers {
        let Customer {
            vpn,
            session,
            peer,
            loopback,
            ..
        } = customer;
        let _ = writeln!(
            text,
            "ip route-static vpn-instance {vpn} {loopback} {HOST} {peer} track bfd-session {session}"
        );
    }
    if !written.customers.is_empty() {
        text.push_str("#\n");
    }
    for customer in &written.customers {
        let Customer {
            vpn,
            session,
            interface,
            own,
            peer,
            ..
        } = customer;
        let _ = write!(
            text,
            "bfd {session} bind peer-ip {peer} vpn-instance {vpn} interface {interface} source-ip {own} auto\n#\n"
        );
    }
    text.push_str("return\n");
    text
}

/// BGP of a reflector or a PE: VPNv4 sessions with the reflectors, with each other, or both.
fn bgp(text: &mut String, router: usize, written: &Router, roles: &[Role]) {
    let has_reflectors = roles.contains(&Role::Reflector);
    let own = roles.get(router).copied().unwrap_or(Role::Core);
    let is_peer = |role: Role| match own {
        Role::Reflector => matches!(role, Role::Reflector | Role::Edge),
        Role::Edge if has_reflectors => role == Role::Reflector,
        Role::Edge => role == Role::Edge,
        Role::Core | Role::Customer => false,
    };
    let peers = roles.iter().enumerate();
    let peers: Vec<(Ipv4Addr, Role)> = peers
        .filter(|(peer, role)| *peer != router && is_peer(**role))
        .map(|(peer, role)| (addresses::loopback(peer), *role))
        .collect();
    if own == Role::Core {
        return;
    }
    let _ = writeln!(text, "bgp {AS_NUMBER}");
    for (peer, _) in &peers {
        let _ = write!(
            text,
            " peer {peer} as-number {AS_NUMBER}\n peer {peer} connect-interface LoopBack0\n"
        );
    }
    text.push_str(" #\n ipv4-family unicast\n  undo synchronization\n");
    for (peer, _) in &peers {
        let _ = writeln!(text, "  peer {peer} enable");
    }
    text.push_str(" #\n ipv4-family vpnv4\n");
    text.push_str(match own {
        // A reflector has no instance that would import anything.
        Role::Reflector => "  undo policy vpn-target\n",
        _ => "  policy vpn-target\n",
    });
    for (peer, _) in &peers {
        let _ = writeln!(text, "  peer {peer} enable");
    }
    for (peer, role) in &peers {
        if own == Role::Reflector && *role == Role::Edge {
            let _ = writeln!(text, "  peer {peer} reflect-client");
        }
    }
    for (vpn, ..) in &written.instances {
        let _ = write!(
            text,
            " #\n ipv4-family vpn-instance {vpn}\n  import-route direct\n  import-route static\n"
        );
    }
    text.push_str("#\n");
}

/// A customer's router: addresses of the own and the PE's end of the link.
fn customer_configuration(name: &str, pe: &str, [own, gateway]: [Ipv4Addr; 2], loopback: Ipv4Addr) -> String {
    let session = format!("{}_to_{}", name.to_lowercase(), pe.to_lowercase());
    format!(
        "#\nsysname {name}\n#\nbfd\n#\n\
         interface GigabitEthernet0/1/0\n undo shutdown\n ip address {own} {LINK}\n#\n\
         interface LoopBack0\n ip address {loopback} {HOST}\n#\n\
         ip route-static 0.0.0.0 0.0.0.0 {gateway} track bfd-session {session}\n#\n\
         bfd {session} bind peer-ip {gateway} interface GigabitEthernet0/1/0 source-ip {own} auto\n#\n\
         return\n"
    )
}
