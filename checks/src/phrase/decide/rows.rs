//! Decides assertions about the rows of a table.

use super::evidence::{Answer, Reads, Row, answers, lines_of};
use super::row_predicate::predicate;
use super::wording::{clean, counted, some_of};
use super::{Decided, Decision, Observation, all, and, any};
use crate::cell::Cell;
use crate::phrase::assertion::{BgpFamily, Predicate, RowName, RowsAssertion, Subject, Which};
use crate::phrase::condition::{Operand, Relation, cell_text};
use crate::phrase::count::Count;
use crate::phrase::questions::answers_needed;
use crate::phrase::redacted::may_have_been;
use crate::phrase::{Assertion, forms::generic::routing_table};
use crate::table::{Table, TableKind};
use crate::value::InterfaceName;

/// A row, whether it is one of those meant, and whether the predicate is true of it.
struct Judged<'a> {
    assertion: &'a RowsAssertion,
    row: Row<'a>,
    member: Option<bool>,
    holds: Option<bool>,
}

impl<'a> Judged<'a> {
    fn new(assertion: &'a RowsAssertion, row: Row<'a>, fields: &[&str]) -> Self {
        let member = all(assertion
            .conditions
            .iter()
            .map(|condition| condition.holds(row.table(), row.index))
            .chain(assertion.on.as_ref().map(|interface| is_on(&row, interface)))
            .chain([family(&assertion.subject, &row)]));
        let holds = match row.answer.misunderstood(row.span(), fields) {
            Some(_) => None,
            None => predicate(&assertion.subject, &assertion.predicate, &row).0,
        };
        Self {
            assertion,
            row,
            member,
            holds,
        }
    }

    fn satisfies(&self) -> Option<bool> {
        and(self.member, self.holds)
    }

    /// What the row is called, and what it holds where the predicate looks.
    fn in_words(&self) -> String {
        let fields = fields_read(&self.assertion.predicate);
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let said = match self.row.answer.misunderstood(self.row.span(), &fields) {
            Some(why) => format!("({why})"),
            None => predicate(&self.assertion.subject, &self.assertion.predicate, &self.row).1,
        };
        let open = if self.member.is_none() {
            " (whether it is one of those meant cannot be told)"
        } else {
            ""
        };
        format!("{} {said}", label(&self.row)).trim_end().to_owned() + open
    }
}

