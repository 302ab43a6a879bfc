//! Forms that reach every table by the names of its fields.

use super::{Built, Form, Problem, Scope};
use crate::cell::Kind;
use crate::phrase::assertion::{Assertion, Predicate, RowsAssertion, Subject, Which};
use crate::phrase::condition::{Condition, FieldPath, Operand, Relation};
use crate::phrase::error::PhraseError;
use crate::phrase::matcher::Bindings;
use crate::table::TableKind;
use crate::value::Vrf;

const GROUP: &str = "Every table by its fields";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "every-row",
        group: GROUP,
        scope: Scope::Device,
        syntax: "every {table} [in {vrf}] [where {conditions:filter}] has {conditions}",
        examples: &[
            "every bfd session where interface is GigabitEthernet0/3/0 has tx_interval_ms at most 10",
            "every vpn instance has import_rts contains 111:1",
            "every route in VPNA where protocol is static has preference 60",
        ],
        doc: "All conditions after `has` are true of every row for which all conditions after `where` are. Fails where \
              there is no such row. A row that does not print what a condition needs makes it inconclusive. Of routes \
              and LDP sessions, the rows are those of one VPN instance, of the public network unless `in …` or `vrf is …` \
              names another; of BGP peers, those of the families IPv4 unicast and VPNv4.",
        build: every,
    },
    Form {
        id: "row-count",
        group: GROUP,
        scope: Scope::Device,
        syntax: "{count} {table} [in {vrf}] [where {conditions:filter}] [has/have {conditions}]",
        examples: &[
            "no interface where oper_state is up has mtu below 1500",
            "at least 2 bfd sessions where state is up",
            "no route where next_hops.interface contains GE0/3/0",
        ],
        doc: "So many rows satisfy all conditions. Rows of which it cannot be told leave it inconclusive where they \
              could change the verdict, and so does a `where` that picks no row for `has` to look at: that none was \
              found wrong then shows nothing.",
        build: count,
    },
    Form {
        id: "count-of-rows",
        group: GROUP,
        scope: Scope::Device,
        syntax: "count of {table} [in {vrf}] [where {conditions:filter}] [has/have {conditions}] is {count}",
        examples: &[
            "count of route where protocol is bgp and vrf is VPNA is 3",
            "count of configuration lines is at least 10",
        ],
        doc: "The same as `{count} {table} where …`, said the other way round. Routes are counted here as rows of the \
              table, one a prefix and source, whatever the number of next hops.",
        build: count,
    },
    Form {
        id: "version",
        group: GROUP,
        scope: Scope::Device,
        syntax: "version has {version-conditions:conditions}",
        examples: &[r"version has os_version matches /^8\./", "version has model NE40E"],
        doc: "The device's software version satisfies these conditions.",
        build: version,
    },
];

fn every(bindings: &Bindings) -> Built {
    let predicate = Predicate::Has(required!(bindings, "conditions", Conditions));
    build(bindings, Which::Every, predicate)
}

fn count(bindings: &Bindings) -> Built {
    let predicate = bound!(bindings, "conditions", Conditions).map_or(Predicate::Exists, Predicate::Has);
    let which = Which::Number(required!(bindings, "count", Count));
    let bare = predicate == Predicate::Exists && bindings.value("filter").is_none();
    if bare && required!(bindings, "table", Table) == TableKind::Routes {
        if !bindings.has("of") {
            return Err(Problem::OtherForm);
        }
        return Err(Problem::at(
            bindings.span("table"),
            "routes without conditions are counted as the device counts them, one a next hop: write `15 routes`",
        ));
    }
    build(bindings, which, predicate)
}

fn version(bindings: &Bindings) -> Built {
    Ok(Assertion::Rows(RowsAssertion {
        subject: Subject::Table(TableKind::Version),
        which: Which::Every,
        on: None,
        conditions: Vec::new(),
        predicate: Predicate::Has(required!(bindings, "conditions", Conditions)),
    }))
}

