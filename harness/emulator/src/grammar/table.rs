//! The grammar table: every command of the emulated command line. Parsing, abbreviation, help, undo and the order of
//! a printed configuration all come from here.

use super::cipher;
use super::matcher::Matched;
use super::rule::{Effect, Operation as Op, Rule, Undo, block, expand, line, numbered, operation, toggle};
use super::view::View::{
    self, Bfd, BfdSession, Bgp, BgpIpv4, BgpL2vpnAd, BgpVpls, BgpVpnInstance, BgpVpnv4, Interface, LdpRemotePeer,
    LoopBack, Mpls, MplsL2vpn, MplsLdp, Ospf, OspfArea, RoutePolicy, Slot, System, TunnelPolicy, User, VpnInstance,
    VpnInstanceIpv4, Vsi, VsiBgp, VsiLdp,
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
    RoutePolicy,
    Vsi,
    VsiBgp,
    VsiLdp,
    BgpL2vpnAd,
    BgpVpls,
    LdpRemotePeer,
    TunnelPolicy,
    MplsL2vpn,
    Slot,
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
    RoutePolicy,
    Vsi,
    VsiBgp,
    VsiLdp,
    BgpL2vpnAd,
    BgpVpls,
    LdpRemotePeer,
    TunnelPolicy,
    MplsL2vpn,
    Slot,
];

/// Views of IPv4 families, where routes enter BGP.
const IPV4: &[View] = &[BgpIpv4, BgpVpnInstance];
/// Views where something is agreed with peers.
const FAMILIES: &[View] = &[BgpIpv4, BgpVpnv4, BgpVpnInstance];
/// The families of the public network, whose peers stand in the process.
const PUBLIC_FAMILIES: &[View] = &[BgpIpv4, BgpVpnv4, BgpL2vpnAd, BgpVpls];
/// Where LDP finds peers.
const LDP_TIMERS: &[View] = &[Interface, LdpRemotePeer];
/// Where BGP peers stand.
const PEERS: &[View] = &[Bgp, BgpVpnInstance];

