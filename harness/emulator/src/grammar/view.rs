//! The views of the command line and the prompts they show.

/// A view of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// `<PE1>`.
    User,
    /// `[~PE1]`.
    System,
    /// A port or a sub-interface.
    Interface,
    /// A loopback interface.
    LoopBack,
    /// `ospf 1`.
    Ospf,
    /// `area 0.0.0.0`.
    OspfArea,
    /// `mpls`.
    Mpls,
    /// `mpls ldp`.
    MplsLdp,
    /// `ip vpn-instance VPNA`.
    VpnInstance,
    /// Its `ipv4-family`.
    VpnInstanceIpv4,
    /// `bgp 100`.
    Bgp,
    /// Its `ipv4-family unicast`.
    BgpIpv4,
    /// Its `ipv4-family vpnv4`.
    BgpVpnv4,
    /// Its `ipv4-family vpn-instance VPNA`.
    BgpVpnInstance,
    /// `bfd`.
    Bfd,
    /// `bfd NAME bind …`.
    BfdSession,
    /// `route-policy NAME permit node 10`.
    RoutePolicy,
    /// `vsi NAME`.
    Vsi,
    /// Its `pwsignal bgp`.
    VsiBgp,
    /// Its `pwsignal ldp`.
    VsiLdp,
    /// `l2vpn-ad-family` of BGP.
    BgpL2vpnAd,
    /// `vpls-family` of BGP.
    BgpVpls,
    /// `mpls ldp remote-peer NAME`.
    LdpRemotePeer,
    /// `tunnel-policy NAME`.
    TunnelPolicy,
    /// `mpls l2vpn`.
    MplsL2vpn,
    /// `slot 1`.
    Slot,
}

impl View {
    /// What the prompt shows after the prompt of the view above, for a block whose first line identifies it by `identity`.
    pub fn prompt_suffix(self, identity: &[String]) -> String {
        let name = identity.last().map_or("", String::as_str);
        match self {
            Self::User | Self::System => String::new(),
            Self::Interface | Self::LoopBack | Self::BgpVpnInstance => format!("-{name}"),
            Self::Ospf => format!("-ospf-{name}"),
            Self::OspfArea => format!("-area-{name}"),
            Self::Mpls => "-mpls".into(),
            Self::MplsLdp => "-mpls-ldp".into(),
            Self::VpnInstance => format!("-vpn-instance-{name}"),
            Self::VpnInstanceIpv4 | Self::BgpIpv4 => "-af-ipv4".into(),
            Self::Bgp => "-bgp".into(),
            Self::BgpVpnv4 => "-af-vpnv4".into(),
            Self::Bfd => "-bfd".into(),
            Self::BfdSession => format!("-bfd-session-{name}"),
            Self::RoutePolicy => "-route-policy".into(),
            Self::Vsi => format!("-vsi-{name}"),
            Self::VsiBgp => "-bgp".into(),
            Self::VsiLdp => "-ldp".into(),
            Self::BgpL2vpnAd => "-af-l2vpn-ad".into(),
            Self::BgpVpls => "-af-vpls".into(),
            Self::LdpRemotePeer => format!("-mpls-ldp-remote-{name}"),
            Self::TunnelPolicy => format!("-tunnel-policy-{name}"),
            Self::MplsL2vpn => "-l2vpn".into(),
            Self::Slot => format!("-slot-{name}"),
        }
    }
}
