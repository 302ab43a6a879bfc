//! Changes of a network, always undone: what a change would do, and taking it back until that is verified.

mod configuration;
mod effect;
mod undo;

pub use configuration::{Configuration, ConfigurationLine, Difference, NotWhole};
pub use effect::{Effect, effects, touches};
pub(crate) use undo::{Hands, Interval, Setback, Undoing, Undone, undo};

/// The command that shows a device's whole configuration.
pub(crate) const SHOW_CONFIGURATION: &str = "display current-configuration";

/// Why a change must not be made: it is in force already, so that its undo would alter the network.
///
/// Where the undo was given rather than derived, lines that are there already may be meant; then only a change that
/// would do nothing at all is refused.
pub(crate) fn reason_to_refuse(configuration: &Configuration, apply: &[String], undo_derived: bool) -> Option<String> {
    let effects = effects(configuration, apply);
    let there: Vec<&Effect> = effects.iter().filter(|effect| effect.in_force).collect();
    let refused = !there.is_empty() && (undo_derived || there.len() == effects.len());
    let first = there.first().filter(|_| refused)?;
    let place = match first.views.as_slice() {
        [] => String::new(),
        views => format!(" under {}", views.join(" / ")),
    };
    Some(format!(
        "`{}`{place} is in force already; undoing it afterwards would alter the network",
        first.line
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(apply: &[&str], derived: bool) -> Option<String> {
        let text =
            "interface GigabitEthernet0/1/0\n shutdown\n description x\n#\nbgp 100\n peer 3.3.3.3 ignore\nreturn\n";
        let apply: Vec<String> = apply.iter().map(ToString::to_string).collect();
        reason_to_refuse(&Configuration::read(text).unwrap(), &apply, derived)
    }

    #[test]
    fn a_change_that_is_in_force_is_refused() {
        let reason = refused(&["interface GE0/1/0", "shutdown"], true).unwrap();
        assert_eq!(
            reason,
            "`shutdown` under interface GigabitEthernet0/1/0 is in force already; undoing it afterwards would alter the \
             network"
        );
        assert!(refused(&["interface GE0/1/0", "mtu 1400"], true).is_none());
        assert!(refused(&["interface GE0/1/0", "undo shutdown"], true).is_none());
        assert!(refused(&["interface GE0/2/0", "undo shutdown"], true).is_some());
    }

    #[test]
    fn a_given_undo_may_meet_lines_that_are_there_but_not_only_such_lines() {
        let both = ["interface GE0/1/0", "shutdown", "mtu 1400"];
        assert!(refused(&both, true).is_some());
        assert!(refused(&both, false).is_none());
        assert!(refused(&both[..2], false).is_some());
    }
}
