//! Forms about the configuration.

use super::{Built, Form, Scope};
use crate::phrase::assertion::{Assertion, ConfigAssertion, ConfigTest};
use crate::phrase::matcher::Bindings;

const GROUP: &str = "Configuration";

pub(super) const FORMS: &[Form] = &[
    Form {
        id: "config-has",
        group: GROUP,
        scope: Scope::Device,
        syntax: "config has {line} [under {view}]",
        examples: &[
            "config has \"maximum load-balancing 2\" under \"bgp 100 / ipv4-family vpn-instance VPNA\"",
            "config has \"undo shutdown\" under \"interface GE0/3/0\"",
            "config has \"bfd\"",
        ],
        doc: "The running configuration holds exactly this line (blanks are folded), directly in this view; without \
              a view, anywhere. The path of a view is written from the outermost in.",
        build: config,
    },
    Form {
        id: "config-lacks",
        group: GROUP,
        scope: Scope::Device,
        syntax: "config lacks {line} [under {view}]",
        examples: &[
            "config lacks \"peer 3.3.3.3 ignore\"",
            "config lacks \"shutdown\" under \"interface GE0/3/0\"",
        ],
        doc: "This line stands neither in this view nor in any view within it; without a view, nowhere. Where the \
              view is not there it is inconclusive: nothing shows that the path is right. So it is where a line differs \
              in case alone, or may be this one by a secret that is hidden in it.",
        build: config,
    },
    Form {
        id: "config-matches",
        group: GROUP,
        scope: Scope::Device,
        syntax: "config matches {regex} [under {view}]",
        examples: &[
            r#"config matches /^ apply-label per-instance static \d+$/ under "ip vpn-instance VPNA""#,
            r"config matches /^bfd \S+ bind peer-ip 10\.1\.1\.1 /",
        ],
        doc: "A line directly in this view, or anywhere, matches the regular expression. Each line is tried without \
              its indent and with one blank a level, as the device prints it.",
        build: config,
    },
    Form {
        id: "config-matches-not",
        group: GROUP,
        scope: Scope::Device,
        syntax: "config does not match {regex} [under {view}]",
        examples: &[r"config does not match /^peer \S+ ignore$/"],
        doc: "No line of this view, of any view within it, or of the whole configuration matches. Inconclusive where \
              the view is not there.",
        build: config,
    },
];

fn config(bindings: &Bindings) -> Built {
    let test = match bound!(bindings, "regex", Regex) {
        Some(regex) if bindings.has("not") => ConfigTest::MatchesNot(regex),
        Some(regex) => ConfigTest::Matches(regex),
        None if bindings.has("lacks") => ConfigTest::Lacks(required!(bindings, "line", Text)),
        None => ConfigTest::Has(required!(bindings, "line", Text)),
    };
    Ok(Assertion::Config(ConfigAssertion {
        test,
        under: bound!(bindings, "view", Names).unwrap_or_default(),
    }))
}
