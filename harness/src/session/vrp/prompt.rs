//! VRP prompts: `<PE1>`, `[PE1]`, `[~PE1-bgp]`, `[*PE1]`, `HRP_M<FW1>`.
//!
//! A prompt is only recognised by the name learned at login, and only as the whole unfinished last line: so neither
//! `[V200R009C00SPC500]` in a configuration, nor `:SL<->`, nor a description holding `<PE1>` is ever taken for one.

/// Longest device name accepted (VRP allows 246 characters).
const LONGEST_NAME: usize = 256;

/// The view a prompt stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// `<NAME>`.
    User,
    /// `[NAME…]`: configuration.
    Configuration(Candidate),
}

/// What a configuration prompt tells about the candidate configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    /// No mark: lines take effect one by one.
    None,
    /// `~`: nothing waits for a commit.
    Clean,
    /// `*`: uncommitted changes.
    Pending,
}

/// Recognises a prompt of a device whose name is one of `names`; returns the view and which name it was.
pub fn recognise<'n>(tail: &[u8], names: &'n [String]) -> Option<(View, &'n str)> {
    let tail = without_hrp(std::str::from_utf8(tail).ok()?.trim_end_matches(' '));
    names
        .iter()
        .find_map(|name| Some((view_of(tail, name)?, name.as_str())))
}

/// The device name in something that looks like a prompt of the user view.
pub fn name_in_user_prompt(tail: &[u8]) -> Option<String> {
    let tail = without_hrp(std::str::from_utf8(tail).ok()?.trim_end_matches(' '));
    let name = tail.strip_prefix('<')?.strip_suffix('>')?;
    let named = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.trim() == name
        && name.chars().all(|c| !c.is_control() && c != '<' && c != '>')
        && name.chars().any(char::is_alphanumeric);
    named.then(|| name.to_owned())
}

fn view_of(tail: &str, name: &str) -> Option<View> {
    if let Some(inner) = tail.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        return (inner == name).then_some(View::User);
    }
    let inner = tail.strip_prefix('[')?.strip_suffix(']')?;
    let (candidate, inner) = match inner.as_bytes().first()? {
        b'~' => (Candidate::Clean, &inner[1..]),
        b'*' => (Candidate::Pending, &inner[1..]),
        _ => (Candidate::None, inner),
    };
    let view = inner.strip_prefix(name)?;
    let is_view = view.is_empty()
        || (view.starts_with('-')
            && view.len() > 1
            && view
                .chars()
                .all(|c| !c.is_whitespace() && !c.is_control() && c != '[' && c != ']'));
    is_view.then_some(View::Configuration(candidate))
}

/// Drops the mark of a firewall pair: `HRP_M`, `HRP_S`.
fn without_hrp(tail: &str) -> &str {
    let Some(rest) = tail.strip_prefix("HRP_") else {
        return tail;
    };
    let bracket = rest.trim_start_matches(|c: char| c.is_ascii_uppercase());
    if bracket.len() < rest.len() && bracket.starts_with(['<', '[']) {
        bracket
    } else {
        tail
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const CLEAN: View = View::Configuration(Candidate::Clean);
    const PENDING: View = View::Configuration(Candidate::Pending);
    const IMMEDIATE: View = View::Configuration(Candidate::None);

    #[rstest]
    #[case("<PE1>", "PE1", View::User)]
    #[case("<PE1> ", "PE1", View::User)]
    #[case("[PE1]", "PE1", IMMEDIATE)]
    #[case("[~PE1]", "PE1", CLEAN)]
    #[case("[*PE1]", "PE1", PENDING)]
    #[case("[~PE1-bgp]", "PE1", CLEAN)]
    #[case("[*PE1-bgp-af-vpnv4]", "PE1", PENDING)]
    #[case("[PE1-GigabitEthernet0/1/0]", "PE1", IMMEDIATE)]
    #[case("[~host-100GE3/3/3.111]", "host", CLEAN)]
    #[case("[*host-100GE1/1/1:1]", "host", PENDING)]
    #[case("[~a/b-c.d:e_f-ospf-1-area-0.0.0.0]", "a/b-c.d:e_f", CLEAN)]
    #[case("HRP_M<FW-1>", "FW-1", View::User)]
    #[case("HRP_S[FW-1]", "FW-1", IMMEDIATE)]
    #[case("HRP_M[~FW-1-zone-trust]", "FW-1", CLEAN)]
    fn recognises(#[case] tail: &str, #[case] name: &str, #[case] view: View) {
        let names = [name.to_owned()];
        assert_eq!(recognise(tail.as_bytes(), &names), Some((view, name)));
    }

    #[rstest]
    #[case("[V200R009C00SPC500]")]
    #[case(":SL<->")]
    #[case(" description <PE1>")]
    #[case(" <PE1>")]
    #[case("<PE1>display")]
    #[case("<PE1")]
    #[case("<PE12>")]
    #[case("<PE>")]
    #[case("[PE12]")]
    #[case("[~PE1-]")]
    #[case("[~PE1-bgp")]
    #[case("[PE1-see other]")]
    #[case("The configuration is locked by other user. [Session ID = 407]")]
    #[case("HRP_<PE1>")]
    #[case("[~*PE1]")]
    #[case("[]")]
    #[case("")]
    fn is_no_prompt(#[case] tail: &str) {
        assert_eq!(recognise(tail.as_bytes(), &["PE1".to_owned()]), None);
    }

    #[rstest]
    #[case("<PE1>", Some("PE1"))]
    #[case("HRP_M<FW>", Some("FW"))]
    #[case("<~~~~~~>", None)]
    #[case("<->", None)]
    #[case("< PE1 >", None)]
    #[case("<a><b>", None)]
    #[case("[PE1]", None)]
    #[case("<>", None)]
    fn learns_a_name(#[case] tail: &str, #[case] name: Option<&str>) {
        assert_eq!(name_in_user_prompt(tail.as_bytes()).as_deref(), name);
    }
}
