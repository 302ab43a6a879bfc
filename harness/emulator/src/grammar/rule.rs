//! One line of the grammar table.

use super::matcher::Matched;
use super::view::View;
use crate::display::interfaces::Display;

/// A command: where it may be typed, how it is written, what it does.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The views that know it.
    pub views: &'static [View],
    /// Its syntax, in the notation of [`super::syntax`].
    pub syntax: &'static str,
    /// The syntax of its undo, where the derived one does not do.
    pub undo: Undo,
    /// What it does.
    pub effect: Effect,
    /// Its place among the lines of its block.
    pub rank: u16,
    /// The order among lines of the same rank.
    pub order: Order,
    /// Lines that come into being with it, relative to its own block if it has one, else to the block it stands in.
    pub creates: &'static [&'static str],
}

/// How a configuration line is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// By `undo` and the line up to its identity.
    Derived,
    /// By this syntax.
    Syntax(&'static str),
    /// Not at all, or by another rule.
    None,
}

/// What a command does.
#[derive(Debug, Clone, Copy)]
pub enum Effect {
    /// Something that is no configuration.
    Operate(Operation),
    /// Stores the line.
    Line,
    /// Stores the line, or its `undo` form when taken back; one of both always stands there once touched.
    Toggle,
    /// Creates or enters a block of lines.
    Block(View),
    /// Enters a BFD session that is there, by its name.
    EnterBfdSession,
    /// Stands for other lines of the same view; ` / ` goes down a block.
    Expand(fn(&Matched) -> Vec<String>),
    /// Removes all lines of a BGP peer.
    RemovePeer,
    /// Stands for the same line with the next index of its filter.
    Number,
}

/// The order of lines of the same rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they were typed.
    Typed,
    /// By identity; numbers by value.
    Identity,
}

/// Commands that are no configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `system-view`.
    SystemView,
    /// `system-view immediately`.
    SystemViewImmediately,
    /// `quit`.
    Quit,
    /// `return`.
    Return,
    /// `commit`.
    Commit,
    /// `clear configuration candidate`.
    ClearCandidate,
    /// `save`.
    Save,
    /// `screen-length N temporary`.
    ScreenLength,
    /// Terminal settings that change nothing here.
    Terminal,
    /// `display this`.
    DisplayThis,
    /// `display configuration candidate`.
    DisplayCandidate,
    /// `display configuration candidate merge`.
    DisplayCandidateMerged,
    /// `display current-configuration`.
    DisplayCurrent,
    /// `display saved-configuration`.
    DisplaySaved,
    /// `rollback configuration …`.
    RollBack,
    /// `display configuration commit list`.
    DisplayCommitList,
    /// `display configuration commit changes`.
    DisplayCommitChanges,
    /// `display configuration rollback changes`.
    DisplayRollbackChanges,
    /// `display route-policy`.
    DisplayRoutePolicy,
    /// `display ip ip-prefix`.
    DisplayIpPrefix,
    /// `display history-command`.
    DisplayHistory,
    /// `display startup`.
    DisplayStartup,
    /// `reset saved-configuration`.
    EraseSaved,
    /// Counters that are reset.
    ResetCounters,
    /// Protocols that are reset: BGP; of others it is refused.
    ResetProtocol,
    /// What the lab knows and refuses: commits on trial.
    NotCarriedOut,
    /// `display version`.
    DisplayVersion,
    /// `display device`.
    DisplayDevice,
    /// `display clock`.
    DisplayClock,
    /// `display users`.
    DisplayUsers,
    /// `display interface …` and `display ip interface …`.
    DisplayInterfaces(Display),
    /// A question about the state of the network, for the answer source.
    Ask,
}

/// A rule for a command that is no configuration.
pub const fn operation(views: &'static [View], syntax: &'static str, operation: Operation) -> Rule {
    Rule {
        views,
        syntax,
        undo: Undo::None,
        effect: Effect::Operate(operation),
        rank: 0,
        order: Order::Typed,
        creates: &[],
    }
}

/// A rule for a configuration line.
pub const fn line(views: &'static [View], rank: u16, syntax: &'static str) -> Rule {
    Rule {
        views,
        syntax,
        undo: Undo::Derived,
        effect: Effect::Line,
        rank,
        order: Order::Identity,
        creates: &[],
    }
}

/// A rule for a configuration line that is stored in its plain or its `undo` form.
pub const fn toggle(views: &'static [View], rank: u16, syntax: &'static str) -> Rule {
    Rule {
        effect: Effect::Toggle,
        ..line(views, rank, syntax)
    }
}

/// A rule for a block.
pub const fn block(views: &'static [View], rank: u16, syntax: &'static str, view: View) -> Rule {
    Rule {
        effect: Effect::Block(view),
        ..line(views, rank, syntax)
    }
}

/// A rule for a line that stands for others.
pub const fn expand(views: &'static [View], syntax: &'static str, lines: fn(&Matched) -> Vec<String>) -> Rule {
    Rule {
        effect: Effect::Expand(lines),
        ..line(views, 0, syntax)
    }
}

/// A rule for an entry of a filter that is typed without an index.
pub const fn numbered(syntax: &'static str) -> Rule {
    Rule {
        effect: Effect::Number,
        undo: Undo::None,
        ..line(&[View::System], 0, syntax)
    }
}

impl Rule {
    /// The same rule with lines that come into being with it.
    pub const fn creating(self, creates: &'static [&'static str]) -> Self {
        Self { creates, ..self }
    }

    /// The same rule, its lines in the order they were typed.
    pub const fn as_typed(self) -> Self {
        Self {
            order: Order::Typed,
            ..self
        }
    }

    /// The same rule, taken back by another syntax.
    pub const fn undone_by(self, syntax: &'static str) -> Self {
        Self {
            undo: Undo::Syntax(syntax),
            ..self
        }
    }

    /// The same rule, not taken back by a form of its own.
    pub const fn without_undo(self) -> Self {
        Self {
            undo: Undo::None,
            ..self
        }
    }
}
