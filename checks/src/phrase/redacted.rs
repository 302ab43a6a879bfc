//! Text of which a part was hidden before it was kept: what it may have been.

/// What stands in an answer in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Whether something is hidden in a text.
pub(super) fn is_redacted(text: &str) -> bool {
    text.contains(REDACTED)
}

/// Whether a text in which something is hidden may have been this one.
pub(super) fn may_have_been(text: &str, whole: &str) -> bool {
    let Some((first, rest)) = text.split_once(REDACTED) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once(REDACTED).unwrap_or(("", rest));
    let Some(mut hidden) = whole.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    for part in middle.split(REDACTED) {
        let Some(at) = hidden.find(part) else { return false };
        hidden = &hidden[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_may_have_been_anything_and_what_is_shown_may_not() {
        assert!(may_have_been("password cipher [redacted]", "password cipher Admin@123"));
        assert!(may_have_been("a [redacted] b [redacted] c", "a x b y z c"));
        assert!(!may_have_been(
            "password cipher [redacted]",
            "password simple Admin@123"
        ));
        assert!(!may_have_been("password cipher Admin@123", "password cipher Admin@123"));
        assert!(!may_have_been("a [redacted] b [redacted] c", "a x y c"));
    }
}