pub(super) fn decide(
    assertion: &RowsAssertion,
    observations: &[Observation<'_>],
    warnings: &mut Vec<String>,
) -> Decided {
    let selectors = selectors(assertion);
    let selectors: Vec<&str> = selectors.iter().map(String::as_str).collect();
    let fields = fields_read(&assertion.predicate);
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let reads = Reads {
        selectors: &selectors,
        fields: &fields,
    };
    let needed = answers_needed(&Assertion::Rows(assertion.clone()));
    let table = assertion.subject.table();
    let answers = answers(observations, None, table, needed, &reads, warnings)?;
    if let Some(decision) = nothing_to_read(assertion, &answers) {
        return Ok(decision);
    }
    let judged: Vec<Judged<'_>> = answers
        .iter()
        .flat_map(|answer| answer.rows())
        .map(|row| Judged::new(assertion, row, &fields))
        .collect();
    if let Some(stranger) = judged
        .iter()
        .find(|judged| strange_routing_table(assertion, &judged.row))
    {
        return Ok(Decision::doubt(
            format!("{} is not of the VPN instance asked for", label(&stranger.row)),
            lines_of(&answers, &[stranger.row]),
        ));
    }
    Ok(match &assertion.which {
        Which::Every => every(assertion, &answers, &judged),
        Which::Number(count) => number(assertion, *count, &answers, &judged),
        Which::Named(names) => named(assertion, names, &answers, &judged),
        Which::Only => only(assertion, &answers, &judged),
    })
}

/// A configuration or a version without rows was not read at all.
fn nothing_to_read(assertion: &RowsAssertion, answers: &[Answer<'_>]) -> Option<Decision> {
    let kind = assertion.subject.table();
    let empty = answers.iter().all(|answer| answer.parsed.table.is_empty());
    (empty && matches!(kind, TableKind::Configuration | TableKind::Version))
        .then(|| Decision::doubt(format!("the answer holds no {}", kind.name()), lines_of(answers, &[])))
}

/// Routes and LDP sessions are asked for one VPN instance at a time; a row of another means that the answer is not what
/// was asked for.
fn strange_routing_table(assertion: &RowsAssertion, row: &Row<'_>) -> bool {
    matches!(assertion.subject.table(), TableKind::Routes | TableKind::LdpSessions)
        && match row.cell("vrf") {
            Cell::Text(vrf) => vrf != routing_table(&assertion.conditions).as_str(),
            _ => false,
        }
}

fn every(assertion: &RowsAssertion, answers: &[Answer<'_>], judged: &[Judged<'_>]) -> Decision {
    let (one, several) = assertion.subject.nouns();
    let sure: Vec<&Judged<'_>> = judged.iter().filter(|judged| judged.member == Some(true)).collect();
    let wrong: Vec<&Judged<'_>> = sure
        .iter()
        .copied()
        .filter(|judged| judged.holds == Some(false))
        .collect();
    if !wrong.is_empty() {
        let total = counted(sure.len() as u64, one, several);
        return Decision::fail(
            format!("{} of {total}: {}", wrong.len(), words(&wrong)),
            lines_of(answers, &rows(&wrong)),
        );
    }
    let doubtful: Vec<&Judged<'_>> = judged
        .iter()
        .filter(|judged| judged.member != Some(false) && judged.holds != Some(true))
        .collect();
    let maybe: Vec<&Judged<'_>> = judged.iter().filter(|judged| judged.member.is_none()).collect();
    if !doubtful.is_empty() || (sure.is_empty() && !maybe.is_empty()) {
        let doubtful = if doubtful.is_empty() { maybe } else { doubtful };
        return Decision::doubt(
            format!("it cannot be told of {}", words(&doubtful)),
            lines_of(answers, &rows(&doubtful)),
        );
    }
    if sure.is_empty() {
        let of = if judged.is_empty() {
            String::new()
        } else {
            format!(
                " among {}: {}",
                counted(judged.len() as u64, "row", "rows"),
                some_of(judged, |judged| label(&judged.row))
            )
        };
        return Decision::fail(format!("nothing to check: no {one}{of}"), lines_of(answers, &[]));
    }
    Decision::of(
        Some(true),
        format!("{}: {}", counted(sure.len() as u64, one, several), words(&sure)),
        lines_of(answers, &rows(&sure)),
    )
}

fn number(assertion: &RowsAssertion, count: Count, answers: &[Answer<'_>], judged: &[Judged<'_>]) -> Decision {
    let (one, several) = assertion.subject.nouns();
    let truths = if matches!(assertion.subject, Subject::BgpPeers { family: None, .. }) {
        by_peer(count, judged)
    } else {
        judged.iter().map(Judged::satisfies).collect()
    };
    let low = truths.iter().filter(|truth| **truth == Some(true)).count() as u64;
    let high = truths.iter().filter(|truth| **truth != Some(false)).count() as u64;
    let truth = count.holds_between(low, high);
    if truth == Some(true)
        && high == 0
        && let Some(nothing) = nothing_meant(assertion, judged)
    {
        return Decision::doubt(nothing, lines_of(answers, &[]));
    }
    let satisfying: Vec<&Judged<'_>> = judged
        .iter()
        .filter(|judged| judged.satisfies() == Some(true))
        .collect();
    let open: Vec<&Judged<'_>> = judged.iter().filter(|judged| judged.satisfies().is_none()).collect();
    let mut actual = match (&assertion.predicate, low) {
        (Predicate::Exists, _) => counted(low, one, several),
        (_, 0) => format!("no such {one}"),
        (_, 1) => format!("1 such {one}"),
        _ => format!("{low} such {several}"),
    };
    if !satisfying.is_empty() {
        actual = format!("{actual}: {}", words(&satisfying));
    }
    let others: Vec<&Judged<'_>> = judged
        .iter()
        .filter(|judged| judged.member == Some(true) && judged.holds == Some(false))
        .collect();
    if truth != Some(true) && !others.is_empty() {
        actual = format!("{actual}; others: {}", words(&others));
    }
    if !open.is_empty() && truth.is_none() {
        actual = format!("{actual}; it cannot be told of {}", words(&open));
    }
    let deciding = match truth {
        None => open,
        Some(_) => satisfying,
    };
    Decision::of(truth, actual, lines_of(answers, &rows(&deciding)))
}

/// Why it proves nothing that no row satisfies all conditions: there is none that could have, or what they name is
/// nowhere in the answer and may be misspelt.
fn nothing_meant(assertion: &RowsAssertion, judged: &[Judged<'_>]) -> Option<String> {
    let (one, _) = assertion.subject.nouns();
    let selects = !assertion.conditions.is_empty() || assertion.on.is_some();
    let meant = judged.iter().any(|judged| judged.member != Some(false));
    if selects && !meant && assertion.predicate != Predicate::Exists {
        return Some(format!(
            "nothing to check: none of {} is such a {one}",
            counted(judged.len() as u64, "row", "rows")
        ));
    }
    // Routes and LDP sessions are asked for by VPN instance, and a device refuses one that it does not have.
    if matches!(assertion.subject.table(), TableKind::Routes | TableKind::LdpSessions) {
        return None;
    }
    let vrf = match &assertion.subject {
        Subject::BgpPeers { vrf: Some(vrf), .. } => Some(vrf.as_str()),
        _ => assertion
            .conditions
            .iter()
            .find_map(|condition| match &condition.operand {
                Operand::Text(vrf) if condition.field.name == "vrf" && condition.relation == Relation::Is => {
                    Some(vrf.as_str())
                }
                _ => None,
            }),
    }?;
    let there = judged
        .iter()
        .any(|judged| matches!(judged.row.cell("vrf"), Cell::Text(have) if have == vrf));
    (!there && vrf != "default").then(|| {
        format!(
            "no {one} of VPN instance {} is printed, nor anything else of it; nothing shows that there is such an \
             instance. `VPN instance {0} has RD …` can tell",
            clean(vrf)
        )
    })
}

/// Peers enabled in several families, once each. A wish for few needs that no family satisfies, one for many that all
/// do.
fn by_peer(count: Count, judged: &[Judged<'_>]) -> Vec<Option<bool>> {
    let mut peers: Vec<(String, Vec<Option<bool>>)> = Vec::new();
    for judged in judged.iter().filter(|judged| judged.member != Some(false)) {
        let key = format!("{} {}", text(&judged.row, "vrf"), text(&judged.row, "peer"));
        let truth = judged.satisfies();
        match peers.iter_mut().find(|(known, _)| *known == key) {
            Some((_, truths)) => truths.push(truth),
            None => peers.push((key, vec![truth])),
        }
    }
    let few = matches!(count, Count::AtMost(_) | Count::Exactly(0));
    peers
        .into_iter()
        .map(|(_, truths)| if few { any(truths) } else { all(truths) })
        .collect()
}

fn named(assertion: &RowsAssertion, names: &[RowName], answers: &[Answer<'_>], judged: &[Judged<'_>]) -> Decision {
    let (one, several) = assertion.subject.nouns();
    let mut truths = Vec::new();
    let mut said = Vec::new();
    let mut deciding = Vec::new();
    for name in names {
        let mut found = Vec::new();
        let mut possible = Vec::new();
        for judged in judged {
            match and(judged.member, is_named(assertion, &judged.row, name)) {
                Some(true) => found.push(judged),
                None => possible.push(judged),
                Some(false) => {}
            }
        }
        if found.is_empty() && possible.is_empty() {
            truths.push(Some(false));
            said.push(format!("no {one} {}", plain(name)));
        } else if found.is_empty() {
            truths.push(None);
            said.push(format!(
                "whether {one} {} is there cannot be told: {}",
                plain(name),
                words(&possible)
            ));
        } else {
            truths.push(all(found.iter().map(|judged| judged.holds)));
            said.push(words(&found));
        }
        deciding.extend(found.iter().chain(&possible).map(|judged| judged.row));
    }
    let mut actual = said.join(", ");
    if deciding.is_empty() {
        let there = some_of(judged, Judged::in_words);
        actual = if there.is_empty() {
            format!("{actual}; there are no {several} at all")
        } else {
            format!("{actual}; there are: {there}")
        };
    }
    Decision::of(all(truths), actual, lines_of(answers, &deciding))
}

fn only(assertion: &RowsAssertion, answers: &[Answer<'_>], judged: &[Judged<'_>]) -> Decision {
    let (one, several) = assertion.subject.nouns();
    match judged {
        [] => Decision::fail(format!("no {one}"), lines_of(answers, &[])),
        [only] => Decision::of(only.satisfies(), only.in_words(), lines_of(answers, &[only.row])),
        _ => Decision::doubt(
            format!(
                "there are {} {several}, name one: {}",
                judged.len(),
                some_of(judged, |judged| label(&judged.row))
            ),
            lines_of(answers, &[]),
        ),
    }
}

fn rows<'a>(judged: &[&Judged<'a>]) -> Vec<Row<'a>> {
    judged.iter().map(|judged| judged.row).collect()
}

fn words(judged: &[&Judged<'_>]) -> String {
    some_of(judged, |judged| judged.in_words())
}

fn plain(name: &RowName) -> String {
    match name {
        RowName::Name(text) => clean(text),
        other => other.to_string(),
    }
}

/// Fields by which rows are picked.
fn selectors(assertion: &RowsAssertion) -> Vec<String> {
    let mut fields: Vec<String> = assertion
        .conditions
        .iter()
        .flat_map(|condition| condition.field.aliases())
        .map(str::to_owned)
        .collect();
    let mut also = |names: &[&str]| fields.extend(names.iter().map(|name| (*name).to_owned()));
    if matches!(assertion.which, Which::Named(_)) {
        also(&[key(&assertion.subject)]);
    }
    if assertion.on.is_some() {
        also(&["interface"]);
    }
    if matches!(assertion.subject, Subject::BgpPeers { .. }) {
        also(&["vrf", "afi", "safi", "peer"]);
    }
    if assertion.subject == Subject::Table(TableKind::Routes) {
        also(&["vrf", "prefix"]);
    }
    if let (Which::Number(_), Predicate::Has(_)) = (&assertion.which, &assertion.predicate) {
        fields.extend(fields_read(&assertion.predicate));
    }
    fields
}

/// Fields that a predicate reads.
fn fields_read(predicate: &Predicate) -> Vec<String> {
    let names: &[&str] = match predicate {
        Predicate::Exists => &[],
        Predicate::State { .. } => &[
            "state",
            "oper_state",
            "admin_state",
            "protocol_state",
            "raw_phy",
            "raw_protocol",
            "being_deleted",
        ],
        Predicate::Errors { .. } => &["in_errors", "out_errors"],
        Predicate::PrefixesReceived(_) => &["prefixes_received"],
        Predicate::Has(conditions) => {
            return conditions
                .iter()
                .flat_map(|condition| condition.field.aliases())
                .map(str::to_owned)
                .collect();
        }
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The field that names a row.
fn key(subject: &Subject) -> &'static str {
    match subject {
        Subject::LdpSessions => "peer_lsr_id",
        Subject::BgpPeers { .. } => "peer",
        Subject::OspfNeighbors => "router_id",
        Subject::BfdSessions | Subject::Interfaces | Subject::Table(_) => "name",
    }
}

fn is_named(assertion: &RowsAssertion, row: &Row<'_>, name: &RowName) -> Option<bool> {
    match (row.cell(key(&assertion.subject)), name) {
        (Cell::Address(have), RowName::Address(want)) => Some(have == *want),
        (Cell::Text(have), RowName::Name(want)) => {
            (have == want.as_str() || !may_have_been(&have, want)).then_some(have == want.as_str())
        }
        (Cell::Interface(have), RowName::Interface(want)) => Some(have.as_ref() == want),
        _ => None,
    }
}

fn is_on(row: &Row<'_>, interface: &InterfaceName) -> Option<bool> {
    match row.cell("interface") {
        Cell::Interface(have) => Some(have.as_ref() == interface),
        _ => None,
    }
}

/// Whether a BGP peer is of the family and instance that the phrase is about.
fn family(subject: &Subject, row: &Row<'_>) -> Option<bool> {
    let Subject::BgpPeers { family, vrf } = subject else {
        return Some(true);
    };
    let is = |field: &str, want: &str| match row.cell(field) {
        Cell::Word(have) => Some(have == want),
        Cell::Text(have) => (have == want || !may_have_been(&have, want)).then_some(have == want),
        _ => None,
    };
    match (family, vrf) {
        (Some(BgpFamily::Ipv4), _) => all([is("vrf", "default"), is("afi", "ipv4"), is("safi", "unicast")]),
        (Some(BgpFamily::Vpnv4), _) => all([is("vrf", "default"), is("afi", "ipv4"), is("safi", "vpn")]),
        (None, Some(vrf)) => is("vrf", vrf.as_str()),
        (None, None) => Some(true),
    }
}

fn text(row: &Row<'_>, field: &str) -> String {
    cell_text(&row.cell(field))
}

/// What a row is called.
pub(super) fn label(row: &Row<'_>) -> String {
    let first = |fields: &[&str]| {
        fields
            .iter()
            .map(|field| row.cell(field))
            .find(|cell| *cell != Cell::Absent)
            .map(|cell| clean(&cell_text(&cell)))
    };
    let name = match row.table().kind() {
        TableKind::LdpSessions => first(&["peer_lsr_id"]),
        TableKind::BgpPeers => first(&["peer"]),
        TableKind::OspfNeighbors => first(&["router_id", "address"]),
        TableKind::BfdSessions => first(&["name", "peer_address", "local_discriminator"]),
        TableKind::VpnInstances | TableKind::Interfaces => first(&["name"]),
        TableKind::Routes => first(&["prefix"]),
        TableKind::Configuration => first(&["text"]).map(|text| format!("`{text}`")),
        TableKind::Version => first(&["release", "model"]),
        TableKind::Ping | TableKind::Traceroute => first(&["target"]),
    };
    let name = name.unwrap_or_else(|| format!("the row at line {}", row.span().first));
    match (row.table().kind(), row.cell("vrf")) {
        (TableKind::BgpPeers, Cell::Text(vrf)) if vrf != "default" => format!("{name} in {}", clean(&vrf)),
        (TableKind::BgpPeers, _) if row.cell("safi") == Cell::Word("vpn") => format!("{name} (VPNv4)"),
        (TableKind::OspfNeighbors, _) => match row.cell("interface") {
            Cell::Interface(interface) => format!("{name} on {interface}"),
            _ => name,
        },
        _ => name,
    }
}
