//! BFD control packets (RFC 5880 §4.1) and where they travel.

use std::fmt;

use super::cursor::Cursor;
use super::error::{DecodeError, Protocol};

/// The mandatory section of a control packet, in bytes.
const MANDATORY_BYTES: u8 = 24;
/// UDP port of single-hop sessions (RFC 5881 §4).
pub const SINGLE_HOP_PORT: u16 = 3784;
/// UDP port of echo packets (RFC 5881 §4).
pub const ECHO_PORT: u16 = 3785;
/// UDP port of multihop sessions (RFC 5883 §5).
pub const MULTIHOP_PORT: u16 = 4784;
/// UDP port of sessions on members of a LAG (RFC 7130 §2.2).
pub const LAG_MEMBER_PORT: u16 = 6784;
/// UDP port of a seamless reflector (RFC 7881 §3).
pub const SEAMLESS_PORT: u16 = 7784;
/// What a single-hop session's packets leave their sender with, and must still have on arrival (RFC 5881 §5).
pub const SINGLE_HOP_TTL: u8 = 255;

/// Which kind of session a packet belongs to, by UDP destination port or by its channel.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// One IP hop, UDP 3784 (RFC 5881).
    SingleHop,
    /// A label-switched path: UDP 3784 to 127/8 or ::ffff:127/104 (RFC 5884).
    LabelSwitchedPath,
    /// Several hops, UDP 4784 (RFC 5883).
    Multihop,
    /// A member link of a LAG, UDP 6784 (RFC 7130).
    LagMember,
    /// Seamless, UDP 7784 towards the reflector (RFC 7881); its answers come from that port.
    Seamless,
    /// A pseudowire's or LSP's associated channel without IP (RFC 5885, RFC 6428).
    AssociatedChannel,
}

impl SessionKind {
    /// Whether a session of this kind belongs to one link, so that the same addresses and discriminators on another one are
    /// another session (RFC 5881, section 3; RFC 7130, section 2).
    pub fn is_of_a_link(self) -> bool {
        matches!(self, Self::SingleHop | Self::LagMember)
    }

    /// The kind by the UDP ports; `None` for ports that are not BFD control's (echo packets among them).
    ///
    /// `to_loopback` says that the destination is in 127/8 or `::ffff:127.0.0.0/104`.
    pub fn of_ports(source: u16, destination: u16, to_loopback: bool) -> Option<Self> {
        match destination {
            SINGLE_HOP_PORT if to_loopback => Some(Self::LabelSwitchedPath),
            SINGLE_HOP_PORT => Some(Self::SingleHop),
            MULTIHOP_PORT => Some(Self::Multihop),
            LAG_MEMBER_PORT => Some(Self::LagMember),
            SEAMLESS_PORT => Some(Self::Seamless),
            _ if source == SEAMLESS_PORT => Some(Self::Seamless),
            _ => None,
        }
    }

    /// The kind by the channel type of an associated channel header (RFC 5885 §3.2, RFC 6428 §3.1): BFD without IP and
    /// UDP headers. Types `0x0021` and `0x0057` carry IP instead.
    pub fn of_channel(channel_type: u16) -> Option<Self> {
        matches!(channel_type, 0x0007 | 0x0022 | 0x0023).then_some(Self::AssociatedChannel)
    }

    /// Whether packets must arrive with TTL or hop limit 255.
    pub fn wants_full_ttl(self) -> bool {
        matches!(self, Self::SingleHop | Self::LagMember)
    }
}

impl fmt::Display for SessionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SingleHop => "single hop",
            Self::LabelSwitchedPath => "LSP",
            Self::Multihop => "multihop",
            Self::LagMember => "LAG member",
            Self::Seamless => "seamless",
            Self::AssociatedChannel => "associated channel",
        })
    }
}

/// The sender's session state.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "PascalCase")]
pub enum State {
    /// Held down by the operator.
    AdminDown,
    /// Down.
    Down,
    /// The other end is heard, but does not hear us yet.
    Init,
    /// Up.
    Up,
}

impl State {
    fn of_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::AdminDown,
            1 => Self::Down,
            2 => Self::Init,
            _ => Self::Up,
        }
    }

    /// The two bits of the field.
    pub fn bits(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The reason for the sender's last change of state (five bits; values beyond 8 are unassigned).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Diagnostic(pub u8);

impl Diagnostic {
    /// The sender's detection time ran out: this end is the detector.
    pub const DETECTION_TIME_EXPIRED: Self = Self(1);
    /// The sender's echo packets did not come back: this end is the detector.
    pub const ECHO_FAILED: Self = Self(2);
    /// The other end signalled Down: this end follows.
    pub const NEIGHBOR_SIGNALED_DOWN: Self = Self(3);
    /// The operator took the session down.
    pub const ADMINISTRATIVELY_DOWN: Self = Self(7);

    /// Whether the sender itself noticed the failure.
    pub fn is_detection(self) -> bool {
        matches!(self, Self::DETECTION_TIME_EXPIRED | Self::ECHO_FAILED)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.0 {
            0 => "no diagnostic",
            1 => "control detection time expired",
            2 => "echo function failed",
            3 => "neighbor signaled session down",
            4 => "forwarding plane reset",
            5 => "path down",
            6 => "concatenated path down",
            7 => "administratively down",
            8 => "reverse concatenated path down",
            _ => "unassigned diagnostic",
        };
        write!(f, "{words} ({})", self.0)
    }
}

/// The authentication section; its digest is not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authentication<'a> {
    /// Authentication type: 1 simple password, 2/3 MD5, 4/5 SHA1.
    pub kind: u8,
    /// What follows type and length.
    pub data: &'a [u8],
}

