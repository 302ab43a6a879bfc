//! What stands around a command: a filter behind it, `run` before it; and the normal spelling of a question.

use crate::filter::Filters;
use crate::grammar::Matched;

/// The command and the filters of a line; only `display` commands take one.
pub fn split_filter(line: &str) -> Result<(String, Option<Filters>), usize> {
    let is_display = |word: &str| word.len() >= 2 && "display".starts_with(&word.to_ascii_lowercase());
    let mut words = line.split_whitespace();
    let display = match words.next() {
        Some(first) if "run".eq_ignore_ascii_case(first) => words.next().is_some_and(is_display),
        Some(first) => is_display(first),
        None => false,
    };
    let Some(bar) = line.find('|').filter(|_| display) else {
        return Ok((line.to_owned(), None));
    };
    let filter = line.get(bar + 1..).unwrap_or_default();
    let filter = Filters::parse(filter).map_err(|offset| bar + 1 + offset)?;
    Ok((line.get(..bar).unwrap_or_default().to_owned(), Some(filter)))
}

/// What follows `run`, with blanks in its place so that offsets stay right.
pub fn run_prefix(line: &str) -> Option<String> {
    let start = line.len() - line.trim_start().len();
    let word = line.get(start..start + 3)?;
    let rest = line.get(start + 3..)?;
    (word.eq_ignore_ascii_case("run") && rest.starts_with(char::is_whitespace))
        .then(|| format!("{}{rest}", " ".repeat(start + 3)))
}

/// The column, in characters, of a byte of a line; offsets behind its end count on.
pub fn column(line: &str, offset: usize) -> usize {
    let characters = line.char_indices().take_while(|(at, _)| *at < offset).count();
    characters + offset.saturating_sub(line.len())
}

/// A question in its normal spelling: options of `ping` and `tracert` sorted, defaults left out.
pub fn normal_question(matched: &Matched) -> String {
    let words: Vec<&str> = matched.words.iter().map(|word| word.text.as_str()).collect();
    let (Some(&command @ ("ping" | "tracert")), Some((target, options))) =
        (words.first(), words.get(1..).and_then(|rest| rest.split_last()))
    else {
        return matched.canonical();
    };
    const FLAGS: [(&str, &str); 2] = [("ping", "-f"), ("ping", "-q")];
    const DEFAULTS: [(&str, &str, &str); 6] = [
        ("ping", "-c", "5"),
        ("ping", "-s", "56"),
        ("ping", "-t", "2000"),
        ("tracert", "-q", "3"),
        ("tracert", "-m", "30"),
        ("tracert", "-f", "1"),
    ];
    let options = options.strip_prefix(&["ip"]).unwrap_or(options);
    let mut pairs: Vec<String> = Vec::new();
    let mut words = options.iter();
    while let Some(option) = words.next() {
        if FLAGS.contains(&(command, option)) {
            pairs.push(format!(" {option}"));
        } else if let Some(value) = words.next()
            && !DEFAULTS.contains(&(command, option, value))
        {
            pairs.push(format!(" {option} {value}"));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    format!("{command}{} {target}", pairs.concat())
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn columns_are_counted_in_characters() {
        assert_eq!(column("höhe x", "höhe ".len()), 5);
        assert_eq!(column("display", 8), 8);
        assert_eq!(column("ä", 3), 2);
    }
}