fn build(bindings: &Bindings, which: Which, predicate: Predicate) -> Built {
    let table = required!(bindings, "table", Table);
    let mut conditions: Vec<Condition> = bound!(bindings, "filter", Conditions).unwrap_or_default();
    if let Some(vrf) = bound!(bindings, "vrf", Vrf) {
        conditions.insert(0, in_vrf(table, &vrf, bindings)?);
    }
    let has = match &predicate {
        Predicate::Has(has) => has.as_slice(),
        _ => &[],
    };
    within_reach(table, &conditions, has, bindings)?;
    Ok(Assertion::Rows(RowsAssertion {
        subject: Subject::Table(table),
        which,
        on: None,
        conditions,
        predicate,
    }))
}

/// `in VPNA` as a condition on the field `vrf`.
fn in_vrf(table: TableKind, vrf: &Vrf, bindings: &Bindings) -> Result<Condition, PhraseError> {
    match FieldPath::find(table, "vrf") {
        Ok(field) if field.kind == Kind::Text => Ok(Condition {
            field,
            relation: Relation::Is,
            operand: Operand::Text(vrf.as_str().to_owned()),
        }),
        _ => Err(PhraseError::new(
            bindings.span("vrf"),
            format!("rows of the table `{}` have no VPN instance", table.name()),
        )),
    }
}

/// A condition on rows that no command asks for would be true of nothing, and `no …` would pass for that reason alone.
fn within_reach(
    table: TableKind,
    conditions: &[Condition],
    has: &[Condition],
    bindings: &Bindings,
) -> Result<(), PhraseError> {
    let on = |field: &'static str| move |condition: &&Condition| condition.field.name == field;
    let place = |in_has: bool| bindings.span(if in_has { "conditions" } else { "filter" });
    match table {
        TableKind::Routes | TableKind::LdpSessions => {
            let on_vrf: Vec<&Condition> = conditions.iter().filter(on("vrf")).collect();
            let all_named = on_vrf.iter().all(|condition| condition.relation == Relation::Is);
            let one = on_vrf.windows(2).all(|pair| pair[0].operand == pair[1].operand);
            let in_has = has.iter().any(|condition| on("vrf")(&condition));
            if all_named && one && !in_has {
                return Ok(());
            }
            Err(PhraseError::new(
                place(in_has),
                format!(
                    "{} are asked for one VPN instance at a time; name it once, by `in VPNA` or `where vrf is VPNA`",
                    table.plural()
                ),
            ))
        }
        TableKind::OspfNeighbors => {
            let in_has = has.iter().any(|condition| on("vrf")(&condition));
            if !in_has && !conditions.iter().any(|condition| on("vrf")(&condition)) {
                return Ok(());
            }
            let span = if bindings.value("vrf").is_some() {
                bindings.span("vrf")
            } else {
                place(in_has)
            };
            Err(PhraseError::new(
                span,
                "devices do not print the VPN instance of an OSPF neighbor; select by `process_id`",
            ))
        }
        TableKind::BgpPeers => {
            let asked = |condition: &&Condition| {
                condition.relation == Relation::Is
                    && matches!(condition.operand, Operand::Word("ipv4" | "unicast" | "vpn"))
            };
            let of_family = |condition: &&Condition| on("afi")(condition) || on("safi")(condition);
            let in_has = has.iter().any(|condition| of_family(&condition));
            if !in_has && conditions.iter().filter(of_family).all(|condition| asked(&condition)) {
                return Ok(());
            }
            Err(PhraseError::new(
                place(in_has),
                "peers are asked for in the families IPv4 unicast and VPNv4 only; select by `where afi is ipv4`, `where \
                 safi is unicast` or `where safi is vpn`",
            ))
        }
        _ => Ok(()),
    }
}

/// The VPN instance that conditions on routes or LDP sessions name; the public network where they name none.
pub(in crate::phrase) fn routing_table(conditions: &[Condition]) -> Vrf {
    conditions
        .iter()
        .find(|condition| condition.field.name == "vrf")
        .and_then(|condition| match &condition.operand {
            Operand::Text(name) => Some(Vrf::named(name)),
            _ => None,
        })
        .unwrap_or_default()
}
