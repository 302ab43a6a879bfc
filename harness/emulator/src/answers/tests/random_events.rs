//! Random networks after random failures: packets never run in a circle, the order of events plays no part, and what
//! is undone leaves no trace.

use proptest::prelude::*;
use proptest::sample::Index;

use super::lab::Computed;
use super::random::{Drawn, drawn};
use crate::fault::Fault;

/// A way to change the network that another of the same kind does not touch.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// The cable of a link is cut.
    Cut(usize),
    /// A router shuts its end of a link down.
    Shutdown(usize),
    /// A router's end of a link has another cost.
    Cost(usize),
    /// A router has another address to announce.
    Loopback(usize),
}

impl Event {
    fn of(drawn: &Drawn, kind: usize, which: Index) -> Self {
        let kinds = [Self::Cut, Self::Shutdown, Self::Cost];
        match kinds.get(kind) {
            Some(event) if !drawn.links.is_empty() => event(which.index(drawn.links.len())),
            _ => Self::Loopback(which.index(drawn.routers)),
        }
    }

    fn key(self) -> (u8, usize) {
        match self {
            Self::Cut(link) => (0, link),
            Self::Shutdown(link) => (1, link),
            Self::Cost(link) => (2, link),
            Self::Loopback(router) => (3, router),
        }
    }

    fn happens(self, lab: &Computed, drawn: &Drawn, undo: bool) {
        let (router, line, undoing) = match self {
            Self::Cut(link) => {
                let (device, interface) = (
                    format!("R{}", drawn.links[link].0),
                    format!("GigabitEthernet0/1/{link}"),
                );
                lab.fault(&device, &interface, if undo { Fault::Mend } else { Fault::Cut });
                return;
            }
            Self::Shutdown(link) => (
                drawn.links[link].0,
                format!("interface GE0/1/{link} / shutdown"),
                format!("interface GE0/1/{link} / undo shutdown"),
            ),
            Self::Cost(link) => (
                drawn.links[link].1,
                format!("interface GE0/1/{link} / ospf cost 9"),
                format!("interface GE0/1/{link} / ospf cost {}", drawn.links[link].3),
            ),
            Self::Loopback(router) => (
                router,
                format!("interface LoopBack5 / ip address 10.5.0.{router} 32"),
                "undo interface LoopBack5".into(),
            ),
        };
        lab.commit_only(&format!("R{router}"), &[if undo { &undoing } else { &line }]);
    }
}

/// The routes of every router.
fn tables(lab: &Computed, drawn: &Drawn) -> Vec<String> {
    (0..drawn.routers)
        .flat_map(|router| lab.routes(&format!("R{router}"), "display ip routing-table"))
        .collect()
}

fn texts(lab: &Computed) -> Vec<String> {
    lab.lab
        .snapshot()
        .iter()
        .map(|text| crate::configuration::print(text))
        .collect()
}

fn events() -> impl Strategy<Value = Vec<(usize, Index, u64)>> {
    prop::collection::vec((0..4_usize, any::<Index>(), 0..40_000_u64), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn events_in_any_order_end_alike_without_a_loop_and_undone_leave_no_trace(drawn in drawn(), events in events()) {
        let mut chosen: Vec<(Event, u64)> = Vec::new();
        for (kind, which, pause) in events {
            let event = Event::of(&drawn, kind, which);
            if chosen.iter().all(|(known, _)| known.key() != event.key()) {
                chosen.push((event, pause));
            }
        }
        let lab = drawn.lab();
        prop_assert!(lab.settles());
        let (before, text_before) = (tables(&lab, &drawn), texts(&lab));
        for (event, pause) in &chosen {
            event.happens(&lab, &drawn, false);
            lab.pass(std::time::Duration::from_millis(*pause));
        }
        prop_assert!(lab.settles());
        let after = tables(&lab, &drawn);

        // A packet arrives or stops at a router without a route: it never comes to a router twice.
        for from in 0..drawn.routers {
            for to in 0..drawn.routers {
                let way = lab.ask(&format!("R{from}"), &format!("tracert 10.0.0.{}", to + 1));
                let hops: Vec<&str> = way
                    .lines()
                    .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("10.1.")))
                    .collect();
                prop_assert!(hops.len() < drawn.routers, "R{} to R{}: {}", from, to, way);
            }
        }

        let other = drawn.lab();
        prop_assert!(other.settles());
        for (event, pause) in chosen.iter().rev() {
            event.happens(&other, &drawn, false);
            other.pass(std::time::Duration::from_millis(40_000 - *pause));
        }
        prop_assert!(other.settles());
        prop_assert_eq!(&after, &tables(&other, &drawn));
        prop_assert_eq!(texts(&lab), texts(&other));

        for (event, _) in &chosen {
            event.happens(&lab, &drawn, true);
        }
        prop_assert!(lab.settles());
        prop_assert_eq!(before, tables(&lab, &drawn));
        prop_assert_eq!(text_before, texts(&lab));
    }
}
