//! Random networks: distances against another algorithm, packets that arrive without a loop.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::lab::Computed;

/// Routers 0…n-1; router r has the loopback 10.0.0.(r+1); link l is 10.1.l.0/30 with a cost at each end.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub routers: usize,
    pub links: Vec<(usize, usize, u32, u32)>,
}

pub fn drawn() -> impl Strategy<Value = Drawn> {
    (2..8_usize).prop_flat_map(|routers| {
        let link = (0..routers, 0..routers, 1..5_u32, 1..5_u32);
        prop::collection::vec(link, 1..14).prop_map(move |links| Drawn {
            routers,
            links: links.into_iter().filter(|(a, b, ..)| a != b).collect(),
        })
    })
}

impl Drawn {
    pub fn lab(&self) -> Computed {
        let names: Vec<String> = (0..self.routers).map(|router| format!("R{router}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ports: Vec<String> = (0..self.links.len())
            .map(|link| format!("GigabitEthernet0/1/{link}"))
            .collect();
        let links: Vec<(&str, &str, &str, &str)> = self
            .links
            .iter()
            .zip(&ports)
            .map(|((a, b, ..), port)| (names[*a], port.as_str(), names[*b], port.as_str()))
            .collect();
        Computed::of(&names, &links, |name| {
            let own: usize = name[1..].parse().unwrap();
            let mut text = format!(
                "sysname {name}\ninterface LoopBack0\n ip address 10.0.0.{} 255.255.255.255\n",
                own + 1
            );
            for (link, (a, b, cost_a, cost_b)) in self.links.iter().enumerate() {
                let (last, cost) = match own {
                    own if own == *a => (1, cost_a),
                    own if own == *b => (2, cost_b),
                    _ => continue,
                };
                text += &format!(
                    "interface {}\n undo shutdown\n ip address 10.1.{link}.{last} 255.255.255.252\n ospf cost {cost}\n",
                    ports[link]
                );
            }
            text + "ospf 1\n area 0.0.0.0\n  network 10.0.0.0 0.255.255.255\n"
        })
    }

    /// Floyd and Warshall.
    fn distances(&self) -> BTreeMap<(usize, usize), u32> {
        let mut distances = BTreeMap::new();
        for (a, b, cost_a, cost_b) in &self.links {
            for (from, to, cost) in [(*a, *b, *cost_a), (*b, *a, *cost_b)] {
                let known = distances.entry((from, to)).or_insert(cost);
                *known = cost.min(*known);
            }
        }
        for via in 0..self.routers {
            for from in 0..self.routers {
                for to in 0..self.routers {
                    let both = distances.get(&(from, via)).zip(distances.get(&(via, to)));
                    if let Some(through) = both.map(|(first, second)| first + second) {
                        let known = distances.entry((from, to)).or_insert(through);
                        *known = through.min(*known);
                    }
                }
            }
        }
        distances
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn ospf_distances_are_shortest_and_packets_arrive(drawn in drawn()) {
        let lab = drawn.lab();
        let distances = drawn.distances();
        for from in 0..drawn.routers {
            let device = format!("R{from}");
            let routes = lab.routes(&device, "display ip routing-table");
            for to in (0..drawn.routers).filter(|to| *to != from) {
                let prefix = format!("10.0.0.{}/32 OSPF 10 ", to + 1);
                let costs: Vec<u32> = routes
                    .iter()
                    .filter_map(|row| row.strip_prefix(&prefix)?.split(' ').next()?.parse().ok())
                    .collect();
                let ping = lab.ask(&device, &format!("ping 10.0.0.{}", to + 1));
                match distances.get(&(from, to)) {
                    // The loopback itself costs 1.
                    Some(distance) => {
                        prop_assert!(!costs.is_empty() && costs.iter().all(|cost| *cost == distance + 1));
                        prop_assert!(ping.contains(" 0.00% packet loss"), "{}", ping);
                    }
                    None => {
                        prop_assert!(costs.is_empty());
                        prop_assert!(ping.contains("100.00% packet loss"), "{}", ping);
                    }
                }
            }
        }
    }
}

#[test]
fn costs_follow_bandwidth_and_routes_the_preference_of_their_process() {
    let pair = Drawn {
        routers: 2,
        links: vec![(0, 1, 1, 1)],
    };
    let lab = pair.lab();
    let cost = |lab: &Computed| {
        let routes = lab.routes("R0", "display ip routing-table 10.0.0.2 32");
        let words: Vec<String> = routes
            .iter()
            .flat_map(|row| row.split(' ').map(str::to_owned))
            .collect();
        [words[2].clone(), words[3].clone()]
    };
    lab.commit("R0", &["interface GE0/1/0 / undo ospf cost"]);
    assert_eq!(
        cost(&lab),
        ["10", "2"],
        "100 Mbit/s by 1000, at least 1, and 1 for the loopback"
    );
    lab.commit("R0", &["ospf 1 / bandwidth-reference 20000"]);
    assert_eq!(cost(&lab), ["10", "21"]);
    lab.commit("R0", &["interface GE0/1/0 / bandwidth 5000"]);
    assert_eq!(cost(&lab), ["10", "5"]);
    lab.commit(
        "R0",
        &["interface GE0/1/0 / bandwidth 500000 kbps", "ospf 1 / preference 99"],
    );
    assert_eq!(cost(&lab), ["99", "41"]);
    lab.commit("R0", &["interface GE0/1/0 / ospf cost 7"]);
    assert_eq!(cost(&lab), ["99", "8"]);
    // What OSPF knows of the networks that it runs on itself, and does not use, has the same preference.
    let own = lab.ask("R0", "display ip routing-table protocol ospf inactive");
    let rows = own.lines().filter(|line| line.contains(" OSPF "));
    let preferences: Vec<&str> = rows.filter_map(|row| row.split_whitespace().nth(2)).collect();
    assert_eq!(preferences, ["99", "99"], "{own}");
    // A static route of a better preference hides it.
    lab.commit("R0", &["ip route-static 10.0.0.2 32 10.1.0.2"]);
    assert!(
        lab.routes("R0", "display ip routing-table 10.0.0.2 32")
            .iter()
            .any(|row| row.contains("Static 60"))
    );
}

#[test]
fn equal_paths_of_some_hops_are_all_used() {
    let diamond = Drawn {
        routers: 4,
        links: vec![(0, 1, 1, 1), (0, 2, 1, 1), (1, 3, 1, 1), (2, 3, 1, 1)],
    };
    let routes = diamond.lab().routes("R0", "display ip routing-table 10.0.0.4 32");
    let routes: Vec<&str> = routes.iter().map(String::as_str).collect();
    assert_eq!(
        routes,
        [
            "10.0.0.4/32 OSPF 10 3 D 10.1.0.2 GigabitEthernet0/1/0",
            "10.0.0.4/32 OSPF 10 3 D 10.1.1.2 GigabitEthernet0/1/1",
        ]
    );
}

#[test]
fn routes_cross_areas_through_the_backbone_alone() {
    // R0 (area 1) – R1 – R2 (backbone between them) – R3 (area 2); R4 hangs on R0 in area 3: R0 is no border router.
    let areas = [("R0", "R1", 1), ("R1", "R2", 0), ("R2", "R3", 2), ("R0", "R4", 3)];
    let ports = ["GE0/1/0", "GE0/1/1", "GE0/1/2", "GE0/1/3"];
    let links: Vec<(&str, &str, &str, &str)> = areas
        .iter()
        .zip(ports)
        .map(|((a, b, _), port)| (*a, port, *b, port))
        .collect();
    let lab = Computed::of(&["R0", "R1", "R2", "R3", "R4"], &links, |name| {
        let mut text = format!(
            "sysname {name}\ninterface LoopBack0\n ip address 10.0.0.1{} 255.255.255.255\n",
            &name[1..]
        );
        let mut ospf = String::from("ospf 1\n");
        for (index, (a, b, area)) in areas.iter().enumerate() {
            let last = match name {
                name if name == *a => 1,
                name if name == *b => 2,
                _ => continue,
            };
            text += &format!("interface GigabitEthernet0/1/{index}\n ip address 10.1.{index}.{last} 255.255.255.252\n");
            ospf += &format!(" area {area}\n  network 10.1.{index}.0 0.0.0.3\n");
            if (name, *area) == ("R3", 2) {
                ospf += "  network 10.0.0.0 0.0.0.255\n";
            }
        }
        text + &ospf
    });
    let cost = |device: &str| {
        let rows = lab.routes(device, "display ip routing-table 10.0.0.13 32");
        rows.iter()
            .map(|row| row.split(' ').nth(3).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!([cost("R2"), cost("R1"), cost("R0")], [["2"], ["3"], ["4"]]);
    assert!(cost("R4").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Distances equal those of an independent library.
    #[test]
    fn ospf_distances_are_those_of_petgraph(drawn in drawn()) {
        let mut graph = petgraph::Graph::<usize, u32>::new();
        let nodes: Vec<_> = (0..drawn.routers).map(|router| graph.add_node(router)).collect();
        for (a, b, cost_a, cost_b) in &drawn.links {
            graph.add_edge(nodes[*a], nodes[*b], *cost_a);
            graph.add_edge(nodes[*b], nodes[*a], *cost_b);
        }
        let lab = drawn.lab();
        for from in 0..drawn.routers {
            let distances = petgraph::algo::dijkstra(&graph, nodes[from], None, |edge| *edge.weight());
            let routes = lab.routes(&format!("R{from}"), "display ip routing-table");
            for to in (0..drawn.routers).filter(|to| *to != from) {
                let prefix = format!("10.0.0.{}/32 OSPF 10 ", to + 1);
                let found = routes.iter().find_map(|row| row.strip_prefix(&prefix)?.split(' ').next()?.parse().ok());
                prop_assert_eq!(found, distances.get(&nodes[to]).map(|distance| distance + 1));
            }
        }
    }
}
