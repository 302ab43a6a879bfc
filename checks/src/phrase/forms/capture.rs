//! Forms about captures, written under `lab` or under the name of a point of observation.

use super::{Built, Form, Problem, Scope};
use crate::phrase::assertion::{
    Assertion, BalanceMode, Bound, CaptureAssertion, FlowSelection, Phase, WithdrawalProtocol,
};
use crate::phrase::matcher::Bindings;

const GROUP: &str = "Captures (under `lab`, or under a point of observation)";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "traffic-interrupted",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "traffic ({prefix:from} -> {prefix:to}|between {prefix:from} and {prefix:to}) is interrupted for \
                 (less than|at most|more than|at least) {time}",
        examples: &[
            "traffic 10.3.1.2 -> 1.1.1.1 is interrupted for less than 50 ms",
            "traffic between 10.3.1.0/24 and 1.1.1.1 is interrupted for at most 50 ms",
        ],
        doc: "The longest outage of each of these flows, measured at the point nearest to where they go: by sequence \
              numbers where packets carry them, else by gaps. `less than` and `at most` pass when the upper bound of \
              every flow's longest outage is within the limit and fail when a lower bound is beyond it; `more than` and \
              `at least` want it of one flow. In between, with no such flow, with packets that the capture dropped, or \
              where a flow may have ended because its sender did, it is inconclusive.",
        build: interrupted,
    },
    Form {
        id: "every-flow-interrupted",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "(no flow|every flow) is interrupted for (less than|at most|more than|at least) {time}",
        examples: &[
            "no flow is interrupted for more than 50 ms",
            "every flow is interrupted for less than 50 ms",
        ],
        doc: "The same of all flows that the captures show. A capture without flows is inconclusive.",
        build: interrupted,
    },
    Form {
        id: "nothing-lost",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "nothing is lost [(between {prefix:from} and {prefix:to}|from {prefix:from} to {prefix:to})]",
        examples: &["nothing is lost between 10.3.1.2 and 1.1.1.1", "nothing is lost"],
        doc: "No sequence number is missing in any of these flows. Flows without sequence numbers, or a capture that \
              dropped packets, leave it inconclusive.",
        build: nothing_lost,
    },
    Form {
        id: "phase-took",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "(detection|propagation|switch-over|recovery) took (less than|at most|more than|at least) {time}",
        examples: &["detection took at most 30 ms", "recovery took less than 50 ms"],
        doc: "A phase of the only failover in the captures. `detection`: from the failure to the first BFD packet that \
              reports it. `propagation`: from there to the last message that carries it. `switch-over`: from there to \
              the first packet on the new path. `recovery`: from the failure until every flow arrives again and stays. \
              Inconclusive where an instant cannot be seen, or its bounds reach over the limit.",
        build: took,
    },
    Form {
        id: "switched-before-withdrawal",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "switch-over happened before the (BGP|LDP|OSPF) withdrawal",
        examples: &["switch-over happened before the BGP withdrawal"],
        doc: "The first packet on the new path of every affected flow came before the message that withdraws the old \
              path, clock bounds included: local repair, not reconvergence. Inconclusive where no withdrawal is seen.",
        build: before_withdrawal,
    },
    Form {
        id: "balanced",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "(flows are balanced (per flow|symmetrically)|packets are balanced (per packet|round robin)) over \
                 {names:links}",
        examples: &[
            "flows are balanced per flow over ce1-pe1 and ce1-pe2",
            "packets are balanced per packet over ce1-pe1 and ce1-pe2",
            "packets are balanced round robin over ce1-pe1 and ce1-pe2",
            "flows are balanced symmetrically over ce1-pe1 and ce1-pe2",
        ],
        doc: "How the load is shared among these links. `per flow`: no flow uses two links, and flows spread as evenly \
              as chance would have it. `per packet`: flows use all links. `round robin`: links take turns, over all \
              packets or within each flow, and one packet out of turn that no missing packet explains is too many. \
              `symmetrically`: both directions of each flow \
              use the same link. Inconclusive where there are too few flows or packets to tell it from chance; the \
              number needed is said.",
        build: balanced,
    },
    Form {
        id: "reordering",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "reordering [(between {prefix:from} and {prefix:to}|from {prefix:from} to {prefix:to})] is \
                 (below|at most) {percent}",
        examples: &[
            "reordering is below 0.1 %",
            "reordering from 10.3.1.2 to 1.1.1.1 is at most 1 %",
        ],
        doc: "The share of packets that arrive after one sent later (RFC 4737), duplicates not counted, in each of \
              these flows. Inconclusive without sequence numbers.",
        build: reordering,
    },
    Form {
        id: "one-flow-label",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "every flow of VSI {name:vsi} keeps one flow label",
        examples: &["every flow of VSI v1 keeps one flow label"],
        doc: "Each flow within the VSI's pseudowires carries one flow label, at the bottom of the stack, in every packet, and \
              no reserved one (0 to 15). The labels of its pseudowires must be stated, as no packet tells a flow label from \
              them. Inconclusive where all flows have the same one, or where packets below these labels cannot be read.",
        build: one_flow_label,
    },
    Form {
        id: "flow-labels-differ",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "flow label[s] differ between flow[s]",
        examples: &["flow labels differ between flows"],
        doc: "Flows within pseudowires carry different flow labels; those of two in many may coincide by chance. Fails where all \
              have the same one, or packets have none. Inconclusive with fewer than two flows, and, unless everything is the \
              same, where the labels of the pseudowires are not stated.",
        build: |_| Ok(Assertion::Capture(CaptureAssertion::FlowLabelsDiffer)),
    },
    Form {
        id: "vpn-label-stays",
        group: GROUP,
        scope: Scope::Capture,
        syntax: "VPN label stays {number:label} through the failover",
        examples: &["VPN label stays 1025 through the failover"],
        doc: "The last label of all flows that go where flows with this label go is this one in every packet (entropy labels \
              aside), before and after the failover. Inconclusive where nothing shows a failover: no flow took another path \
              (labels above it, link) or was interrupted; or where a flow never came back.",
        build: vpn_label,
    },
];

