//! What the caller knows about labels and ports from configuration or signalling.

use rustc_hash::FxHashMap;

/// What stands below a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelRole {
    /// IPv4 or IPv6: a VPN or tunnel label.
    Ip,
    /// An Ethernet pseudowire.
    Pseudowire {
        /// Whether a control word stands before the frame; `None` when that is not known.
        control_word: Option<bool>,
        /// Whether a flow label stands below the pseudowire label (RFC 6391).
        flow_label: bool,
    },
}

/// What is known of labels from configuration or signalling. What is not known is guessed, and the packet says so.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    labels: FxHashMap<u32, LabelRole>,
}

impl Roles {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what stands below a label.
    #[must_use]
    pub fn with_label(mut self, label: u32, role: LabelRole) -> Self {
        self.labels.insert(label, role);
        self
    }

    /// What stands below a label, where that is known.
    pub fn label(&self, label: u32) -> Option<LabelRole> {
        self.labels.get(&label).copied()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}
