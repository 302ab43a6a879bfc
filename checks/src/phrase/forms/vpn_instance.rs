//! Forms about VPN instances.

use super::{Built, Form, Scope};
use crate::phrase::assertion::{Assertion, VpnInstanceAssertion, VpnInstanceTest};
use crate::phrase::matcher::Bindings;

const GROUP: &str = "VPN instances";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "vpn-instance-rd",
        group: GROUP,
        scope: Scope::Device,
        syntax: "VPN instance {instance} has RD {rd}",
        examples: &["VPN instance VPNA has RD 100:1"],
        doc: "The IPv4 family of the VPN instance has this route distinguisher.",
        build: rd,
    },
    Form {
        id: "vpn-instance-targets",
        group: GROUP,
        scope: Scope::Device,
        syntax: "VPN instance {instance} (imports {targets:imports} [and exports {targets:exports}]|exports \
                 {targets:exports} [and imports {targets:imports}])",
        examples: &[
            "VPN instance VPNA imports 111:1 and exports 111:1",
            "VPN instance VPNA imports 111:1 and 222:1",
            "VPN instance VPNA exports 111:1",
        ],
        doc: "The IPv4 family of the VPN instance imports and exports exactly these route targets, no more and no \
              fewer; a direction that is not said is not looked at.",
        build: targets,
    },
];

fn rd(bindings: &Bindings) -> Built {
    Ok(Assertion::VpnInstance(VpnInstanceAssertion {
        vrf: required!(bindings, "instance", Vrf),
        test: VpnInstanceTest::Rd(required!(bindings, "rd", Rd)),
    }))
}

fn targets(bindings: &Bindings) -> Built {
    Ok(Assertion::VpnInstance(VpnInstanceAssertion {
        vrf: required!(bindings, "instance", Vrf),
        test: VpnInstanceTest::Targets {
            imports: bound!(bindings, "imports", Targets).unwrap_or_default(),
            exports: bound!(bindings, "exports", Targets).unwrap_or_default(),
        },
    }))
}
