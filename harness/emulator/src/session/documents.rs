//! The steps of the documents beside the worked example, typed line by line with the prompts that they show.

use std::sync::Arc;

use rstest::rstest;

use super::tests::{configuration_file, lab, session};

/// Flow labels on a VSI (receive on one end, send on the other).
const FLOW_LABEL: &str = "\
<PE1> system-view
[~PE1] mpls l2vpn
[*PE1-l2vpn] quit
[*PE1] vsi v1
[*PE1-vsi-v1] pwsignal bgp
[*PE1-vsi-v1-bgp] flow-label both static
[*PE1-vsi-v1-bgp] flow-label send
[*PE1-vsi-v1-bgp] flow-label receive
[*PE1-vsi-v1-bgp] flow-label both
[*PE1-vsi-v1-bgp] commit
[~PE1-vsi-v1-bgp] quit
[~PE1-vsi-v1] quit
[~PE1] quit
";

/// Load balancing among VPN routes.
const LOAD_BALANCING: &str = "\
<PE1> system-view
[~PE1] bgp 100
[~PE1-bgp] ipv4-family vpn-instance VPNA
[~PE1-bgp-VPNA] maximum load-balancing 2
[*PE1-bgp-VPNA] commit
[~PE1-bgp-VPNA] quit
[~PE1-bgp] quit
[~PE1] quit
<PE1> display ip routing-table vpn-instance VPNA 1.1.1.1
<PE1> display ip routing-table vpn-instance VPNA 1.1.1.1 32 verbose
<PE1> display ip routing-table vpn-instance VPNA 1.1.1.0 24 longer-match verbose
";

/// Egress protection: the same static label on both, and imports that do not recurse to tunnels.
const EGRESS_PROTECTION: &str = "\
<PE1> system-view
[~PE1] ip vpn-instance VPNA
[~PE1-vpn-instance-VPNA] ipv4-family
[~PE1-vpn-instance-VPNA-af-ipv4] route-distinguisher 100:1
[~PE1-vpn-instance-VPNA-af-ipv4] apply-label per-instance static 1025
[*PE1-vpn-instance-VPNA-af-ipv4] commit
[~PE1-vpn-instance-VPNA-af-ipv4] quit
[~PE1-vpn-instance-VPNA] quit
[~PE1] bgp 100
[~PE1-bgp] ipv4-family unicast
[~PE1-bgp-af-ipv4] network 2.2.2.2 32 non-relay-tunnel
[*PE1-bgp-af-ipv4] import-route direct non-relay-tunnel
[*PE1-bgp-af-ipv4] commit
[~PE1-bgp-af-ipv4] return
";

#[rstest]
#[case(FLOW_LABEL, "flow-label both")]
#[case(LOAD_BALANCING, "maximum load-balancing 2")]
#[case(EGRESS_PROTECTION, "apply-label per-instance static 1025")]
fn the_steps_are_taken_and_the_network_is_computed_all_the_same(#[case] steps: &str, #[case] line: &str) {
    let lab = lab(configuration_file);
    let mut user = session(&lab, 0);
    for (number, step) in steps.lines().enumerate() {
        let (prompt, command) = step.split_once(' ').expect("prompt and command");
        assert_eq!(user.prompt(), prompt, "before line {}: {command}", number + 1);
        let reply = user.execute(command);
        assert!(!reply.refused, "line {}: {command}: {}", number + 1, reply.text);
    }
    let text = crate::configuration::print(&lab.snapshot()[0]);
    assert!(text.lines().any(|own| own.trim_start() == line), "{text}");
    for device in 0..5 {
        let mut user = session(&Arc::clone(&lab), device);
        let reply = user.execute("display ip routing-table");
        assert!(!reply.refused, "{}", reply.text);
    }
    // The whole is printed as it loads.
    let again = self::lab(|name| {
        if name == "PE1" {
            text.clone()
        } else {
            configuration_file(name)
        }
    });
    assert!(again.devices[0].ignored.is_empty(), "{:?}", again.devices[0].ignored);
    assert_eq!(crate::configuration::print(&again.snapshot()[0]), text);
    let reply = session(&again, 0).execute("display ip routing-table");
    assert!(!reply.refused, "{}", reply.text);
}

#[rstest]
#[case("PE1", 0)]
#[case("PE2", 1)]
#[case("PE3", 2)]
#[case("CE1", 3)]
#[case("CE2", 4)]
fn the_configuration_files_may_be_typed_as_they_stand(#[case] name: &str, #[case] device: usize) {
    let empty = lab(|_| String::new());
    let mut user = session(&empty, device);
    user.execute("system-view");
    for line in configuration_file(name).lines().filter(|line| line.trim() != "return") {
        let reply = user.execute(line);
        assert!(!reply.refused, "{line}: {}", reply.text);
    }
    let reply = user.execute("commit");
    assert!(!reply.refused, "{}", reply.text);
    assert_eq!(
        crate::configuration::print(&empty.snapshot()[device]),
        configuration_file(name)
    );
}
