//! Example lines of the grammar's rules, for tests: every keyword and every alternative of a rule stands in one.

use super::cipher;
use super::parameter::Kind;
use super::rule::{Effect, Rule};
use super::syntax::{self, Element, Least};
use super::table::RULES;
use super::view::View;

/// Lines that may be typed in a view and are configuration.
pub fn configuration_lines(view: View) -> Vec<String> {
    let rules = RULES.iter().filter(|rule| rule.views.contains(&view));
    let mut lines: Vec<String> = rules
        .filter(|rule| {
            !matches!(
                rule.effect,
                Effect::Operate(_) | Effect::RemovePeer | Effect::EnterBfdSession
            )
        })
        .flat_map(|rule| {
            let elements = syntax::parse(rule.syntax).expect("a right syntax");
            let plain = sequences(&elements);
            let undo = matches!(rule.effect, Effect::Toggle).then(|| plain.iter().map(|line| format!("undo {line}")));
            let undo: Vec<String> = undo.into_iter().flatten().collect();
            plain.into_iter().chain(undo)
        })
        .collect();
    lines.dedup();
    lines
}

/// Lines of a rule.
pub fn lines_of(rule: &Rule) -> Vec<String> {
    sequences(&syntax::parse(rule.syntax).expect("a right syntax"))
}

/// The shortest line, then lines that differ from it in one place each.
fn sequences(elements: &[Element]) -> Vec<String> {
    let choices: Vec<Vec<String>> = elements.iter().map(element).collect();
    let line = |changed: Option<(usize, &String)>| {
        let words = choices.iter().enumerate().filter_map(|(at, choice)| match changed {
            Some((place, text)) if place == at => Some(text),
            _ => choice.first(),
        });
        let words: Vec<&str> = words.map(String::as_str).filter(|word| !word.is_empty()).collect();
        words.join(" ")
    };
    let mut lines = vec![line(None)];
    for (at, choice) in choices.iter().enumerate() {
        lines.extend(choice.iter().skip(1).map(|text| line(Some((at, text)))));
    }
    lines
}

fn element(element: &Element) -> Vec<String> {
    match element {
        Element::Keyword { text, .. } => vec![text.clone()],
        Element::Value { kind, .. } => vec![value(*kind)],
        Element::Choice { branches, least, .. } => {
            let mut all = Vec::new();
            if *least == Least::Zero {
                all.push(String::new());
            }
            all.extend(branches.iter().flat_map(|branch| sequences(branch)));
            all
        }
    }
}

fn value(kind: Kind) -> String {
    match kind {
        Kind::Ip | Kind::Peer => "10.0.0.1".into(),
        Kind::Mask => "255.255.255.0".into(),
        Kind::MaskLength => "24".into(),
        Kind::Wildcard => "0.0.0.255".into(),
        Kind::Name | Kind::Text => "x".into(),
        Kind::Integer(low, _) => low.to_string(),
        Kind::Interface | Kind::InterfaceType | Kind::InterfaceNumber => "GigabitEthernet0/1/0".into(),
        Kind::Community | Kind::BgpCommunity => "1:1".into(),
        Kind::AsNumber => "100".into(),
        Kind::Area => "0.0.0.0".into(),
        Kind::Cipher => cipher::ciphered("x"),
    }
}
