//! Forms between devices, written under `lab`.

use super::{Built, Form, Problem, Scope};
use crate::phrase::assertion::{Assertion, LabAssertion};
use crate::phrase::matcher::Bindings;

const GROUP: &str = "Between devices (under `lab`)";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "rds-differ",
        group: GROUP,
        scope: Scope::Lab,
        syntax: "RD[s] of {devices} differ for {instance}",
        examples: &["RDs of PE1 and PE2 differ for VPNA"],
        doc: "No two of these devices use the same route distinguisher for the VPN instance, so that a route \
              reflector keeps the routes of each.",
        build: between,
    },
    Form {
        id: "targets-agree",
        group: GROUP,
        scope: Scope::Lab,
        syntax: "route target[s] of {devices} agree for {instance}",
        examples: &["route targets of PE1, PE2 and PE3 agree for VPNA"],
        doc: "All these devices import the same route targets and export the same, at least one each, and import at \
              least one that they export.",
        build: between,
    },
    Form {
        id: "static-labels-agree",
        group: GROUP,
        scope: Scope::Lab,
        syntax: "static VPN label[s] of {devices} agree for {instance}",
        examples: &["static VPN labels of MASG1 and MASG2 agree for VPNA"],
        doc: "Each of these devices has `apply-label per-instance static …` configured for the VPN instance with the \
              same label, and no other VPN instance of any of them has that label.",
        build: between,
    },
    Form {
        id: "bfd-pair",
        group: GROUP,
        scope: Scope::Lab,
        syntax: "BFD [session[s]] {name:first} on {device:first-device} and {name:second} on {device:second-device} \
                 are a pair",
        examples: &["BFD pe1_to_ce1 on PE1 and ce1_to_pe1 on CE1 are a pair"],
        doc: "Each session's remote discriminator is the other's local one, and its peer address is the other's local \
              address where that is printed. Inconclusive where a discriminator is not printed, or no address pair is.",
        build: pair,
    },
];

fn between(bindings: &Bindings) -> Built {
    let devices = required!(bindings, "devices", Names);
    let vrf = required!(bindings, "instance", Vrf);
    if devices.len() < 2 {
        return Err(Problem::at(
            bindings.span("devices"),
            "two devices at least are compared",
        ));
    }
    Ok(Assertion::Lab(if bindings.has("differ") {
        LabAssertion::RdsDiffer { devices, vrf }
    } else if bindings.has("static") {
        LabAssertion::StaticLabelsAgree { devices, vrf }
    } else {
        LabAssertion::RouteTargetsAgree { devices, vrf }
    }))
}

fn pair(bindings: &Bindings) -> Built {
    let first = (
        required!(bindings, "first", Name),
        required!(bindings, "first-device", Name),
    );
    let second = (
        required!(bindings, "second", Name),
        required!(bindings, "second-device", Name),
    );
    if first.1 == second.1 {
        return Err(Problem::at(
            bindings.span("second-device"),
            "the two ends of a session are on two devices",
        ));
    }
    Ok(Assertion::Lab(LabAssertion::BfdPair { first, second }))
}
