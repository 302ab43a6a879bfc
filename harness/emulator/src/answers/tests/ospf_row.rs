//! Four routers in a row, three areas of OSPF.

use super::lab::Computed;

/// R0 – R1 – R2 – R3 in a row: area 1, backbone, area 2. Router r has the loopback 10.0.0.(r+1) in the area to its left
/// (R0: area 1), link l is 10.1.l.0/30. Every link costs 10 in the direction away from R0, 20 towards it.
pub fn row(of: impl Fn(&str) -> String) -> Computed {
    const LINKS: [(&str, &str, u32); 3] = [("R0", "R1", 1), ("R1", "R2", 0), ("R2", "R3", 2)];
    let ports = ["GE0/1/0", "GE0/1/1", "GE0/1/2"];
    let links: Vec<(&str, &str, &str, &str)> = LINKS
        .iter()
        .zip(ports)
        .map(|((a, b, _), port)| (*a, port, *b, port))
        .collect();
    Computed::of(&["R0", "R1", "R2", "R3"], &links, |name| {
        let own: usize = name[1..].parse().unwrap();
        let mut text = format!(
            "sysname {name}\ninterface LoopBack0\n ip address 10.0.0.{} 255.255.255.255\n",
            own + 1
        );
        let mut ospf = String::new();
        for (index, (a, b, area)) in LINKS.iter().enumerate() {
            let (last, cost) = match name {
                name if name == *a => (1, 10),
                name if name == *b => (2, 20),
                _ => continue,
            };
            text += &format!(
                "interface GigabitEthernet0/1/{index}\n undo shutdown\n ip address 10.1.{index}.{last} 255.255.255.252\n \
                 ospf cost {cost}\n"
            );
            ospf += &format!(" area {area}\n  network 10.1.{index}.0 0.0.0.3\n");
            if name == *b || own == 0 {
                ospf += &format!("  network 10.0.0.{} 0.0.0.0\n", own + 1);
            }
        }
        text + "ospf 1\n" + &ospf + &of(name)
    })
}

pub fn nothing(_: &str) -> String {
    String::new()
}

/// `PROTO PRE COST FLAGS NEXTHOP INTERFACE` of the routes to a prefix.
pub fn to(lab: &Computed, device: &str, prefix: &str) -> Vec<String> {
    let (address, length) = prefix.split_once('/').unwrap();
    let rows = lab.routes(device, &format!("display ip routing-table {address} {length}"));
    let rows = rows.iter().filter_map(|row| row.strip_prefix(&format!("{prefix} ")));
    rows.map(str::to_owned).collect()
}

pub fn assert_settled(lab: &Computed) {
    assert!(lab.settles());
    let simulation = lab.lab.timed().unwrap().now();
    let (settled, computed) = (
        simulation.state(usize::MAX).unwrap(),
        simulation.settled_state().unwrap(),
    );
    assert_eq!(settled.ospf, computed.ospf);
    assert_eq!(settled.ribs, computed.ribs);
    assert_eq!(settled.fib_ribs, computed.fib_ribs);
}
