//! The pager: `  ---- More ----`, also `  ---- More ( Press 'Q' to break ) ----` and `--More--`.

/// What is typed for the next page.
pub const NEXT_PAGE: &[u8] = b" ";

/// Longest line that can be a pager.
const LONGEST: usize = 120;

/// Whether the unfinished last line is a pager that waits for a key, shown whole.
pub fn is_pager(tail: &[u8]) -> bool {
    let tail = tail.trim_ascii();
    if tail.len() > LONGEST {
        return false;
    }
    let dashes = tail.iter().take_while(|&&byte| byte == b'-').count();
    let closing = tail.iter().rev().take_while(|&&byte| byte == b'-').count();
    if dashes < 2 || closing != dashes || tail.len() <= 2 * dashes {
        return false;
    }
    let inner = tail[dashes..tail.len() - dashes].trim_ascii();
    let Some(rest) = inner.strip_prefix(b"More").or_else(|| inner.strip_prefix(b"more")) else {
        return false;
    };
    let rest = rest.trim_ascii();
    rest.is_empty() || (rest.starts_with(b"(") && rest.ends_with(b")"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("  ---- More ----", true)]
    #[case("---- More ----", true)]
    #[case("  ---- More ---- ", true)]
    #[case("  ---- More ( Press 'Q' to break ) ----", true)]
    #[case("--More--", true)]
    #[case("  ---- More --", false)]
    #[case("  ---- More", false)]
    #[case("  ---- More -----", false)]
    #[case("----  ----", false)]
    #[case("--------", false)]
    #[case(" description ---- More ----", false)]
    #[case("---- More than one ----", false)]
    #[case("", false)]
    fn recognises(#[case] tail: &str, #[case] expected: bool) {
        assert_eq!(is_pager(tail.as_bytes()), expected);
    }
}
