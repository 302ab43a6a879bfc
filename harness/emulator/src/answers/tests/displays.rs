//! The layouts, by snapshots that were compared by eye with what the configuration of the worked example implies.

use rstest::rstest;

use super::lab::Computed;

#[rstest]
#[case("PE1", "display ip routing-table protocol ospf")]
#[case("PE1", "display ip routing-table protocol bgp")]
#[case("PE1", "display ip routing-table vpn-instance VPNA protocol bgp")]
#[case("PE1", "display ip routing-table vpn-instance VPNA protocol static verbose")]
#[case("PE1", "display ip routing-table vpn-instance VPNA protocol bgp inactive")]
#[case("PE1", "display ip routing-table vpn-instance VPNA 1.1.1.1 32 verbose")]
#[case("PE1", "display ip routing-table 22.0.0.0 8 longer-match")]
#[case("PE1", "display ip routing-table all-vpn-instance")]
#[case("PE1", "display ip routing-table statistics")]
#[case("PE1", "display ip routing-table vpn-instance VPNA statistics")]
#[case("PE1", "display fib")]
#[case("PE3", "display fib vpn-instance VPNA")]
#[case("CE1", "display fib 10.3.1.2")]
#[case("PE1", "display interface brief")]
#[case("PE1", "display interface description GigabitEthernet0/3/0")]
#[case("PE1", "display interface GigabitEthernet0/3/0")]
#[case("PE1", "display ip interface LoopBack1")]
#[case("PE1", "display ip interface brief")]
#[case("PE1", "display mpls interface")]
#[case("PE1", "display mpls lsp")]
#[case("PE1", "display mpls lsp include 3.3.3.3 32 verbose")]
#[case("CE1", "display mpls lsp")]
#[case("PE1", "display mpls ldp lsp")]
#[case("PE1", "display tunnel-info all")]
#[case("PE1", "display mpls ldp session verbose")]
#[case("PE1", "display mpls ldp peer")]
#[case("PE1", "display mpls ldp adjacency")]
#[case("PE1", "display mpls ldp interface")]
#[case("PE3", "display bgp vpnv4 vpn-instance VPNA peer")]
#[case("PE3", "display bgp vpnv4 vpn-instance VPNA peer 10.3.1.2 verbose")]
#[case("PE1", "display bgp peer 3.3.3.3")]
#[case("PE1", "display bgp peer 3.3.3.3 verbose")]
#[case("CE1", "display bfd session static-auto")]
#[case("PE1", "display bfd session peer-ip 10.1.1.1 vpn-instance VPNA")]
#[case("PE1", "display bfd session peer-ip 10.1.1.1")]
#[case("CE1", "display bfd session discriminator 8193 verbose")]
#[case("CE1", "display bfd statistics")]
#[case("PE1", "display ip vpn-instance interface")]
#[case("PE1", "display ospf interface")]
#[case("PE1", "display ospf 1 interface GigabitEthernet0/2/0")]
#[case("PE1", "display ospf brief")]
#[case("PE1", "display ospf 1 peer brief")]
fn a_table_is_laid_out_as_on_the_device(#[case] device: &str, #[case] command: &str) {
    let text = Computed::start().ask(device, command);
    let name = format!("{device} {}", command.trim_start_matches("display ")).replace([' ', '/'], "_");
    insta::assert_snapshot!(name, text);
}
