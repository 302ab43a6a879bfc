//! How a phrase was understood, for `netverdict explain`.

use std::fmt;

use serde::Serialize;

use super::assertion::{Assertion, Predicate, RouteAssertion, Which};
use super::{CaptureAssertion, ConfigAssertion, LabAssertion, Phrase, PhraseError, Platform, Scope, understand};

/// The command that a phrase needs on a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommandOn {
    /// The platform.
    pub platform: String,
    /// The device, for a phrase between devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The commands, or why there are none.
    pub commands: Result<Vec<String>, String>,
}

/// How a phrase was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The canonical form.
    pub canonical: String,
    /// The form's short name.
    pub form: String,
    /// What it is about.
    pub subject: String,
    /// Which of these.
    pub selector: String,
    /// What must be true of them.
    pub predicate: String,
    /// When.
    pub timing: String,
    /// What is checked, and when it passes, fails or cannot be told.
    pub meaning: String,
    /// What is asked, a platform each.
    pub commands: Vec<CommandOn>,
}

/// Explains a phrase.
///
/// # Errors
/// Those of [`parse`](super::parse).
pub fn explain(text: &str, scope: Scope) -> Result<Explanation, PhraseError> {
    let understood = understand(text, scope)?;
    let phrase = &understood.phrase;
    let (subject, selector, predicate) = parts(&phrase.assertion);
    Ok(Explanation {
        canonical: phrase.to_string(),
        form: understood.form.id.to_owned(),
        subject,
        selector,
        predicate,
        timing: timing(phrase),
        meaning: understood.form.doc.to_owned(),
        commands: commands(phrase),
    })
}

fn commands(phrase: &Phrase) -> Vec<CommandOn> {
    let devices = phrase.devices();
    let asked = |platform: Platform, device: Option<&str>| CommandOn {
        platform: platform.name().to_owned(),
        device: device.map(str::to_owned),
        commands: phrase
            .questions(platform, device.unwrap_or("a device"))
            .map(|questions| questions.into_iter().map(|question| question.command).collect())
            .map_err(|unsupported| unsupported.reason),
    };
    Platform::ALL
        .iter()
        .flat_map(|platform| {
            if devices.is_empty() {
                vec![asked(*platform, None)]
            } else {
                devices.iter().map(|device| asked(*platform, Some(device))).collect()
            }
        })
        .collect()
}

fn timing(phrase: &Phrase) -> String {
    let timing = &phrase.timing;
    let start = timing.after.as_ref().map_or_else(
        || "the start of the step".to_owned(),
        |after| format!("the change `{after}`"),
    );
    match (timing.within, timing.holds_for) {
        (None, None) => format!("asked once, after {start}"),
        (Some(within), None) => format!("becomes true no later than {} after {start}", super::duration(within)),
        (None, Some(holds)) => format!(
            "stays true for {}, from the first answer after {start}",
            super::duration(holds)
        ),
        (Some(within), Some(holds)) => format!(
            "becomes true no later than {} after {start}, and then stays true for {}",
            super::duration(within),
            super::duration(holds)
        ),
    }
}

/// Subject, selector and predicate in words.
fn parts(assertion: &Assertion) -> (String, String, String) {
    match assertion {
        Assertion::Route(route) => {
            let table = if route.vrf().is_public() {
                "the public routing table".to_owned()
            } else {
                format!("the routing table of VPN instance {}", route.vrf())
            };
            let (selector, predicate) = route_parts(route);
            (table, selector, predicate)
        }
        Assertion::Rows(rows) => {
            let (_, several) = rows.subject.nouns();
            let mut selector = match &rows.which {
                Which::Every => "every one, at least one".to_owned(),
                Which::Number(count) => format!("{count} of them"),
                Which::Named(names) => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                Which::Only => "the only one of the device".to_owned(),
            };
            if let Some(interface) = &rows.on {
                selector = format!("{selector}, on {interface}");
            }
            for condition in &rows.conditions {
                selector = format!("{selector}, where {condition}");
            }
            if let super::Subject::BgpPeers { vrf: Some(vrf), .. } = &rows.subject {
                selector = format!("{selector}, in {vrf}");
            }
            let text = rows.to_string();
            let predicate = match &rows.predicate {
                Predicate::Exists => "is there".to_owned(),
                Predicate::Has(conditions) => conditions
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" and "),
                _ => [" is ", " are ", " has ", " have "]
                    .iter()
                    .filter_map(|verb| text.rfind(verb))
                    .max()
                    .map_or_else(|| text.clone(), |at| text[at + 1..].to_owned()),
            };
            (several.to_owned(), selector, predicate)
        }
        Assertion::BfdDetection { session, at_most } => (
            "BFD sessions".to_owned(),
            session
                .clone()
                .unwrap_or_else(|| "the only one of the device".to_owned()),
            format!("detects in at most {}", super::duration(*at_most)),
        ),
        Assertion::VpnInstance(instance) => {
            let text = instance.to_string();
            let head = format!("VPN instance {} ", super::token::name(instance.vrf.as_str()));
            (
                "VPN instances".to_owned(),
                format!("{}, IPv4 family", instance.vrf),
                text.strip_prefix(&head).unwrap_or(&text).to_owned(),
            )
        }
        Assertion::Ping(ping) => predicate_after("ping", &ping.target.to_string(), &ping.vrf, &ping.to_string()),
        Assertion::Traceroute(trace) => {
            predicate_after("traceroute", &trace.target.to_string(), &trace.vrf, &trace.to_string())
        }
        Assertion::Config(config) => config_parts(config),
        Assertion::Lab(lab) => lab_parts(lab),
        Assertion::Capture(capture) => capture_parts(capture),
    }
}

