//! Forms about BFD sessions.

use super::sessions::{rows, state, which};
use super::{Built, Form, Scope};
use crate::phrase::assertion::{Assertion, RowName, Subject, Which};
use crate::phrase::matcher::Bindings;

const GROUP: &str = "BFD";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "bfd-named",
        group: GROUP,
        scope: Scope::Device,
        syntax: "BFD [session[s]] {names} is/are [not] {bfd-state:state}",
        examples: &[
            "BFD pe1_to_ce1 is Up",
            "BFD pe1_to_ce1 is Down within 1 s",
            "BFD ce1_to_pe1 and ce1_to_pe2 are Up",
            "BFD pe1_to_ce1 is not Up within 1 s after shutdown",
        ],
        doc: "The session of each of these names is there and is in this state. `Down` is not `AdminDown`.",
        build: bfd,
    },
    Form {
        id: "bfd-only",
        group: GROUP,
        scope: Scope::Device,
        syntax: "BFD [session] [is] [not] {bfd-state:state}",
        examples: &["BFD is Down", "BFD Down after shutdown"],
        doc: "The device's only session is in this state. Fails where there is none; inconclusive where there are \
              several: name one.",
        build: bfd,
    },
    Form {
        id: "bfd-every",
        group: GROUP,
        scope: Scope::Device,
        syntax: "every BFD session [on {interface}] is [not] {bfd-state:state}",
        examples: &[
            "every BFD session is Up",
            "every BFD session on GigabitEthernet0/3/0 is Up for 10 s",
        ],
        doc: "Every session, or every one bound to this interface, is in this state. Fails where there is none.",
        build: bfd,
    },
    Form {
        id: "bfd-count",
        group: GROUP,
        scope: Scope::Device,
        syntax: "{count} BFD session[s] [on {interface}] is/are [not] {bfd-state:state}",
        examples: &["2 BFD sessions are Up", "no BFD session is Down"],
        doc: "So many sessions are in this state.",
        build: bfd,
    },
    Form {
        id: "bfd-detection",
        group: GROUP,
        scope: Scope::Device,
        syntax: "BFD [session] [{name}] detects in at most {time}",
        examples: &[
            "BFD pe1_to_ce1 detects in at most 30 ms",
            "BFD detects in at most 50 ms",
        ],
        doc: "The session's detection time as the device prints it, else its multiplier times the actual reception \
              interval. Where neither is printed, or the session is not Up, only the configured minimum is known: it \
              fails where that is too long already, and is inconclusive otherwise, because the other end may \
              negotiate a longer interval.",
        build: detection,
    },
];

fn bfd(bindings: &Bindings) -> Built {
    let names = bound!(bindings, "names", Names).map(|names| names.into_iter().map(RowName::Name).collect());
    let which = match which(bindings, names) {
        Which::Every if !bindings.has("every") => Which::Only,
        which => which,
    };
    Ok(rows(Subject::BfdSessions, which, bindings, state(bindings)?))
}

fn detection(bindings: &Bindings) -> Built {
    Ok(Assertion::BfdDetection {
        session: bound!(bindings, "name", Name),
        at_most: required!(bindings, "time", Time),
    })
}
