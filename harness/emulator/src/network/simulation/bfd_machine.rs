//! BFD in time: the state machine of RFC 5880, single hop (RFC 5881), asynchronous mode.
//!
//! While nothing changes no packet is an event: rows of packets have their times from a [`Schedule`], and what a
//! receiver will have heard when follows from the row and the condition of the link.

use super::bfd_reception::Listening;
use super::bfd_record::BfdRecord;
use super::event::BfdEnd;
use super::message::{BfdPacket, Travels};
use super::moment::Moment;
use super::schedule::Schedule;
use crate::network::bfd::{BfdSession, BfdState, Negotiated};

/// Local diagnostics (RFC 5880 §4.1).
pub(super) const NO_DIAGNOSTIC: u8 = 0;
pub(super) const DETECTION_TIME_EXPIRED: u8 = 1;
pub(super) const NEIGHBOUR_SIGNALLED_DOWN: u8 = 3;
pub(super) const PATH_DOWN: u8 = 5;
pub(super) const ADMINISTRATIVELY_DOWN: u8 = 7;

/// A session of a device.
#[derive(Debug, Clone)]
pub struct BfdMachine {
    pub(super) session: BfdSession,
    pub(super) counterpart: Option<BfdEnd>,
    pub(super) state: BfdState,
    pub(super) diagnostic: u8,
    pub(super) remote: Option<BfdPacket>,
    /// A change of timers that the other end has not confirmed yet.
    pub(super) polling: bool,
    /// Desired Min TX in force: an increase waits for the other end's confirmation.
    pub(super) desired: u32,
    /// The row that this end sends.
    pub(super) row: Option<(Schedule, BfdPacket)>,
    /// How it travels.
    pub(super) travels: Option<Travels>,
    /// When those that track it are told that it has come up, while they are not.
    pub(super) restored: Option<Moment>,
    /// When the last packet came in, as far as rows that have ended tell.
    pub(super) heard: Option<Moment>,
    pub(super) listening: Option<Listening>,
    pub(super) generation: u64,
    /// Since when it is in this state.
    pub(super) since: Moment,
    pub(super) record: BfdRecord,
}

impl BfdMachine {
    pub(super) fn new(session: BfdSession, now: Moment) -> Self {
        let state = session.state;
        let diagnostic = if state == BfdState::AdminDown {
            ADMINISTRATIVELY_DOWN
        } else {
            NO_DIAGNOSTIC
        };
        Self {
            counterpart: None,
            state,
            diagnostic,
            remote: None,
            polling: false,
            desired: 0,
            row: None,
            travels: None,
            restored: None,
            heard: None,
            listening: None,
            generation: 0,
            since: now,
            record: BfdRecord::new(now, diagnostic),
            session,
        }
    }

    /// As tables show it.
    pub(super) fn shown(&self) -> BfdSession {
        let up = self.state == BfdState::Up;
        let remote = self.remote.as_ref();
        BfdSession {
            state: self.state,
            waits_to_restore: self.restored.is_some(),
            remote_discriminator: remote
                .filter(|_| up)
                .map_or(self.session.remote_discriminator, |remote| remote.my_discriminator),
            peer_is_shut_down: self.state == BfdState::Down
                && remote.is_some_and(|remote| remote.state == BfdState::AdminDown),
            negotiated: remote.filter(|_| up).map(|remote| Negotiated {
                tx: milliseconds(self.transmit_interval()),
                rx: milliseconds(self.receive_interval(remote)),
                detection: milliseconds(self.detection(remote)),
            }),
            ..self.session.clone()
        }
    }

    /// Interval at which this end sends, in microseconds (§6.8.7).
    pub(super) fn transmit_interval(&self) -> u32 {
        self.desired.max(self.remote.map_or(0, |remote| remote.required_min_rx))
    }

    pub(super) fn receive_interval(&self, remote: &BfdPacket) -> u32 {
        micros(self.session.min_rx).max(remote.desired_min_tx)
    }

    /// Detection time in microseconds (§6.8.4).
    pub(super) fn detection(&self, remote: &BfdPacket) -> u32 {
        self.receive_interval(remote)
            .saturating_mul(u32::from(remote.multiplier))
    }

    /// What this end says; `slow` is the interval while the session is not up, in microseconds (§6.8.3).
    pub(super) fn says(&self, slow: u32) -> BfdPacket {
        let configured = micros(self.session.min_tx);
        BfdPacket {
            state: self.state,
            diagnostic: self.diagnostic,
            poll: self.polling,
            answer: false,
            multiplier: u8::try_from(self.session.multiplier).unwrap_or(u8::MAX),
            my_discriminator: self.session.local_discriminator,
            your_discriminator: self.remote.map_or(0, |remote| remote.my_discriminator),
            desired_min_tx: if self.state == BfdState::Up {
                configured
            } else {
                configured.max(slow)
            },
            required_min_rx: micros(self.session.min_rx),
        }
    }
}

pub(super) fn micros(milliseconds: u32) -> u32 {
    milliseconds.saturating_mul(1000)
}

fn milliseconds(micros: u32) -> u32 {
    micros / 1000
}

/// The state that a packet of this state leads to, if it is another (RFC 5880 §6.8.6).
pub(super) fn next_state(own: BfdState, received: BfdState) -> Option<BfdState> {
    match (own, received) {
        (BfdState::Init | BfdState::Up, BfdState::AdminDown) | (BfdState::Up, BfdState::Down) => Some(BfdState::Down),
        (BfdState::Down, BfdState::Down) => Some(BfdState::Init),
        (BfdState::Down, BfdState::Init) | (BfdState::Init, BfdState::Init | BfdState::Up) => Some(BfdState::Up),
        _ => None,
    }
}

/// A session goes on while these stay.
pub(super) fn same_ends(a: &BfdSession, b: &BfdSession) -> bool {
    let ends = |s: &BfdSession| {
        (
            s.peer,
            s.vpn_instance.clone(),
            s.interface.clone(),
            s.source,
            s.auto,
            s.local_discriminator,
            if s.auto { 0 } else { s.remote_discriminator },
        )
    };
    ends(a) == ends(b)
}