fn predicate_after(what: &str, target: &str, vrf: &crate::value::Vrf, text: &str) -> (String, String, String) {
    let head = format!("{what} {target}{} ", super::assertion::in_vrf(vrf));
    (
        format!("one {what}"),
        format!("to {target}{}", super::assertion::in_vrf(vrf)),
        text.strip_prefix(&head).unwrap_or(text).to_owned(),
    )
}

fn route_parts(route: &RouteAssertion) -> (String, String) {
    let all = super::assertion::all_of;
    match route {
        RouteAssertion::NextHopCount {
            count,
            prefix,
            addresses,
            ..
        } => {
            let mut predicate = count.of("next hop", "next hops");
            if !addresses.is_empty() {
                predicate = format!("{predicate}, exactly {}", all(addresses));
            }
            (format!("next hops that forward to {prefix}"), predicate)
        }
        RouteAssertion::NextHops {
            prefix,
            test,
            addresses,
            ..
        } => (
            format!("next hops that forward to {prefix}"),
            format!("{test:?} {}", all(addresses)).to_lowercase(),
        ),
        RouteAssertion::Route { prefix, clauses, .. } => {
            (format!("the route to {prefix}"), format!("is there{clauses}"))
        }
        RouteAssertion::NoRoute { prefix, .. } => (format!("routes to {prefix}"), route.to_string()),
        RouteAssertion::Traffic { to, .. } => (format!("the longest match for {to}"), route.to_string()),
        RouteAssertion::Totals { .. } | RouteAssertion::FromProtocol { .. } => {
            ("the whole table, a row each next hop".to_owned(), route.to_string())
        }
    }
}

fn config_parts(config: &ConfigAssertion) -> (String, String, String) {
    let selector = if config.under.is_empty() {
        "anywhere".to_owned()
    } else {
        format!("under {}", config.under.join(" / "))
    };
    let whole = ConfigAssertion {
        under: Vec::new(),
        ..config.clone()
    };
    let text = whole.to_string();
    let predicate = text.strip_prefix("config ").unwrap_or(&text).to_owned();
    ("the running configuration".to_owned(), selector, predicate)
}

fn lab_parts(lab: &LabAssertion) -> (String, String, String) {
    let (subject, predicate) = match lab {
        LabAssertion::RdsDiffer { vrf, .. } => (format!("route distinguishers of {vrf}"), "no two are the same"),
        LabAssertion::RouteTargetsAgree { vrf, .. } => (format!("route targets of {vrf}"), "all the same"),
        LabAssertion::StaticLabelsAgree { vrf, .. } => (format!("static labels of {vrf}"), "all the same, and unique"),
        LabAssertion::BfdPair { first, second } => (
            format!("BFD sessions {} and {}", first.0, second.0),
            "are the two ends of one session",
        ),
    };
    (subject, lab.devices().join(", "), predicate.to_owned())
}

fn capture_parts(capture: &CaptureAssertion) -> (String, String, String) {
    let all = "all captures, or those of the point that it stands under".to_owned();
    let subject = match capture {
        CaptureAssertion::Interrupted { .. } => "outages of flows",
        CaptureAssertion::NothingLost { .. } => "lost packets",
        CaptureAssertion::Took { .. } => "phases of the failover",
        CaptureAssertion::SwitchedBeforeWithdrawal { .. } => "order of switch-over and withdrawal",
        CaptureAssertion::Balanced { .. } => "shares of the links",
        CaptureAssertion::Reordering { .. } => "reordered packets",
        CaptureAssertion::OneFlowLabel { .. } | CaptureAssertion::FlowLabelsDiffer => "flow labels",
        CaptureAssertion::VpnLabelStays { .. } => "VPN labels",
    };
    (subject.to_owned(), all, capture.to_string())
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, text) in [
            ("phrase", &self.canonical),
            ("form", &self.form),
            ("subject", &self.subject),
            ("selector", &self.selector),
            ("predicate", &self.predicate),
            ("timing", &self.timing),
        ] {
            writeln!(f, "{label:<10} {text}")?;
        }
        for on in &self.commands {
            let place = match &on.device {
                Some(device) => format!("{} ({})", device, on.platform),
                None => on.platform.clone(),
            };
            match &on.commands {
                Ok(commands) => writeln!(f, "{:<10} {place}: {}", "asks", commands.join("; "))?,
                Err(reason) => writeln!(f, "{:<10} {place}: cannot be asked: {reason}", "asks")?,
            }
        }
        write!(f, "{:<10} {}", "meaning", self.meaning)
    }
}
