//! Forms about ping and traceroute.

use super::{Built, Form, Problem, Scope};
use crate::phrase::assertion::{Assertion, HopTest, PingAssertion, PingTest, TracerouteAssertion, TracerouteTest};
use crate::phrase::matcher::Bindings;

const PING: &str = "Ping";
const TRACEROUTE: &str = "Traceroute";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "ping-loss",
        group: PING,
        scope: Scope::Device,
        syntax: "ping {address} [in {vrf}] loses (nothing|at most {percent}) [and averages below {time}]",
        examples: &[
            "ping 10.1.1.1 in VPNA loses nothing",
            "ping 10.1.1.1 in VPNA loses at most 2 % and averages below 100 ms",
        ],
        doc: "Sends one ping. The loss is counted from the requests sent and the answers received; where nothing was \
              sent, or the printed loss is another, it is inconclusive. The mean round trip is as printed.",
        build: ping,
    },
    Form {
        id: "ping-silence",
        group: PING,
        scope: Scope::Device,
        syntax: "ping {address} [in {vrf}] loses everything",
        examples: &["ping 10.1.1.1 in VPNA loses everything"],
        doc: "Sends one ping, and no answer comes back.",
        build: ping,
    },
    Form {
        id: "ping-fields",
        group: PING,
        scope: Scope::Device,
        syntax: "ping {address} [in {vrf}] has {ping-conditions}",
        examples: &["ping 10.1.1.1 in VPNA has rtt_max_ms below 200 and received at least 4"],
        doc: "Sends one ping; all these conditions on the fields of its result are true.",
        build: ping,
    },
    Form {
        id: "traceroute-hop",
        group: TRACEROUTE,
        scope: Scope::Device,
        syntax: "traceroute {address} [in {vrf}] hop {number} (is [not] {alternatives}|shows {addresses})",
        examples: &[
            "traceroute 10.3.1.2 hop 1 is 10.1.1.2 or 10.2.1.2",
            "traceroute 10.3.1.2 hop 1 is not 10.1.1.2",
            "traceroute 10.3.1.2 hop 1 shows 10.1.1.2 and 10.2.1.2",
        ],
        doc: "`is`: at least one probe of this hop was answered, and every answer came from one of these addresses. \
              `is not`: every probe was answered, and from none of these. `shows`: each of these answered, which shows \
              balancing per packet; inconclusive where one is missing and a probe was lost.",
        build: traceroute,
    },
    Form {
        id: "traceroute-reaches",
        group: TRACEROUTE,
        scope: Scope::Device,
        syntax: "traceroute {address} [in {vrf}] reaches [in {count} hop[s]]",
        examples: &[
            "traceroute 10.3.1.2 reaches in 3 hops",
            "traceroute 10.3.1.2 in VPNA reaches in at most 4 hops",
            "traceroute 10.3.1.2 reaches",
        ],
        doc: "The target itself answers, and at so many hops. A trace that ends early with an answer from another address is \
              inconclusive: that may be the target (a loopback is often answered for by the interface that the probe came \
              in on), which `hop … is …` can assert, or a trace cut short.",
        build: traceroute,
    },
    Form {
        id: "traceroute-fields",
        group: TRACEROUTE,
        scope: Scope::Device,
        syntax: "traceroute {address} [in {vrf}] has {traceroute-conditions}",
        examples: &["traceroute 10.3.1.2 has hops.probes.address contains 10.2.1.2"],
        doc: "All these conditions on the fields of the result are true.",
        build: traceroute,
    },
];

fn ping(bindings: &Bindings) -> Built {
    let test = if let Some(conditions) = bound!(bindings, "ping-conditions", Conditions) {
        PingTest::Has(conditions)
    } else if bindings.has("everything") {
        PingTest::LosesEverything
    } else {
        let at_most = bound!(bindings, "percent", Percent).unwrap_or(0.0);
        if at_most >= 100.0 {
            let message = "losing at most 100 % is always true: say `loses everything`, or a smaller loss";
            return Err(Problem::at(bindings.span("percent"), message));
        }
        PingTest::Loses {
            at_most,
            average_below: bound!(bindings, "time", Time),
        }
    };
    Ok(Assertion::Ping(PingAssertion {
        target: required!(bindings, "address", Address),
        vrf: bound!(bindings, "vrf", Vrf).unwrap_or_default(),
        test,
    }))
}

fn traceroute(bindings: &Bindings) -> Built {
    let test = if let Some(conditions) = bound!(bindings, "traceroute-conditions", Conditions) {
        TracerouteTest::Has(conditions)
    } else if bindings.has("reaches") {
        TracerouteTest::Reaches(bound!(bindings, "count", Count))
    } else {
        let ttl = required!(bindings, "number", Number);
        if !(1..=255).contains(&ttl) {
            return Err(Problem::at(bindings.span("number"), "a hop is a number from 1 to 255"));
        }
        let (test, addresses) = match bound!(bindings, "addresses", Addresses) {
            Some(addresses) => (HopTest::Shows, addresses),
            None if bindings.has("not") => (HopTest::IsNot, required!(bindings, "alternatives", Addresses)),
            None => (HopTest::Is, required!(bindings, "alternatives", Addresses)),
        };
        TracerouteTest::Hop { ttl, test, addresses }
    };
    Ok(Assertion::Traceroute(TracerouteAssertion {
        target: required!(bindings, "address", Address),
        vrf: bound!(bindings, "vrf", Vrf).unwrap_or_default(),
        test,
    }))
}
