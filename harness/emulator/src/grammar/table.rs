//! The grammar table: every command of the emulated command line. Parsing, abbreviation, help, undo and the order of
//! a printed configuration all come from here.

use super::matcher::Matched;
use super::rule::{Effect, Operation as Op, Rule, Undo, block, expand, line, operation, toggle};
use super::view::View::{
    self, Bfd, BfdSession, Bgp, BgpIpv4, BgpVpnInstance, BgpVpnv4, Interface, LoopBack, Mpls, MplsLdp, Ospf, OspfArea,
    System, User, VpnInstance, VpnInstanceIpv4,
};
use crate::display::interfaces::Display;

const CONFIGURATION: &[View] = &[
    System,
    Interface,
    LoopBack,
    Ospf,
    OspfArea,
    Mpls,
    MplsLdp,
    VpnInstance,
    VpnInstanceIpv4,
    Bgp,
    BgpIpv4,
    BgpVpnv4,
    BgpVpnInstance,
    Bfd,
    BfdSession,
];

const EVERYWHERE: &[View] = &[
    User,
    System,
    Interface,
    LoopBack,
    Ospf,
    OspfArea,
    Mpls,
    MplsLdp,
    VpnInstance,
    VpnInstanceIpv4,
    Bgp,
    BgpIpv4,
    BgpVpnv4,
    BgpVpnInstance,
    Bfd,
    BfdSession,
];