fn bound(bindings: &Bindings) -> Bound {
    if bindings.has("less") || bindings.has("below") {
        Bound::LessThan
    } else if bindings.has("more") {
        Bound::MoreThan
    } else if bindings.has("least") {
        Bound::AtLeast
    } else {
        Bound::AtMost
    }
}

fn selection(bindings: &Bindings) -> Result<FlowSelection, Problem> {
    let ends = bound!(bindings, "from", Prefix).zip(bound!(bindings, "to", Prefix));
    let Some((from, to)) = ends else {
        return Ok(FlowSelection::All);
    };
    if from.addr().is_ipv4() != to.addr().is_ipv4() {
        return Err(Problem::at(bindings.span("to"), "both ends are of one address family"));
    }
    if !bindings.has("between") {
        return Ok(FlowSelection::From(from, to));
    }
    if from == to {
        return Err(Problem::at(bindings.span("to"), "the two ends are the same"));
    }
    Ok(FlowSelection::Between(from, to))
}

fn interrupted(bindings: &Bindings) -> Built {
    let bound = bound(bindings);
    let limit = required!(bindings, "time", Time);
    let negated = bindings.has("no");
    if limit.is_zero() && matches!(bound, Bound::LessThan | Bound::AtLeast) {
        return Err(Problem::at(
            bindings.span("time"),
            "a time longer than nothing belongs here",
        ));
    }
    if negated && matches!(bound, Bound::LessThan | Bound::AtMost) {
        let message = "`no flow …` goes with `more than` or `at least`; say `every flow is interrupted for …`";
        return Err(Problem::at(bindings.span("no"), message));
    }
    if bindings.has("every") && matches!(bound, Bound::MoreThan | Bound::AtLeast) {
        let message = "`every flow …` goes with `less than` or `at most`; say `no flow is interrupted for …`";
        return Err(Problem::at(bindings.span("every"), message));
    }
    Ok(Assertion::Capture(CaptureAssertion::Interrupted {
        flows: selection(bindings)?,
        bound,
        limit,
        negated,
    }))
}

fn nothing_lost(bindings: &Bindings) -> Built {
    Ok(Assertion::Capture(CaptureAssertion::NothingLost {
        flows: selection(bindings)?,
    }))
}

fn took(bindings: &Bindings) -> Built {
    let phase = if bindings.has("detection") {
        Phase::Detection
    } else if bindings.has("propagation") {
        Phase::Propagation
    } else if bindings.has("switch-over") {
        Phase::SwitchOver
    } else {
        Phase::Recovery
    };
    Ok(Assertion::Capture(CaptureAssertion::Took {
        phase,
        bound: bound(bindings),
        limit: required!(bindings, "time", Time),
    }))
}

fn before_withdrawal(bindings: &Bindings) -> Built {
    let protocol = if bindings.has("BGP") {
        WithdrawalProtocol::Bgp
    } else if bindings.has("LDP") {
        WithdrawalProtocol::Ldp
    } else {
        WithdrawalProtocol::Ospf
    };
    Ok(Assertion::Capture(CaptureAssertion::SwitchedBeforeWithdrawal {
        protocol,
    }))
}

fn balanced(bindings: &Bindings) -> Built {
    let links = required!(bindings, "links", Names);
    if links.len() < 2 {
        return Err(Problem::at(
            bindings.span("links"),
            "load is balanced over two links at least",
        ));
    }
    let mode = if bindings.has("symmetrically") {
        BalanceMode::Symmetric
    } else if bindings.has("robin") {
        BalanceMode::RoundRobin
    } else if bindings.has("packet") {
        BalanceMode::PerPacket
    } else {
        BalanceMode::PerFlow
    };
    Ok(Assertion::Capture(CaptureAssertion::Balanced { mode, links }))
}

fn reordering(bindings: &Bindings) -> Built {
    Ok(Assertion::Capture(CaptureAssertion::Reordering {
        flows: selection(bindings)?,
        bound: bound(bindings),
        percent: required!(bindings, "percent", Percent),
    }))
}

fn one_flow_label(bindings: &Bindings) -> Built {
    Ok(Assertion::Capture(CaptureAssertion::OneFlowLabel {
        vsi: required!(bindings, "vsi", Name),
    }))
}

fn vpn_label(bindings: &Bindings) -> Built {
    let label = required!(bindings, "label", Number);
    match u32::try_from(label).ok().filter(|label| (16..1 << 20).contains(label)) {
        Some(label) => Ok(Assertion::Capture(CaptureAssertion::VpnLabelStays { label })),
        None => Err(Problem::at(
            bindings.span("label"),
            "a VPN label is a number from 16 to 1048575",
        )),
    }
}
