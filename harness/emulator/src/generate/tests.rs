//! Generated networks load without a line ignored, are printed back as they were written, and work.

use std::collections::{BTreeMap, HashSet};

use rstest::rstest;

use super::{GeneratedNetwork, NetworkPlan, PlanError, generate};
use crate::configuration::{interfaces_named, load, print};
use crate::lab::Lab;

const SMALL: NetworkPlan = NetworkPlan {
    routers: 12,
    vpns: 3,
    sites: None,
    customers: 2,
    reflectors: false,
    seed: 1,
};

fn lab(network: &GeneratedNetwork) -> Lab {
    Lab::new(&network.lab("generated")).unwrap()
}

#[rstest]
#[case::smallest(NetworkPlan { routers: 4, vpns: 1, customers: 1, ..SMALL })]
#[case::no_vpn(NetworkPlan { vpns: 0, ..SMALL })]
#[case::no_customer(NetworkPlan { customers: 0, ..SMALL })]
#[case::mesh(SMALL)]
#[case::reflectors(NetworkPlan { reflectors: true, ..SMALL })]
#[case::large(NetworkPlan { routers: 120, vpns: 40, reflectors: true, ..SMALL })]
fn configurations_are_written_as_the_device_prints_them(#[case] plan: NetworkPlan) {
    let network = generate(&plan).unwrap();
    let mut names = HashSet::new();
    for device in &network.devices {
        assert!(names.insert(&device.name));
        let ports: HashSet<_> = interfaces_named(&device.configuration)
            .into_iter()
            .filter_map(|key| key.interface())
            .collect();
        let (configuration, ignored) = load(&device.configuration, &|key| {
            key.interface().is_some_and(|name| ports.contains(&name))
        });
        assert_eq!(ignored, [], "{}", device.name);
        let printed = print(&configuration);
        let mut lines = printed.lines().zip(device.configuration.lines());
        assert_eq!(
            lines.find(|(printed, written)| printed != written),
            None,
            "{}",
            device.name
        );
        assert_eq!(printed.len(), device.configuration.len(), "{}", device.name);
    }
    let customers = network.vpns.iter().flat_map(|vpn| &vpn.sites);
    assert_eq!(
        customers.filter(|site| site.customer.is_some()).count(),
        plan.vpns * plan.customers
    );
    assert_eq!(network.devices.len(), plan.routers + plan.vpns * plan.customers);
}

#[test]
fn a_plan_gives_the_same_network_whenever_it_is_asked_for_and_another_seed_another() {
    let again = |seed| generate(&NetworkPlan { seed, ..SMALL }).unwrap();
    assert_eq!(again(1), again(1));
    assert_ne!(again(1), again(2));
}

#[test]
fn no_address_of_the_core_is_given_twice_and_addresses_of_vpns_overlap() {
    let network = generate(&NetworkPlan {
        routers: 1000,
        vpns: 2,
        reflectors: true,
        ..SMALL
    })
    .unwrap();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for device in network
        .devices
        .iter()
        .filter(|device| device.role != super::Role::Customer)
    {
        let mut in_vpn = false;
        for line in device.configuration.lines() {
            match line.trim() {
                "undo shutdown" | "#" => in_vpn = false,
                line if line.starts_with("ip binding") => in_vpn = true,
                line if line.starts_with("ip address") && !in_vpn => {
                    assert_eq!(seen.insert(line, &device.name), None, "{line}");
                }
                _ => {}
            }
        }
    }
    let addresses = |vpn: usize| {
        network.vpns[vpn]
            .sites
            .iter()
            .map(|site| site.address)
            .collect::<Vec<_>>()
    };
    assert_eq!(addresses(0), addresses(1));
}

#[rstest]
#[case(NetworkPlan { routers: 3, ..SMALL }, PlanError::Routers(3))]
#[case(NetworkPlan { routers: 1001, ..SMALL }, PlanError::Routers(1001))]
#[case(NetworkPlan { routers: 5, reflectors: true, ..SMALL }, PlanError::Reflectors(5))]
#[case(NetworkPlan { vpns: 1001, ..SMALL }, PlanError::Vpns(1001))]
#[case(NetworkPlan { sites: Some(10), ..SMALL }, PlanError::Sites { sites: 10, pes: 9, routers: 12 })]
#[case(NetworkPlan { sites: Some(0), ..SMALL }, PlanError::Sites { sites: 0, pes: 9, routers: 12 })]
#[case(NetworkPlan { routers: 1000, vpns: 1000, sites: Some(20), ..SMALL }, PlanError::AllSites(20_000))]
#[case(NetworkPlan { sites: Some(2), customers: 3, ..SMALL }, PlanError::Customers { customers: 3, sites: 2 })]
fn impossible_plans_are_refused(#[case] plan: NetworkPlan, #[case] error: PlanError) {
    assert_eq!(generate(&plan), Err(error));
}

#[test]
fn every_site_of_a_vpn_reaches_every_other_and_no_other_vpn() {
    let network = generate(&SMALL).unwrap();
    let lab = lab(&network);
    let received = |device: usize, command: &str| {
        let answer = lab.ask(device, command).unwrap();
        answer.contains("5 packet(s) received")
    };
    for vpn in &network.vpns {
        for site in &vpn.sites {
            let routes = lab
                .ask(site.pe, &format!("display ip routing-table vpn-instance {}", vpn.name))
                .unwrap();
            for other in vpn.sites.iter().filter(|other| other.pe != site.pe) {
                assert!(routes.contains(&format!("{}/32", other.address)), "{routes}");
                let command = format!("ping -a {} -vpn-instance {} {}", site.address, vpn.name, other.address);
                assert!(received(site.pe, &command), "{command}");
            }
        }
        let customers: Vec<_> = vpn.sites.iter().filter_map(|site| site.customer.as_ref()).collect();
        let [one, other] = customers[..] else {
            panic!("two customers")
        };
        let there = network.devices[other.device].loopback;
        let own = network.devices[one.device].loopback;
        assert!(received(one.device, &format!("ping -a {own} {there}")));
        assert!(!received(one.device, &format!("ping {}", network.devices[0].loopback)));
    }
}
