//! The failover at a point that is taken apart.

use checks::capture::measure::anatomy::{Anatomy, AnatomyInput, Failover, FlowSwitch, failovers, marks};
use checks::capture::measure::outage::{FlowOutages, Outage, Period};
use checks::capture::measure::{Convergence, Instant, Nanoseconds};
use ipnet::IpNet;

use super::clocks::Clock;
use super::{PointStudy, Study, VALIDATION};

/// Which failover is meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meant {
    /// Flows from the one network to the other, where not all are meant.
    pub only: Option<(IpNet, IpNet)>,
    /// When the failure was, by the clock of the first point, where that is stated.
    pub event: Option<Instant>,
}

/// The longest failover, or the longest that ended after a stated instant; with what contradicts that it was of this instant.
fn taken<'f, 'r>(failovers: &'f [Failover<'r>], event: Option<Instant>) -> (Option<&'f Failover<'r>>, Option<String>) {
    let Some(event) = event else {
        return (failovers.first(), None);
    };
    let mut later = failovers.iter().filter(|failover| failover.ends() >= event.lower);
    let Some(this) = later.next() else {
        return (
            None,
            Some("no flow was interrupted after the stated instant".to_owned()),
        );
    };
    let expected = this.begins().saturating_add(period(&this.outages));
    let before = event.lower.saturating_sub(expected);
    let early = (before > 0).then(|| {
        format!(
            "packets were missing {} before the stated instant already",
            Nanoseconds(before)
        )
    });
    (Some(this), early)
}

/// The longest period of interrupted flows, in nanoseconds.
fn period(interrupted: &[(&FlowOutages, &Outage)]) -> i64 {
    let periods = interrupted.iter().filter_map(|(flow, _)| flow.period);
    periods.map(Period::nanoseconds).max().unwrap_or(0)
}

impl Study {
    /// The failover with the longest interruption that the flows arriving at a point went through, by that point's
    /// clock: of those from one network to another, where that is wanted. Events of other points count where their clocks
    /// can be compared.
    pub fn anatomy(&self, point: &PointStudy, meant: &Meant) -> Anatomy {
        let outages = point.outages_of(meant.only);
        let failovers = failovers(&outages);
        let event = meant.event.and_then(|event| self.by_the_clock_of(point, event));
        let (this, against) = taken(&failovers, event);
        let mut anatomy = Anatomy::of(&AnatomyInput {
            trigger: event,
            ..self.input(point, this)
        });
        anatomy.contradictions.extend(against);
        if meant.event.is_some() && event.is_none() {
            anatomy.notes.push(
                "the stated instant is by the clock of the first point, which cannot be compared with this one: the failure is \
                 told without it"
                    .to_owned(),
            );
        }
        anatomy
    }

    /// An instant by the clock of the first point, by that of another.
    fn by_the_clock_of(&self, point: &PointStudy, event: Instant) -> Option<Instant> {
        let clock = self.clock(point, self.points.first()?);
        let (lower, upper) = (clock.to_reference(event.lower)?, clock.to_reference(event.upper)?);
        Some(Instant::between(lower.lower, upper.upper))
    }

    /// Which of the failovers at a point is meant: the longest, or the longest after the stated instant.
    pub(crate) fn meant_of<'f, 'r>(
        &self,
        point: &PointStudy,
        meant: &Meant,
        failovers: &'f [Failover<'r>],
    ) -> Option<&'f Failover<'r>> {
        let event = meant.event.and_then(|event| self.by_the_clock_of(point, event));
        taken(failovers, event).0
    }

    /// Convergence after the failure by the names of RFC 6412, of the flows that are meant.
    pub fn convergence(&self, point: &PointStudy, meant: &Meant, failure: Instant) -> Convergence {
        let outages = point.outages_of(meant.only);
        let failovers = failovers(&outages);
        let until = self.meant_of(point, meant, &failovers).map_or(i64::MAX, Failover::ends);
        Convergence::after(&outages, failure, until, VALIDATION)
    }

    /// What there is of the longest of the failovers at a point.
    pub(super) fn longest(&self, point: &PointStudy, failovers: &[Failover<'_>]) -> AnatomyInput {
        self.input(point, failovers.first())
    }

    fn input(&self, point: &PointStudy, failover: Option<&Failover<'_>>) -> AnatomyInput {
        let affected = failover.map_or(&[][..], |failover| &failover.outages);
        let switches = affected
            .iter()
            .filter_map(|(flow, outage)| FlowSwitch::of_outage(flow, outage, VALIDATION))
            .collect();
        let clocks: Vec<Clock> = self.points.iter().map(|other| self.clock(point, other)).collect();
        let mut marks = marks(&self.control.events, |point, time| {
            clocks.get(usize::from(point.0))?.to_reference(time)
        });
        marks.absence_doubtful = self.control.absence_is_doubtful().map(|finding| finding.text.clone());
        AnatomyInput {
            trigger: None,
            switches,
            period: period(affected),
            transit: self.transit_to(point, affected),
            marks,
        }
    }
}