/// A control packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control<'a> {
    /// Protocol version, 1.
    pub version: u8,
    /// Why the sender's state changed last.
    pub diagnostic: Diagnostic,
    /// The sender's state.
    pub state: State,
    /// P: the sender asks for an answer with F.
    pub poll: bool,
    /// F: the answer to P.
    pub final_: bool,
    /// C: BFD survives a restart of the control plane.
    pub control_plane_independent: bool,
    /// A: an authentication section follows.
    pub authentication_present: bool,
    /// D: demand mode.
    pub demand: bool,
    /// M: reserved for point-to-multipoint.
    pub multipoint: bool,
    /// Detection time multiplier.
    pub detect_multiplier: u8,
    /// Length of the control packet in bytes, as it states.
    pub length: u8,
    /// The sender's discriminator.
    pub my_discriminator: u32,
    /// The discriminator the sender heard from the other end; 0 while unknown.
    pub your_discriminator: u32,
    /// Desired minimum transmit interval in microseconds.
    pub desired_min_tx: u32,
    /// Required minimum receive interval in microseconds.
    pub required_min_rx: u32,
    /// Required minimum receive interval for echo packets in microseconds.
    pub required_min_echo_rx: u32,
    /// The authentication section, where A is set.
    pub authentication: Option<Authentication<'a>>,
}

/// A rule of RFC 5880 §6.8.6 (or RFC 5881 §5) that makes the receiver throw the packet away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Violation {
    /// The version is not 1.
    #[error("version is not 1")]
    Version,
    /// The detection multiplier is 0.
    #[error("detection multiplier is 0")]
    ZeroMultiplier,
    /// M is set.
    #[error("multipoint bit is set")]
    Multipoint,
    /// My discriminator is 0.
    #[error("my discriminator is 0")]
    ZeroMyDiscriminator,
    /// Your discriminator is 0 in a state that presumes to have heard the other end.
    #[error("your discriminator is 0 in state Init or Up")]
    ZeroYourDiscriminator,
    /// P and F are both set.
    #[error("poll and final bits are both set")]
    PollAndFinal,
    /// The packet has come over a router: TTL or hop limit is not 255.
    #[error("TTL is not 255 in a single-hop session")]
    Ttl,
}

