//! The reference page of phrases, generated from the table of forms.

use std::fmt::Write as _;

use super::forms::forms;
use super::slot::Slot;
use crate::table::TableKind;

/// The reference page `docs/phrases.md`.
pub fn reference_markdown() -> String {
    let mut page = String::from(HEAD);
    let mut group = "";
    for form in forms() {
        if form.group != group {
            group = form.group;
            let _ = writeln!(page, "\n## {group}");
        }
        let _ = writeln!(
            page,
            "\n### {}\n\n```text\n{}\n```\n\n{}\n",
            form.id, form.syntax, form.doc
        );
        for example in form.examples {
            let _ = writeln!(page, "- `{example}`");
        }
    }
    page.push_str("\n## Values\n\n| in a syntax | what may stand there |\n|---|---|\n");
    for slot in Slot::ALL {
        let _ = writeln!(page, "| `{{{}}}` | {} |", slot.name(), slot.doc().replace('|', "\\|"));
    }
    page.push_str("\n## Tables and their fields\n");
    for kind in TableKind::ALL {
        let _ = writeln!(
            page,
            "\n### {}\n\n| field | holds | meaning |\n|---|---|---|",
            kind.name()
        );
        fields(&mut page, "", kind.fields());
    }
    page
}

fn fields(page: &mut String, prefix: &str, specs: &[crate::cell::FieldSpec]) {
    use crate::cell::Kind;
    for field in specs {
        let name = format!("{prefix}{}", field.name);
        let (kind, several) = match field.kind {
            Kind::List(element) => (*element, true),
            kind => (kind, false),
        };
        let holds = match kind {
            Kind::Bool => "true or false".to_owned(),
            Kind::Integer => "whole number".to_owned(),
            Kind::Float => "number".to_owned(),
            Kind::Text => "text".to_owned(),
            Kind::Word(words) => words
                .iter()
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", "),
            Kind::Address => "IP address".to_owned(),
            Kind::Prefix => "prefix".to_owned(),
            Kind::Interface => "interface".to_owned(),
            Kind::List(_) => "values".to_owned(),
            Kind::Record(_) => "row".to_owned(),
        };
        let holds = if several { format!("several: {holds}") } else { holds };
        let _ = writeln!(
            page,
            "| `{name}` | {holds} | {} |",
            field.doc.trim().replace('|', "\\|")
        );
        if let Kind::Record(inner) = kind {
            fields(page, &format!("{name}."), inner);
        }
    }
}

const HEAD: &str = "\
# Phrases

A phrase is one assertion, written under a device's name in a suite; phrases between devices are written under `lab`.
This page is generated from the table of forms that the parser uses (`netverdict phrases` prints the same).

Words may be written in any case. In a syntax, `word[s]` stands in either number, `is/are` for either word, `[…]` may be
left out, `(a|b)` is a choice and `{…}` is a value. VPN instances, session names and texts are compared exactly;
interfaces by their full name (`GE0/1/0` is `GigabitEthernet0/1/0`); a bare address is a host prefix (`1.1.1.1` is
`1.1.1.1/32`). Without `in …` a phrase is about the public network. A name that is a word of this language, or that holds
blanks, is written in quotation marks.

`netverdict explain 'PHRASE'` prints how a phrase was understood and what it asks of a device.

## Verdicts

- **pass**: it is true. **fail**: the network is otherwise; the report shows what is there. **inconclusive**: it could
  not be told. `not` turns pass and fail round and leaves inconclusive as it is.
- Inconclusive whenever an answer is missing or was refused, a line of the table is not understood, a count printed by
  the device disagrees with its rows, or a row does not print a field that the phrase needs. A value that was not
  understood in a field that the phrase does not read is a warning.
- `every …` over nothing fails: there was nothing to check. `no …` passes only when the whole table was understood.

## Timing

After any phrase, in any order:

- `within 30 s`: it becomes true no later than this after the start of the step. It is asked again and again. It passes
  when an answer that came in by then shows it true; the report gives the interval in which it became true, from when
  the last answer that showed it false was asked for to when the first that showed it true came in. An answer still in
  flight at the end proves nothing if it shows it true.
- `for 10 s`: it stays true this long, from the first answer on. One answer that shows it false fails it.
- `within 30 s and for 10 s`: it becomes true in time and then stays true.
- `after shutdown`: time is counted from this change (from when it was sent, for passing).

Units are `ms`, `s` and `min`. Polling a command line cannot prove milliseconds: where the first answer takes longer than
the time asked for, the phrase is inconclusive; a capture is the instrument for that.
";