/// All rules. The first of two rules that fit a line is meant.
pub const RULES: &[Rule] = &[
    // Moving about.
    operation(&[User], "system-view", Op::SystemView),
    operation(&[User], "system-view immediately", Op::SystemViewImmediately),
    operation(EVERYWHERE, "quit", Op::Quit),
    operation(CONFIGURATION, "return", Op::Return),
    operation(CONFIGURATION, "commit [ label <name> ] [ { description | comment } <text> ]", Op::Commit),
    operation(CONFIGURATION, "commit trial [ <int:60-65535> ]", Op::NotCarriedOut),
    operation(CONFIGURATION, "abort trial", Op::NotCarriedOut),
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
    operation(&[User], "reset bgp vpn-instance <name> ipv4-family { all | <ip> }", Op::ResetProtocol),
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
    operation(EVERYWHERE, "display route-policy [ <name> ]", Op::DisplayRoutePolicy),
    operation(EVERYWHERE, "display ip ip-prefix [ <name> ]", Op::DisplayIpPrefix),
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
    operation(EVERYWHERE, "display mpls ldp interface { <interface> | verbose }", Op::Ask),
    operation(EVERYWHERE, "display mpls ldp remote-peer [ <name> ]", Op::Ask),
    operation(EVERYWHERE, "display mpls ldp lsp [ all ]", Op::Ask),
    operation(
        EVERYWHERE,
        "display mpls lsp [ protocol { ldp | bgp } | include <ip> <length> ] [ verbose ]",
        Op::Ask,
    ),
    operation(EVERYWHERE, "display tunnel-info all", Op::Ask),
    operation(EVERYWHERE, "display bgp peer [ <ip> ] [ verbose ]", Op::Ask),
    operation(
        EVERYWHERE,
        "display bgp routing-table peer <ip> { advertised-routes | received-routes }",
        Op::Ask,
    ),
    operation(
        EVERYWHERE,
        "display bgp vpnv4 { all | vpn-instance <name> } routing-table peer <ip> { advertised-routes | received-routes }",
        Op::Ask,
    ),
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
    operation(
        EVERYWHERE,
        "display bfd statistics session { all | static | static-auto | dynamic | discriminator <int:1-4294967295> | peer-ip <ip> [ vpn-instance <name> ] | session-name <name> }",
        Op::Ask,
    ),
    operation(EVERYWHERE, "display ip vpn-instance [ verbose ] [ <name> ]", Op::Ask),
    operation(EVERYWHERE, "display ip vpn-instance [ <name> ] interface", Op::Ask),
    operation(EVERYWHERE, "display ospf [ <int:1-65535> ] { brief | interface [ <interface> ] }", Op::Ask),
    operation(EVERYWHERE, "display ospf [ <int:1-65535> ] peer [ brief ]", Op::Ask),
    operation(EVERYWHERE, "display ospf [ <int:1-65535> ] { routing | abr-asbr | lsdb }", Op::Ask),
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
    line(&[System], 15, "router id <ip>"),
    block(&[System], 20, "ip vpn-instance <name!>", VpnInstance),
    block(&[System], 30, "bfd", Bfd),
    line(&[System], 40, "mpls lsr-id <ip>"),
    block(&[System], 50, "mpls", Mpls),
    block(&[System], 55, "mpls l2vpn", MplsL2vpn),
    block(&[System], 57, "vsi <name!> [ static | auto ]", Vsi),
    block(&[System], 60, "mpls ldp", MplsLdp),
    block(&[System], 65, "mpls ldp remote-peer <name!>", LdpRemotePeer),
    block(&[System], 70, "interface <interface!>", Interface),
    line(&[System], 80, "load-balance { packet | flow } all"),
    line(&[System], 81, "load-balance { packet | flow } slot! <int:1-255!>"),
    block(&[System], 85, "slot <int:1-255!>", Slot),
    block(&[System], 90, "bgp <asn>", Bgp).creating(&["ipv4-family unicast"]),
    block(&[System], 100, "ospf <int:1-65535!> [ router-id <ip> ] [ vpn-instance <name> ]", Ospf),
    expand(&[System], "ospf", |_| vec!["ospf 1".into()]).without_undo(),
    expand(&[System], "ospf <int:1-65535!> vpn-instance <name> router-id <ip>", |m| {
        let values = m.values();
        let value = |at: usize| values.get(at).copied().unwrap_or_default();
        vec![format!("ospf {} router-id {} vpn-instance {}", value(0), value(2), value(1))]
    }),
    line(
        &[System],
        110,
        "ip route-static [ vpn-instance! <name!> ] <ip!> <mask!> { <ip!> | NULL0! | <interface!> [ <ip!> ] } [ preference <int:1-255> ] [ tag <int:1-4294967295> ] [ track bfd-session <name> | bfd enable ] [ description <text> ]",
    )
    .undone_by(
        "undo ip route-static [ vpn-instance! <name!> ] <ip!> <mask!> [ <ip!> | NULL0! | <interface!> [ <ip!> ] ] [ preference <int:1-255> ] [ tag <int:1-4294967295> ] [ track bfd-session <name> | bfd enable ] [ description <text> ]",
    ),
    line(&[System], 105, "ip route-static default-preference <int:1-255>"),
    block(&[System], 112, "route-policy <name!> { permit | deny } node! <int:0-65535!>", RoutePolicy)
        .undone_by("undo route-policy <name!> [ [ permit | deny ] node! <int:0-65535!> ]"),
    line(
        &[System],
        114,
        "ip ip-prefix <name!> index! <int:1-4294967295!> { permit | deny } <ip> <int:0-32> [ greater-equal <int:0-32> ] [ less-equal <int:0-32> ]",
    )
    .undone_by("undo ip ip-prefix <name!> [ index! <int:1-4294967295!> [ { permit | deny } <ip> <int:0-32> [ greater-equal <int:0-32> ] [ less-equal <int:0-32> ] ] ]"),
    numbered(
        "ip ip-prefix <name> { permit | deny } <ip> <int:0-32> [ greater-equal <int:0-32> ] [ less-equal <int:0-32> ]",
    )
    .undone_by(
        "undo ip ip-prefix <name> { permit | deny } <ip> <int:0-32> [ greater-equal <int:0-32> ] [ less-equal <int:0-32> ]",
    ),
    line(
        &[System],
        115,
        "ip community-filter { basic! | advanced! } <name!> index! <int:1-4294967295!> { permit | deny } <text>",
    )
    .undone_by("undo ip community-filter { basic! | advanced! } <name!> [ index! <int:1-4294967295!> [ { permit | deny } <text> ] ]"),
    numbered("ip community-filter { basic | advanced } <name> { permit | deny } <text>")
        .undone_by("undo ip community-filter { basic | advanced } <name> { permit | deny } <text>"),
    line(
        &[System],
        116,
        "ip community-filter <int:1-199!> index! <int:1-4294967295!> { permit | deny } <text>",
    )
    .undone_by("undo ip community-filter <int:1-199!> [ index! <int:1-4294967295!> [ { permit | deny } <text> ] ]"),
    numbered("ip community-filter <int:1-199> { permit | deny } <text>")
        .undone_by("undo ip community-filter <int:1-199> { permit | deny } <text>"),
    line(
        &[System],
        117,
        "ip as-path-filter <name!> index! <int:1-4294967295!> { permit | deny } <text>",
    )
    .undone_by("undo ip as-path-filter <name!> [ index! <int:1-4294967295!> [ { permit | deny } <text> ] ]"),
    numbered("ip as-path-filter <name> { permit | deny } <text>")
        .undone_by("undo ip as-path-filter <name> { permit | deny } <text>"),
    block(&[System], 118, "tunnel-policy <name!>", TunnelPolicy),
    block(
        &[System],
        120,
        "bfd <name!> bind peer-ip <ip> [ vpn-instance <name> ] [ interface <interface> ] [ source-ip <ip> ] [ auto ]",
        BfdSession,
    )
    .undone_by(
        "undo bfd <name!> [ bind peer-ip <ip> [ vpn-instance <name> ] [ interface <interface> ] [ source-ip <ip> ] [ auto ] ]",
    ),
    block(
        &[System],
        121,
        "bfd <name!> bind ldp-lsp peer-ip <ip> nexthop <ip> [ interface <interface> ] [ auto ]",
        BfdSession,
    )
    .undone_by("undo bfd <name!> [ bind ldp-lsp peer-ip <ip> nexthop <ip> [ interface <interface> ] [ auto ] ]"),
    Rule { effect: Effect::EnterBfdSession, undo: Undo::None, ..line(&[System], 0, "bfd <name!>") },
    // VPN instances.
    line(&[VpnInstance], 10, "description <text>"),
    block(&[VpnInstance], 20, "ipv4-family", VpnInstanceIpv4).creating(&["apply-label per-instance"]),
    line(&[VpnInstanceIpv4], 10, "route-distinguisher <rt>"),
    line(&[VpnInstanceIpv4], 20, "apply-label { per-instance | per-route } [ static <int:16-32767> ]"),
    line(&[VpnInstanceIpv4], 30, "vpn-target <rt!> export-extcommunity!").as_typed(),
    line(&[VpnInstanceIpv4], 40, "vpn-target <rt!> import-extcommunity!").as_typed(),
    expand(&[VpnInstanceIpv4], "vpn-target ( <rt!> )+ [ both ]", |m| targets(m, &["export", "import"])),
    expand(&[VpnInstanceIpv4], "vpn-target <rt!> ( <rt!> )+ export-extcommunity", |m| targets(m, &["export"])),
    expand(&[VpnInstanceIpv4], "vpn-target <rt!> ( <rt!> )+ import-extcommunity", |m| targets(m, &["import"])),
    line(&[VpnInstanceIpv4], 45, "import route-policy <name>"),
    line(&[VpnInstanceIpv4], 46, "export route-policy <name>"),
    line(&[VpnInstanceIpv4], 50, "tnl-policy <name>"),
    // Route policies.
    line(&[RoutePolicy], 5, "description <text>"),
    line(&[RoutePolicy], 10, "if-match ip-prefix <name>"),
    line(&[RoutePolicy], 11, "if-match ip next-hop ip-prefix <name>"),
    line(&[RoutePolicy], 12, "if-match ip route-source ip-prefix <name>"),
    line(&[RoutePolicy], 13, "if-match as-path-filter ( <name> )+"),
    line(&[RoutePolicy], 14, "if-match community-filter <name> [ whole-match ]"),
    line(&[RoutePolicy], 15, "if-match cost <int:0-4294967295>"),
    line(&[RoutePolicy], 16, "if-match tag <int:0-4294967295>"),
    line(&[RoutePolicy], 17, "if-match mpls-label"),
    line(&[RoutePolicy], 20, "apply local-preference <int:0-4294967295>"),
    line(&[RoutePolicy], 21, "apply cost [ + | - ] <int:0-4294967295>"),
    line(&[RoutePolicy], 22, "apply cost-type { type-1 | type-2 }"),
    line(&[RoutePolicy], 23, "apply as-path ( <asn> )+ { additive | overwrite }"),
    line(&[RoutePolicy], 23, "apply as-path none overwrite"),
    line(&[RoutePolicy], 24, "apply community ( <community> )+ [ additive ]"),
    line(&[RoutePolicy], 24, "apply community none"),
    line(&[RoutePolicy], 25, "apply extcommunity ( rt <rt> )+ [ additive ]"),
    line(&[RoutePolicy], 26, "apply ip-address next-hop <ip>"),
    line(&[RoutePolicy], 27, "apply mpls-label"),
    line(&[RoutePolicy], 28, "apply origin { igp | incomplete }"),
    line(&[RoutePolicy], 29, "apply preference <int:1-255>"),
    line(&[RoutePolicy], 30, "apply preferred-value <int:0-65535>"),
    line(&[RoutePolicy], 31, "apply tag <int:0-4294967295>"),
    // Tunnels.
    line(&[TunnelPolicy], 5, "description <text>"),
    line(
        &[TunnelPolicy],
        10,
        "tunnel select-seq ( lsp | cr-lsp | ldp | bgp | te )+ load-balance-number <int:1-64>",
    ),
    // VPLS.
    line(&[Vsi], 5, "description <text>"),
    line(&[Vsi], 6, "mtu <int:328-65535>"),
    line(&[Vsi], 7, "encapsulation { ethernet | vlan }"),
    line(&[Vsi], 8, "control-word { enable | disable }"),
    toggle(&[Vsi], 9, "shutdown"),
    block(&[Vsi], 10, "pwsignal bgp", VsiBgp),
    block(&[Vsi], 11, "pwsignal ldp", VsiLdp),
    line(&[VsiBgp], 10, "route-distinguisher <rt>"),
    line(&[VsiBgp], 20, "vpn-target <rt!> export-extcommunity!").as_typed(),
    line(&[VsiBgp], 21, "vpn-target <rt!> import-extcommunity!").as_typed(),
    expand(&[VsiBgp], "vpn-target ( <rt!> )+ [ both ]", |m| targets(m, &["export", "import"])),
    line(&[VsiBgp], 30, "site <int:0-65534> [ range <int:1-8000> ] [ default-offset <int:0-1> ]"),
    line(&[VsiLdp], 10, "vsi-id <int:1-4294967295>"),
    line(&[VsiLdp], 20, "peer <ip!> [ negotiation-vc-id <int:1-4294967295> ] [ upe ] [ tnl-policy <name> ]"),
    line(&[VsiBgp, VsiLdp], 40, "flow-label { both | send | receive } [ static ]"),
    line(&[MplsL2vpn], 10, "vpls bgp encapsulation { ethernet | vlan }"),
    // Load balancing on a board.
    line(&[Slot], 10, "load-balance hash-fields ip { l2 | l3 | l4 }"),
    // MPLS.
    line(&[Mpls], 10, "label advertise { implicit-null | explicit-null | non-null }"),
    line(&[Mpls], 20, "lsp-trigger { host | all | none | ip-prefix <name> }"),
    line(&[Mpls], 30, "mpls bfd enable"),
    line(&[Mpls], 31, "mpls bfd-trigger host"),
    line(
        &[Mpls],
        32,
        "mpls bfd { min-tx-interval! <int:3-20000> | min-rx-interval! <int:3-20000> | detect-multiplier! <int:3-50> }",
    ),
    line(&[MplsLdp], 10, "graceful-restart"),
    line(&[MplsLdp], 11, "graceful-restart timer { reconnect! | recovery! | neighbor-liveness! } <int:3-3600>"),
    line(&[LdpRemotePeer], 10, "remote-ip <ip>"),
    line(&[LdpRemotePeer], 20, "description <text>"),
    line(&[MplsLdp], 20, "md5-password cipher <ip!> <cipher>").undone_by("undo md5-password [ cipher ] <ip!> [ <cipher> ]"),
    expand(&[MplsLdp], "md5-password { plain | cipher } <ip> <name>", ldp_password),
    line(LDP_TIMERS, 61, "mpls ldp timer { hello-send! | keepalive-send! } <int:1-65535>"),
    line(LDP_TIMERS, 61, "mpls ldp timer hello-hold! <int:3-65535>"),
    line(LDP_TIMERS, 61, "mpls ldp timer keepalive-hold! <int:30-65535>"),
    // Interfaces.
    line(&[Interface, LoopBack], 10, "description <text>"),
    toggle(&[Interface], 20, "shutdown"),
    line(&[Interface], 25, "mtu <int:46-9600>"),
    line(&[Interface], 28, "vlan-type dot1q <int:1-4094>"),
    line(&[Interface, LoopBack], 30, "ip binding vpn-instance <name>"),
    line(&[Interface, LoopBack], 40, "ip address <ip> <mask>"),
    line(&[Interface], 50, "mpls"),
    line(&[Interface], 60, "mpls ldp"),
    line(&[Interface], 61, "mpls ldp transport-address { interface | <interface> }"),
    line(&[Interface], 62, "mpls mtu <int:46-9600>"),
    line(&[Interface, LoopBack], 26, "bandwidth <int:1-1000000000> [ kbps ]"),
    line(&[Interface], 63, "l2 binding vsi <name>"),
    line(&[Interface], 64, "loadbalance packet enable"),
    line(&[Interface], 67, "eth-trunk <int:0-511>"),
    line(
        &[Interface],
        68,
        "load-balance { src-dst-mac | src-dst-ip | packet-all | symmetric-hash [ complement ] }",
    ),
    line(&[Interface], 65, "statistic enable"),
    line(&[Interface], 66, "carrier { up-hold-time! | down-hold-time! } <int:0-86400000>"),
    line(&[Interface, LoopBack], 70, "ospf cost <int:1-65535>"),
    line(&[Interface, LoopBack], 71, "ospf network-type { broadcast | nbma | p2mp | p2p }"),
    line(&[Interface, LoopBack], 73, "ospf timer { hello! | dead! | retransmit! } <int:1-235926000>"),
    line(&[Interface, LoopBack], 74, "ospf dr-priority <int:0-255>"),
    line(&[Interface], 75, "ospf mtu-enable"),
    line(
        &[Interface],
        76,
        "ospf authentication-mode { null | simple { plain <name> | cipher <cipher> } | { md5 | hmac-md5 | hmac-sha256 } <int:1-255> { plain <name> | cipher <cipher> } }",
    ),
    expand(
        &[Interface],
        "ospf authentication-mode { simple | { md5 | hmac-md5 | hmac-sha256 } <int:1-255> } [ cipher ] <name>",
        ospf_key,
    ),
    line(&[Interface, LoopBack], 72, "ospf enable <int:1-65535> area <area>"),
    // OSPF.
    line(&[Ospf], 10, "bandwidth-reference <int:1-2147483648>"),
    line(&[Ospf], 20, "silent-interface <interface!>"),
    line(&[Ospf], 12, "preference <int:1-255>"),
    line(&[Ospf], 13, "preference ase <int:1-255>"),
    line(&[Ospf], 15, "opaque-capability enable"),
    line(&[Ospf], 16, "default cost <int:0-16777214>"),
    line(
        &[Ospf],
        25,
        "default-route-advertise [ always ] ( cost <int:0-16777214> | type <int:1-2> )*",
    ),
    line(
        &[Ospf],
        30,
        "import-route { direct! | static! | bgp! [ permit-ibgp ] } ( cost <int:0-16777214> | type <int:1-2> | tag <int:0-4294967295> | route-policy <name> )*",
    ),
    line(
        &[Ospf],
        31,
        "import-route ospf! <int:1-65535!> ( cost <int:0-16777214> | type <int:1-2> | tag <int:0-4294967295> | route-policy <name> )*",
    ),
    line(&[Ospf], 5, "domain-id { null | <area> }"),
    line(&[Ospf], 6, "domain-id <area!> secondary!"),
    line(&[Ospf], 7, "route-tag <int:0-4294967295>"),
    line(&[Ospf], 8, "vpn-instance-capability simple"),
    line(&[Ospf], 40, "maximum load-balancing <int:1-64>"),
    block(&[Ospf], 50, "area <area!>", OspfArea),
    line(&[OspfArea], 10, "description <text>"),
    line(&[OspfArea], 15, "stub [ no-summary ]"),
    line(&[OspfArea], 16, "default-cost <int:0-16777214>"),
    line(&[OspfArea], 20, "network <ip!> <wildcard!>").as_typed(),
    line(
        &[OspfArea],
        12,
        "authentication-mode { simple { plain <name> | cipher <cipher> } | { md5 | hmac-md5 | hmac-sha256 } <int:1-255> { plain <name> | cipher <cipher> } }",
    ),
    expand(
        &[OspfArea],
        "authentication-mode { simple | { md5 | hmac-md5 | hmac-sha256 } <int:1-255> } [ cipher ] <name>",
        ospf_key,
    ),
    // BGP.
    line(&[Bgp, BgpVpnInstance], 10, "router-id <ip>"),
    line(&[BgpVpnInstance], 9, "as-number <asn>"),
    line(&[Bgp], 11, "graceful-restart"),
    line(&[Bgp, BgpVpnInstance], 12, "timer keepalive <int:0-21845> hold { <int:0-0> | <int:3-65535> }"),
    line(&[Bgp], 13, "private-4-byte-as enable"),
    line(&[Bgp], 18, "group <name!> { internal | external }").creating(&["ipv4-family unicast / peer $1 enable"]),
    expand(&[Bgp], "group <name!>", |m| vec![format!("{} internal", m.canonical())]),
    line(&[BgpVpnInstance], 18, "group <name!> { internal | external }"),
    expand(&[BgpVpnInstance], "group <name!>", |m| vec![format!("{} internal", m.canonical())]),
    line(&[Bgp], 20, "peer <peer!> as-number <asn>")
        .without_undo()
        .creating(&["ipv4-family unicast / peer $1 enable"]),
    line(&[Bgp], 20, "peer <ip!> group <name>").creating(&["ipv4-family unicast / peer $1 enable"]),
    line(&[BgpVpnInstance], 20, "peer <peer!> as-number <asn>").without_undo(),
    line(&[BgpVpnInstance], 20, "peer <ip!> group <name>"),
    line(PEERS, 20, "peer <peer!> connect-interface <interface>"),
    line(PEERS, 20, "peer <peer!> description <text>"),
    line(PEERS, 20, "peer <peer!> ebgp-max-hop [ <int:1-255> ]"),
    line(PEERS, 20, "peer <peer!> bfd enable [ single-hop-prefer ]"),
    line(PEERS, 20, "peer <peer!> bfd block"),
    line(
        PEERS,
        20,
        "peer <peer!> bfd { min-tx-interval! <int:3-20000> | min-rx-interval! <int:3-20000> | detect-multiplier! <int:3-50> }",
    ),
    expand(
        PEERS,
        "peer <peer!> bfd ( min-tx-interval <int:3-20000> | min-rx-interval <int:3-20000> | detect-multiplier <int:3-50> )+",
        bfd_values,
    )
    .undone_by(
        "undo peer <peer!> bfd ( min-tx-interval <int:3-20000> | min-rx-interval <int:3-20000> | detect-multiplier <int:3-50> )+",
    ),
    line(PEERS, 20, "peer <peer!> ignore"),
    line(PEERS, 20, "peer <peer!> timer keepalive <int:0-21845> hold { <int:0-0> | <int:3-65535> }"),
    line(PEERS, 20, "peer <peer!> password cipher <cipher>").undone_by("undo peer <peer!> password [ cipher <cipher> ]"),
    expand(PEERS, "peer <peer!> password { cipher | simple } <name>", password),
    Rule { effect: Effect::RemovePeer, ..line(PEERS, 0, "peer <peer!>") }
        .undone_by("undo peer <peer!> [ as-number <asn> ]"),
    line(&[Bgp], 30, "bestroute as-path-ignore"),
    line(&[Bgp], 31, "compare-different-as-med"),
    block(&[Bgp], 50, "ipv4-family unicast", BgpIpv4).creating(&["undo synchronization"]),
    expand(&[Bgp], "ipv4-family", |_| vec!["ipv4-family unicast".into()]).without_undo(),
    block(&[Bgp], 60, "ipv4-family vpnv4 [ unicast ]", BgpVpnv4).creating(&["policy vpn-target"]),
    block(&[Bgp], 70, "ipv4-family vpn-instance <name!>", BgpVpnInstance),
    block(&[Bgp], 80, "l2vpn-ad-family", BgpL2vpnAd).creating(&["policy vpn-target"]),
    block(&[Bgp], 81, "vpls-family", BgpVpls).creating(&["policy vpn-target"]),
    // Lines of the unicast family that may be typed one view above.
    expand(
        &[Bgp],
        "import-route { direct! | static! } ( med <int:0-4294967295> | route-policy <name> | non-relay-tunnel )*",
        in_unicast,
    ),
    expand(
        &[Bgp],
        "import-route ospf! <int:1-65535!> ( med <int:0-4294967295> | route-policy <name> | non-relay-tunnel )*",
        in_unicast,
    ),
    expand(&[Bgp], "network <ip!> [ <mask!> ] ( route-policy <name> | non-relay-tunnel )*", in_unicast),
    expand(&[Bgp], "maximum load-balancing [ ibgp! | ebgp! ] <int:1-128>", in_unicast),
    expand(&[Bgp], "default local-preference <int:0-4294967295>", in_unicast),
    expand(&[Bgp], "default med <int:0-4294967295>", in_unicast),
    expand(&[Bgp], "peer <peer!> { enable | next-hop-local | reflect-client }", in_unicast),
    expand(&[Bgp], "peer <peer!> { advertise-community | next-hop-invariable | label-route-capability }", in_unicast),
    expand(&[Bgp], "peer <peer!> route-policy <name> { import! | export! }", in_unicast),
    expand(&[Bgp], "peer <peer!> preferred-value <int:0-65535>", in_unicast),
    expand(&[Bgp], "peer <peer!> allow-as-loop [ <int:1-10> ]", in_unicast),
    // Address families.
    toggle(&[BgpIpv4], 10, "synchronization"),
    toggle(&[BgpVpnv4, BgpL2vpnAd, BgpVpls], 10, "policy vpn-target"),
    toggle(FAMILIES, 14, "reflect between-clients"),
    line(FAMILIES, 15, "reflector cluster-id { <ip> | <int:1-4294967295> }"),
    line(IPV4, 22, "default local-preference <int:0-4294967295>"),
    line(IPV4, 23, "default med <int:0-4294967295>"),
    line(IPV4, 24, "default-route imported"),
    line(
        &[BgpIpv4],
        30,
        "import-route { direct! | static! } ( med <int:0-4294967295> | route-policy <name> | non-relay-tunnel )*",
    ),
    line(
        &[BgpIpv4],
        31,
        "import-route ospf! <int:1-65535!> ( med <int:0-4294967295> | route-policy <name> | non-relay-tunnel )*",
    ),
    line(&[BgpIpv4], 35, "network <ip!> [ <mask!> ] ( route-policy <name> | non-relay-tunnel )*"),
    line(
        &[BgpVpnInstance],
        30,
        "import-route { direct! | static! } ( med <int:0-4294967295> | route-policy <name> )*",
    ),
    line(
        &[BgpVpnInstance],
        31,
        "import-route ospf! <int:1-65535!> ( med <int:0-4294967295> | route-policy <name> )*",
    ),
    line(&[BgpVpnInstance], 35, "network <ip!> [ <mask!> ] [ route-policy <name> ]"),
    line(IPV4, 40, "maximum load-balancing [ ibgp! | ebgp! | eibgp! ] <int:1-128> [ ecmp-nexthop-changed ]"),
    line(IPV4, 41, "load-balancing { igp-metric-ignore! | as-path-ignore! | as-path-relax! | eibgp! }"),
    line(IPV4, 42, "preference <int:1-255> <int:1-255> <int:1-255>"),
    line(IPV4, 43, "preference route-policy <name>"),
    line(FAMILIES, 45, "auto-frr"),
    line(&[BgpVpnInstance], 46, "advertise l2vpn evpn"),
    line(&[BgpVpnInstance], 47, "vpn-route cross multipath"),
    line(FAMILIES, 48, "bestroute { as-path-ignore! | igp-metric-ignore! | router-id-ignore! }"),
    toggle(&[BgpIpv4], 50, "peer <peer!> enable"),
    line(&[BgpVpnv4, BgpL2vpnAd, BgpVpls], 50, "peer <peer!> enable"),
    line(PUBLIC_FAMILIES, 50, "peer <ip!> group <name>"),
    line(FAMILIES, 51, "peer <peer!> { next-hop-local! | next-hop-invariable! }"),
    line(FAMILIES, 52, "peer <peer!> reflect-client"),
    line(FAMILIES, 53, "peer <peer!> advertise-community"),
    line(&[BgpIpv4, BgpVpnInstance], 53, "peer <peer!> label-route-capability"),
    line(FAMILIES, 53, "peer <peer!> public-as-only"),
    line(FAMILIES, 53, "peer <peer!> substitute-as"),
    line(IPV4, 53, "peer <peer!> default-route-advertise"),
    line(FAMILIES, 53, "peer <peer!> allow-as-loop [ <int:1-10> ]"),
    line(FAMILIES, 53, "peer <peer!> preferred-value <int:0-65535>"),
    line(FAMILIES, 54, "peer <peer!> route-policy <name> { import! | export! }"),
    line(FAMILIES, 54, "peer <peer!> ip-prefix <name> { import! | export! }"),
    line(FAMILIES, 54, "peer <peer!> as-path-filter <name> { import! | export! }"),
    // BFD.
    line(&[Bfd], 10, "delay-up <int:1-600>"),
    line(&[BfdSession], 10, "description <text>"),
    line(&[BfdSession], 20, "discriminator local <int:1-4294967295>"),
    line(&[BfdSession], 21, "discriminator remote <int:1-4294967295>"),
    line(&[BfdSession], 30, "detect-multiplier <int:3-50>"),
    line(&[BfdSession], 40, "min-tx-interval <int:3-20000>"),
    line(&[BfdSession], 50, "min-rx-interval <int:3-20000>"),
    line(&[BfdSession], 60, "wtr <int:1-60>"),
    line(&[BfdSession], 61, "process-pst"),
    line(&[BfdSession], 62, "tos-exp <int:0-7>"),
    line(&[BfdSession], 70, "shutdown"),
];