impl<'a> Control<'a> {
    /// Reads a control packet from a UDP payload or the body of an associated channel.
    ///
    /// Bytes beyond the stated length (padding, or the TLVs of MPLS-TP connectivity verification) are not looked at.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(Protocol::Bfd, payload);
        let first = cursor.u8("version and diagnostic")?;
        let flags = cursor.u8("state and flags")?;
        let detect_multiplier = cursor.u8("detect mult")?;
        let length = cursor.u8("length")?;
        let authentication_present = flags & 0x04 != 0;
        let least = MANDATORY_BYTES + if authentication_present { 2 } else { 0 };
        if length < least {
            return Err(cursor.length("length", 1, usize::from(length)));
        }
        let mut body = cursor.part(usize::from(length) - 4, "control packet")?;
        let mut control = Self {
            version: first >> 5,
            diagnostic: Diagnostic(first & 0x1f),
            state: State::of_bits(flags >> 6),
            poll: flags & 0x20 != 0,
            final_: flags & 0x10 != 0,
            control_plane_independent: flags & 0x08 != 0,
            authentication_present,
            demand: flags & 0x02 != 0,
            multipoint: flags & 0x01 != 0,
            detect_multiplier,
            length,
            my_discriminator: body.u32("my discriminator")?,
            your_discriminator: body.u32("your discriminator")?,
            desired_min_tx: body.u32("desired min TX interval")?,
            required_min_rx: body.u32("required min RX interval")?,
            required_min_echo_rx: body.u32("required min echo RX interval")?,
            authentication: None,
        };
        if authentication_present {
            let kind = body.u8("auth type")?;
            let said = body.u8("auth len")?;
            // The length counts type and length too (RFC 5880 §4.2).
            let Some(data) = usize::from(said).checked_sub(2) else {
                return Err(body.length("auth len", 1, usize::from(said)));
            };
            let data = body.take(data, "authentication data")?;
            control.authentication = Some(Authentication { kind, data });
        }
        Ok(control)
    }

    /// The same without its authentication section, so that nothing is borrowed.
    pub fn without_authentication(self) -> Control<'static> {
        Control {
            version: self.version,
            diagnostic: self.diagnostic,
            state: self.state,
            poll: self.poll,
            final_: self.final_,
            control_plane_independent: self.control_plane_independent,
            authentication_present: self.authentication_present,
            demand: self.demand,
            multipoint: self.multipoint,
            detect_multiplier: self.detect_multiplier,
            length: self.length,
            my_discriminator: self.my_discriminator,
            your_discriminator: self.your_discriminator,
            desired_min_tx: self.desired_min_tx,
            required_min_rx: self.required_min_rx,
            required_min_echo_rx: self.required_min_echo_rx,
            authentication: None,
        }
    }

    /// The rules that this packet breaks; a receiver discards a packet that breaks any.
    ///
    /// `ttl` is the packet's TTL or hop limit where the session's kind demands 255.
    pub fn violations(&self, kind: SessionKind, ttl: Option<u8>) -> Vec<Violation> {
        let rules = [
            (self.version != 1, Violation::Version),
            (self.detect_multiplier == 0, Violation::ZeroMultiplier),
            (self.multipoint, Violation::Multipoint),
            (self.my_discriminator == 0, Violation::ZeroMyDiscriminator),
            (
                self.your_discriminator == 0 && matches!(self.state, State::Init | State::Up),
                Violation::ZeroYourDiscriminator,
            ),
            (self.poll && self.final_, Violation::PollAndFinal),
            (
                // Where packets are authenticated, the receiver may take them all the same.
                kind.wants_full_ttl() && !self.authentication_present && ttl.is_some_and(|ttl| ttl != SINGLE_HOP_TTL),
                Violation::Ttl,
            ),
        ];
        rules
            .into_iter()
            .filter_map(|(broken, rule)| broken.then_some(rule))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::protocol::error::Fault;

    const UP: [u8; 24] = [
        0x20, 0xc8, 3, 24, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0x27, 0x10, 0, 0, 0x4e, 0x20, 0, 0, 0, 0,
    ];

    #[test]
    fn fields_are_read_by_their_bits() {
        let control = Control::decode(&UP).unwrap();
        assert_eq!(control.version, 1);
        assert_eq!(control.state, State::Up);
        assert!(control.control_plane_independent && !control.poll && !control.final_ && !control.demand);
        assert_eq!((control.my_discriminator, control.your_discriminator), (1, 2));
        assert_eq!((control.desired_min_tx, control.required_min_rx), (10_000, 20_000));
        assert_eq!(control.violations(SessionKind::SingleHop, Some(255)), []);
    }

    #[test]
    fn the_stated_length_is_checked() {
        let mut short = UP;
        short[3] = 23;
        assert_eq!(Control::decode(&short).unwrap_err().fault, Fault::Length { said: 23 });
        let mut long = UP;
        long[3] = 25;
        assert!(Control::decode(&long).unwrap_err().is_truncation());
        let mut authenticated = UP;
        authenticated[1] |= 4;
        assert_eq!(
            Control::decode(&authenticated).unwrap_err().fault,
            Fault::Length { said: 24 }
        );
        let mut with_password = authenticated.to_vec();
        with_password.extend([1, 5, 7, b'a', b'b', 0xff]);
        with_password[3] = 29;
        let control = Control::decode(&with_password).unwrap();
        assert_eq!(
            control.authentication,
            Some(Authentication {
                kind: 1,
                data: &[7, b'a', b'b']
            })
        );
        with_password[25] = 1;
        assert_eq!(Control::decode(&with_password).unwrap_err().field, "auth len");
        with_password[25] = 6;
        assert!(Control::decode(&with_password).is_err(), "beyond the stated length");
    }

    #[test]
    fn rules_that_make_a_receiver_discard_are_named() {
        let control = Control::decode(&UP).unwrap();
        assert_eq!(control.violations(SessionKind::SingleHop, Some(254)), [Violation::Ttl]);
        assert_eq!(control.violations(SessionKind::Multihop, Some(3)), []);
        // With authentication a receiver may take it (RFC 5881 §5).
        let authenticated = Control {
            authentication_present: true,
            ..control
        };
        assert_eq!(authenticated.violations(SessionKind::SingleHop, Some(254)), []);
        let broken = Control {
            version: 0,
            detect_multiplier: 0,
            multipoint: true,
            my_discriminator: 0,
            your_discriminator: 0,
            poll: true,
            final_: true,
            ..control
        };
        assert_eq!(broken.violations(SessionKind::Multihop, None).len(), 6);
        let down = Control {
            your_discriminator: 0,
            state: State::Down,
            ..control
        };
        assert_eq!(down.violations(SessionKind::Multihop, None), []);
    }

    #[test]
    fn ports_and_channels_tell_the_kind() {
        assert_eq!(
            SessionKind::of_ports(50_000, 3784, true),
            Some(SessionKind::LabelSwitchedPath)
        );
        assert_eq!(SessionKind::of_ports(7784, 50_000, false), Some(SessionKind::Seamless));
        assert_eq!(SessionKind::of_ports(50_000, 3785, false), None);
        assert_eq!(SessionKind::of_channel(7), Some(SessionKind::AssociatedChannel));
        assert_eq!(SessionKind::of_channel(0x21), None);
    }
}