/// All rules. The first of two rules that fit a line is meant.
pub const RULES: &[Rule] = &[
    // Moving about.
    operation(&[User], "system-view", Op::SystemView),
    operation(&[User], "system-view immediately", Op::SystemViewImmediately),
    operation(EVERYWHERE, "quit", Op::Quit),
    operation(CONFIGURATION, "return", Op::Return),
    operation(CONFIGURATION, "commit [ label <name> ] [ { description | comment } <text> ]", Op::Commit),
    operation(CONFIGURATION, "clear configuration candidate", Op::ClearCandidate),
    operation(&[User], "save [ all ]", Op::Save),
    operation(
        EVERYWHERE,
        "rollback configuration { to { commit-id <int:1-4294967295> | label <name> } | last <int:1-100> }",
        Op::RollBack,
    ),
    operation(&[User], "reset saved-configuration", Op::EraseSaved),
    operation(&[User], "reset counters interface [ <interface> ]", Op::ResetCounters),
    operation(&[User], "reset { bfd statistics | ip statistics }", Op::ResetCounters),
    operation(&[User], "reset bgp { all | <asn> | <ip> } [ graceful ]", Op::ResetProtocol),
    operation(&[User], "reset bgp vpnv4 { all | <ip> } [ graceful ]", Op::ResetProtocol),
    operation(&[User], "reset ospf [ <int:1-65535> ] process", Op::ResetProtocol),
    operation(&[User], "reset mpls ldp [ all ]", Op::ResetProtocol),
    operation(&[User], "refresh bgp { all | <ip> } { import | export }", Op::ResetProtocol),
    // The terminal.
    operation(EVERYWHERE, "screen-length <int:0-512> temporary", Op::ScreenLength),
    operation(EVERYWHERE, "screen-width <int:60-512>", Op::Terminal),
    operation(EVERYWHERE, "terminal { monitor | debugging | logging | trapping }", Op::Terminal),
    operation(EVERYWHERE, "terminal echo-mode { line | character }", Op::Terminal),
    operation(EVERYWHERE, "undo terminal { monitor | debugging | logging | trapping }", Op::Terminal),
    // What the device knows of itself.
    operation(CONFIGURATION, "display this", Op::DisplayThis),
    operation(CONFIGURATION, "display configuration candidate", Op::DisplayCandidate),
    operation(CONFIGURATION, "display configuration candidate merge", Op::DisplayCandidateMerged),
    operation(
        EVERYWHERE,
        "display current-configuration [ configuration <name> [ <name> ] | interface [ <interface> ] ]",
        Op::DisplayCurrent,
    ),
    operation(EVERYWHERE, "display saved-configuration", Op::DisplaySaved),
    operation(
        EVERYWHERE,
        "display configuration commit list [ verbose ] [ <int:1-100> | label ]",
        Op::DisplayCommitList,
    ),
    operation(
        EVERYWHERE,
        "display configuration commit changes [ last <int:1-100> | { at | since } commit-id <int:1-4294967295> ]",
        Op::DisplayCommitChanges,
    ),
    operation(
        EVERYWHERE,
        "display configuration rollback changes [ to { commit-id <int:1-4294967295> | label <name> } | last <int:1-100> ]",
        Op::DisplayRollbackChanges,
    ),
    operation(EVERYWHERE, "display history-command", Op::DisplayHistory),
    operation(EVERYWHERE, "display startup", Op::DisplayStartup),
    operation(EVERYWHERE, "display version", Op::DisplayVersion),
    operation(EVERYWHERE, "display device", Op::DisplayDevice),
    operation(EVERYWHERE, "display clock", Op::DisplayClock),
    operation(EVERYWHERE, "display users [ all ]", Op::DisplayUsers),
    operation(EVERYWHERE, "display interface brief", Op::DisplayInterfaces(Display::Brief)),
    operation(
        EVERYWHERE,
        "display interface description [ <interface> ]",
        Op::DisplayInterfaces(Display::Description),
    ),
    operation(EVERYWHERE, "display interface [ <interface> ]", Op::DisplayInterfaces(Display::Full)),
    operation(
        EVERYWHERE,
        "display ip interface brief [ <interface> ]",
        Op::DisplayInterfaces(Display::IpBrief),
    ),
    operation(EVERYWHERE, "display ip interface [ <interface> ]", Op::DisplayInterfaces(Display::IpFull)),
    // What the network knows.
    operation(
        EVERYWHERE,
        "display ip routing-table [ vpn-instance <name> | all-vpn-instance ] [ verbose ]",
        Op::Ask,
    ),
    operation(
        EVERYWHERE,
        "display ip routing-table [ vpn-instance <name> ] <ip> [ <length> [ longer-match ] ] [ verbose ]",
        Op::Ask,
    ),
    operation(
        EVERYWHERE,
        "display ip routing-table [ vpn-instance <name> | all-vpn-instance ] statistics",
        Op::Ask,
    ),
    operation(
        EVERYWHERE,
        "display ip routing-table [ vpn-instance <name> ] protocol { direct | static | ospf | bgp | ibgp | ebgp } [ inactive | verbose ]",
        Op::Ask,
    ),
    operation(EVERYWHERE, "display fib [ vpn-instance <name> ] [ <ip> [ <length> ] ]", Op::Ask),
    operation(EVERYWHERE, "display mpls interface [ <interface> ]", Op::Ask),
    operation(EVERYWHERE, "display mpls ldp session [ all ] [ verbose ]", Op::Ask),
    operation(EVERYWHERE, "display mpls ldp session <ip>", Op::Ask),
    operation(EVERYWHERE, "display mpls ldp { peer | adjacency | interface } [ all ]", Op::Ask),
    operation(EVERYWHERE, "display mpls ldp lsp [ all ]", Op::Ask),
    operation(
        EVERYWHERE,
        "display mpls lsp [ protocol ldp | include <ip> <length> ] [ verbose ]",
        Op::Ask,
    ),
    operation(EVERYWHERE, "display tunnel-info all", Op::Ask),
    operation(EVERYWHERE, "display bgp peer [ <ip> ] [ verbose ]", Op::Ask),
    operation(EVERYWHERE, "display bgp routing-table [ label | <ip> [ <length> ] ]", Op::Ask),
    operation(
        EVERYWHERE,
        "display bgp vpnv4 { all | vpn-instance <name> } peer [ <ip> ] [ verbose ]",
        Op::Ask,
    ),
    operation(
        EVERYWHERE,
        "display bgp vpnv4 { all | vpn-instance <name> | route-distinguisher <rt> } routing-table [ label | <ip> [ <length> ] ]",
        Op::Ask,
    ),
    operation(
        EVERYWHERE,
        "display bfd session { all | static | static-auto | dynamic | discriminator <int:1-4294967295> | peer-ip <ip> [ vpn-instance <name> ] | session-name <name> } [ verbose ]",
        Op::Ask,
    ),
    operation(EVERYWHERE, "display bfd statistics", Op::Ask),
    operation(EVERYWHERE, "display ip vpn-instance [ verbose ] [ <name> ]", Op::Ask),
    operation(EVERYWHERE, "display ip vpn-instance [ <name> ] interface", Op::Ask),
    operation(EVERYWHERE, "display ospf [ <int:1-65535> ] { brief | interface [ <interface> ] }", Op::Ask),
    operation(EVERYWHERE, "display ospf [ <int:1-65535> ] peer [ brief ]", Op::Ask),
    operation(EVERYWHERE, "display ospf [ <int:1-65535> ] { routing | lsdb }", Op::Ask),
    operation(
        EVERYWHERE,
        "ping [ ip ] ( -vpn-instance <name> | -a <ip> | -c <int:1-4294967295> | -s <int:20-9600> | -t <int:1-65535> | -m <int:1-10000> | -h <int:1-255> | -f | -q | -i <interface> )* <ip>",
        Op::Ask,
    ),
    operation(
        EVERYWHERE,
        "tracert ( -vpn-instance <name> | -a <ip> | -q <int:1-65535> | -w <int:1-65535> | -m <int:1-255> | -f <int:1-255> )* <ip>",
        Op::Ask,
    ),
    // System view.
    line(&[System], 10, "sysname <name>"),
    block(&[System], 20, "ip vpn-instance <name!>", VpnInstance),
    block(&[System], 30, "bfd", Bfd),
    line(&[System], 40, "mpls lsr-id <ip>"),
    block(&[System], 50, "mpls", Mpls),
    block(&[System], 60, "mpls ldp", MplsLdp),
    block(&[System], 70, "interface <interface!>", Interface),
    line(&[System], 80, "load-balance { packet | flow } all"),
    block(&[System], 90, "bgp <asn>", Bgp).creating(&["ipv4-family unicast"]),
    block(&[System], 100, "ospf <int:1-65535!> [ router-id <ip> ]", Ospf),
    expand(&[System], "ospf", |_| vec!["ospf 1".into()]).without_undo(),
    line(
        &[System],
        110,
        "ip route-static [ vpn-instance! <name!> ] <ip!> <mask!> { <ip!> | <interface!> [ <ip!> ] } [ preference <int:1-255> ] [ tag <int:1-4294967295> ] [ track bfd-session <name> ] [ description <text> ]",
    )
    .undone_by(
        "undo ip route-static [ vpn-instance! <name!> ] <ip!> <mask!> [ <ip!> | <interface!> [ <ip!> ] ] [ preference <int:1-255> ] [ tag <int:1-4294967295> ] [ track bfd-session <name> ] [ description <text> ]",
    ),
    block(
        &[System],
        120,
        "bfd <name!> bind peer-ip <ip> [ vpn-instance <name> ] [ interface <interface> ] [ source-ip <ip> ] [ auto ]",
        BfdSession,
    )
    .undone_by(
        "undo bfd <name!> [ bind peer-ip <ip> [ vpn-instance <name> ] [ interface <interface> ] [ source-ip <ip> ] [ auto ] ]",
    ),
    Rule { effect: Effect::EnterBfdSession, undo: Undo::None, ..line(&[System], 0, "bfd <name!>") },
    // VPN instances.
    line(&[VpnInstance], 10, "description <text>"),
    block(&[VpnInstance], 20, "ipv4-family", VpnInstanceIpv4).creating(&["apply-label per-instance"]),
    line(&[VpnInstanceIpv4], 10, "route-distinguisher <rt>"),
    line(&[VpnInstanceIpv4], 20, "apply-label { per-instance | per-route } [ static <int:16-1048575> ]"),
    line(&[VpnInstanceIpv4], 30, "vpn-target <rt!> export-extcommunity!").as_typed(),
    line(&[VpnInstanceIpv4], 40, "vpn-target <rt!> import-extcommunity!").as_typed(),
    expand(&[VpnInstanceIpv4], "vpn-target ( <rt!> )+ [ both ]", |m| targets(m, &["export", "import"])),
    expand(&[VpnInstanceIpv4], "vpn-target <rt!> ( <rt!> )+ export-extcommunity", |m| targets(m, &["export"])),
    expand(&[VpnInstanceIpv4], "vpn-target <rt!> ( <rt!> )+ import-extcommunity", |m| targets(m, &["import"])),
    line(&[VpnInstanceIpv4], 50, "tnl-policy <name>"),
    // MPLS.
    line(&[MplsLdp], 10, "graceful-restart"),
    // Interfaces.
    line(&[Interface, LoopBack], 10, "description <text>"),
    toggle(&[Interface], 20, "shutdown"),
    line(&[Interface], 25, "mtu <int:46-9600>"),
    line(&[Interface], 28, "vlan-type dot1q <int:1-4094>"),
    line(&[Interface, LoopBack], 30, "ip binding vpn-instance <name>"),
    line(&[Interface, LoopBack], 40, "ip address <ip> <mask>"),
    line(&[Interface], 50, "mpls"),
    line(&[Interface], 60, "mpls ldp"),
    line(&[Interface, LoopBack], 70, "ospf cost <int:1-65535>"),
    line(&[Interface, LoopBack], 71, "ospf network-type { broadcast | nbma | p2mp | p2p }"),
    line(&[Interface, LoopBack], 72, "ospf enable <int:1-65535> area <area>"),
    // OSPF.
    line(&[Ospf], 10, "bandwidth-reference <int:1-2147483648>"),
    line(&[Ospf], 20, "silent-interface <interface!>"),
    line(&[Ospf], 30, "import-route { direct! | static! | bgp! } [ cost <int:0-16777214> ]"),
    line(&[Ospf], 40, "maximum load-balancing <int:1-64>"),
    block(&[Ospf], 50, "area <area!>", OspfArea),
    line(&[OspfArea], 10, "description <text>"),
    line(&[OspfArea], 20, "network <ip!> <wildcard!>").as_typed(),
    // BGP.
    line(&[Bgp], 10, "router-id <ip>"),
    line(&[Bgp], 20, "peer <ip!> as-number <asn>").without_undo().creating(&["ipv4-family unicast / peer $1 enable"]),
    line(&[Bgp], 20, "peer <ip!> connect-interface <interface>"),
    line(&[Bgp], 20, "peer <ip!> description <text>"),
    line(&[Bgp], 20, "peer <ip!> ebgp-max-hop [ <int:1-255> ]"),
    line(&[Bgp], 20, "peer <ip!> bfd enable"),
    line(
        &[Bgp],
        20,
        "peer <ip!> bfd { min-tx-interval <int:3-20000> | min-rx-interval <int:3-20000> | detect-multiplier <int:3-50> }",
    ),
    line(&[Bgp], 20, "peer <ip!> ignore"),
    line(&[Bgp], 20, "peer <ip!> timer keepalive <int:0-21845> hold <int:0-65535>"),
    Rule { effect: Effect::RemovePeer, ..line(&[Bgp, BgpVpnInstance], 0, "peer <ip!>") }
        .undone_by("undo peer <ip!> [ as-number <asn> ]"),
    block(&[Bgp], 50, "ipv4-family unicast", BgpIpv4).creating(&["undo synchronization"]),
    expand(&[Bgp], "ipv4-family", |_| vec!["ipv4-family unicast".into()]).without_undo(),
    block(&[Bgp], 60, "ipv4-family vpnv4 [ unicast ]", BgpVpnv4).creating(&["policy vpn-target"]),
    block(&[Bgp], 70, "ipv4-family vpn-instance <name!>", BgpVpnInstance),
    // Lines of the unicast family that may be typed one view above.
    expand(&[Bgp], "import-route { direct! | static! } [ med <int:0-4294967295> ]", in_unicast),
    expand(&[Bgp], "import-route ospf! <int:1-65535!> [ med <int:0-4294967295> ]", in_unicast),
    expand(&[Bgp], "network <ip!> [ <mask!> ]", in_unicast),
    expand(&[Bgp], "maximum load-balancing [ ibgp! | ebgp! ] <int:1-128>", in_unicast),
    expand(&[Bgp], "peer <ip!> { enable | next-hop-local | reflect-client }", in_unicast),
    // Address families.
    toggle(&[BgpIpv4], 10, "synchronization"),
    toggle(&[BgpVpnv4], 10, "policy vpn-target"),
    line(&[BgpVpnv4], 15, "reflector cluster-id <ip>"),
    line(&[BgpVpnInstance], 20, "peer <ip!> as-number <asn>").without_undo(),
    line(&[BgpVpnInstance], 20, "peer <ip!> description <text>"),
    line(&[BgpVpnInstance], 20, "peer <ip!> ignore"),
    line(&[BgpIpv4, BgpVpnInstance], 30, "import-route { direct! | static! } [ med <int:0-4294967295> ]"),
    line(&[BgpIpv4, BgpVpnInstance], 31, "import-route ospf! <int:1-65535!> [ med <int:0-4294967295> ]"),
    line(&[BgpIpv4, BgpVpnInstance], 35, "network <ip!> [ <mask!> ]"),
    line(&[BgpIpv4, BgpVpnInstance], 40, "maximum load-balancing [ ibgp! | ebgp! | eibgp! ] <int:1-128>"),
    line(&[BgpIpv4, BgpVpnInstance, BgpVpnv4], 42, "preference <int:1-255> <int:1-255> <int:1-255>"),
    line(&[BgpIpv4, BgpVpnInstance, BgpVpnv4], 45, "auto-frr"),
    line(&[BgpVpnInstance], 46, "advertise l2vpn evpn"),
    toggle(&[BgpIpv4], 50, "peer <ip!> enable"),
    line(&[BgpVpnv4], 50, "peer <ip!> enable"),
    line(&[BgpIpv4, BgpVpnv4, BgpVpnInstance], 51, "peer <ip!> next-hop-local"),
    line(&[BgpIpv4, BgpVpnv4, BgpVpnInstance], 52, "peer <ip!> reflect-client"),
    // BFD.
    line(&[Bfd], 10, "delay-up <int:1-600>"),
    line(&[BfdSession], 10, "description <text>"),
    line(&[BfdSession], 20, "discriminator local <int:1-4294967295>"),
    line(&[BfdSession], 21, "discriminator remote <int:1-4294967295>"),
    line(&[BfdSession], 30, "detect-multiplier <int:3-50>"),
    line(&[BfdSession], 40, "min-tx-interval <int:3-20000>"),
    line(&[BfdSession], 50, "min-rx-interval <int:3-20000>"),
    line(&[BfdSession], 60, "wtr <int:1-60>"),
    line(&[BfdSession], 70, "shutdown"),
];

fn in_unicast(matched: &Matched) -> Vec<String> {
    vec![format!("ipv4-family unicast / {}", matched.canonical())]
}

fn targets(matched: &Matched, directions: &[&str]) -> Vec<String> {
    let targets = matched.values();
    directions
        .iter()
        .flat_map(|direction| {
            targets
                .iter()
                .map(move |target| format!("vpn-target {target} {direction}-extcommunity"))
        })
        .collect()
}