fn in_unicast(matched: &Matched) -> Vec<String> {
    vec![format!("ipv4-family unicast / {}", matched.canonical())]
}

fn bfd_values(matched: &Matched) -> Vec<String> {
    let words: Vec<&str> = matched.words.iter().map(|word| word.text.as_str()).collect();
    let peer = words.get(1).copied().unwrap_or_default();
    let values = words.get(3..).unwrap_or_default().chunks(2);
    values
        .map(|pair| format!("peer {peer} bfd {}", pair.join(" ")))
        .collect()
}

/// A key of OSPF is kept ciphered unless it is said to be plain.
fn ospf_key(matched: &Matched) -> Vec<String> {
    let line = matched.canonical();
    let (head, secret) = line.rsplit_once(' ').unwrap_or((line.as_str(), ""));
    let head = head.strip_suffix(" cipher").unwrap_or(head);
    vec![format!("{head} cipher {}", cipher::ciphered(secret))]
}

/// A password is kept ciphered.
fn password(matched: &Matched) -> Vec<String> {
    let values = matched.values();
    let (peer, plain) = (values.first().copied(), values.get(1).copied());
    let peer = peer.unwrap_or_default();
    vec![match plain {
        None => format!("peer {peer} password"),
        Some(plain) => format!("peer {peer} password cipher {}", cipher::ciphered(plain)),
    }]
}

/// The same of LDP.
fn ldp_password(matched: &Matched) -> Vec<String> {
    let values = matched.values();
    let (peer, plain) = (values.first().copied(), values.get(1).copied());
    let (peer, plain) = (peer.unwrap_or_default(), plain.unwrap_or_default());
    vec![format!("md5-password cipher {peer} {}", cipher::ciphered(plain))]
}

fn targets(matched: &Matched, directions: &[&str]) -> Vec<String> {
    let mut targets = matched.values();
    let mut seen = Vec::new();
    targets.retain(|target| {
        !seen.contains(target) && {
            seen.push(*target);
            true
        }
    });
    directions
        .iter()
        .flat_map(|direction| {
            targets
                .iter()
                .map(move |target| format!("vpn-target {target} {direction}-extcommunity"))
        })
        .collect()
}
