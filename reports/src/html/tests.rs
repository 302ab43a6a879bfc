//! What an HTML report holds, and what it never does.

use checks::outcome::Verdict;

use super::render;
use crate::event::{Event, LabKind};
use crate::scene::{Scene, TWO_NEXT_HOPS, case, lines};

pub fn html(scene: &Scene) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let html = render(&scene.write(folder.path())).expect("a report");
    if let Some(samples) = std::env::var_os("REPORT_SAMPLES") {
        let name = std::thread::current().name().unwrap_or("report").replace("::", "-");
        std::fs::write(std::path::Path::new(&samples).join(name + ".html"), &html).expect("a sample");
    }
    html
}

/// Every start tag with its attributes.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .filter_map(|tag| tag.split_once('>').map(|(tag, _)| tag))
        .collect()
}

#[test]
fn a_passing_run() {
    let html = html(&Scene::passing(LabKind::Live));
    assert!(html.contains("<title>BFD for static VPN routes: pass (netverdict)</title>"));
    assert!(html.contains("ACC-BFD-01.2") && html.contains("Accepted by"));
    assert!(
        !html.contains("class=\"alert"),
        "a sound run on a live lab has no banner"
    );
    assert!(html.contains("became true between 22.5 ms and 131 ms after shutdown GigabitEthernet0/1/0"));
    assert!(html.contains("<mark>  (One Hop) State : Down                    Name : pe1_to_ce1</mark>"));
}

#[test]
fn a_failing_run_on_an_emulated_lab() {
    let html = html(&Scene::failing(LabKind::Emulated));
    assert!(html.contains("What did not pass"));
    assert!(html.contains("proves the suite and the tool, not a vendor&#39;s product"));
    assert!(html.contains("is no acceptance"));
}

#[test]
fn a_killed_run() {
    let html = html(&Scene::killed(LabKind::Live));
    assert!(html.contains("Run not finished") && html.contains("Change not undone") && html.contains("not decided"));
    assert!(!html.contains("<div class=\"verdict pass\""));
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let html = html(&Scene::failing(LabKind::Recorded));
    for tag in tags(&html) {
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        assert!(
            ![
                "script", "link", "iframe", "object", "embed", "base", "form", "img", "image", "use"
            ]
            .contains(&name),
            "{tag}"
        );
        for attribute in ["src=", "srcset=", "action=", "xlink:href=", " on"] {
            assert!(!tag.contains(attribute), "{tag}");
        }
        if let Some((_, target)) = tag.split_once("href=\"") {
            assert!(target.starts_with('#'), "{tag}");
        }
    }
    for word in ["http://", "https://", "javascript:", "url(", "@import"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(html.contains("content=\"default-src 'none';"));
}

#[test]
fn every_link_has_its_target() {
    let html = html(&Scene::passing(LabKind::Live));
    let ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    for target in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&target), "{target} is not among {ids:?}");
    }
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "an id stands twice");
}

/// Every text of a run, replaced by something that wants out of its place.
#[test]
fn hostile_text() {
    let hostile = "</title></style></pre><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload='x' \
                   javascript:alert(1) {{ 7*7 }} {% raw %} &lt; \u{1b}[31m\u{202e}\u{0} ]]> --> @import url(x)";
    let mut scene = Scene::passing(LabKind::Emulated);
    let evidence = scene.answer("PE1", hostile, &format!("{hostile}\n{TWO_NEXT_HOPS}"));
    let phrase = scene.last_phrase();
    phrase.deciding.extend(lines("PE1", hostile, &evidence, &[(1, 1)]));
    phrase.warnings.push(hostile.to_owned());
    scene.captured(0, &["ce1-pe1", "ce1-pe2"], true);
    let texts = |value: &mut serde_json::Value| replace_texts(value, hostile);
    for record in &mut scene.events {
        let mut value = serde_json::to_value(&record.event).expect("JSON");
        texts(&mut value);
        record.event = serde_json::from_value(value).expect("an event");
    }
    let html = html(&scene);
    let unwanted = ["<script", "<img", "</pre><s", "\u{1b}", "\u{202e}", "\0", "onload='x'"];
    for text in unwanted {
        assert!(!html.contains(text), "{text:?} stands in the report");
    }
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
            && html.contains(r"\u{202e}")
            && html.contains(r"\x1b[31m")
            && html.contains("{{ 7*7 }}")
    );
    assert_eq!(html.matches("<style>").count(), 1);
    assert_eq!(html.matches("</style>").count(), 1);
    for tag in tags(&html) {
        assert!(!tag.contains("onerror") && !tag.contains("javascript:"), "{tag}");
    }
}

/// Puts a text behind every string that has no meaning of its own in the event.
fn replace_texts(value: &mut serde_json::Value, with: &str) {
    use serde_json::Value;
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| replace_texts(value, with)),
        Value::Object(fields) => {
            let meaning = [
                "at",
                "verdict",
                "level",
                "part",
                "kind",
                "evidence",
                "sha256",
                "traffic_stopped",
                "to",
                "unit",
                "method",
            ];
            for (name, value) in fields.iter_mut() {
                let is_time = value
                    .as_str()
                    .is_some_and(|text| text.parse::<chrono::DateTime<chrono::Utc>>().is_ok());
                let kept = is_time || meaning.contains(&name.as_str()) || name.ends_with("_at");
                // Paths of inputs and names by which events find each other stay as they are.
                if !kept || value.is_object() || value.is_array() {
                    replace_texts(value, with);
                }
            }
        }
        Value::String(text) => text.push_str(with),
        _ => {}
    }
}

#[test]
fn a_long_answer_is_shown_once_and_in_part() {
    let mut scene = Scene::begin(LabKind::Live);
    scene.case_started(0);
    let text = (1..=100_000)
        .map(|number| format!("route-{number}-"))
        .collect::<Vec<_>>()
        .join("\n");
    let evidence = scene.answer("PE3", "display ip routing-table", &text);
    let deciding = lines("PE3", "display ip routing-table", &evidence, &[(50_000, 50_001)]);
    scene.decide(case(0), 0, Verdict::Fail, "x", "y", deciding.clone());
    scene.decide(case(0), 1, Verdict::Fail, "x", "y", deciding);
    scene.case_finished(0, Verdict::Fail, None);
    let html = html(&scene);
    assert!(html.len() < 100_000, "{}", html.len());
    assert!(html.contains("<mark>route-50000-</mark>") && !html.contains("route-49998-"));
    assert!(html.contains("too large to be shown here"));
}

#[test]
fn an_answer_cited_often_is_embedded_once() {
    let html = html(&Scene::passing(LabKind::Live));
    let marker = "10.3.1.0/24  Direct 0    0           D  10.3.1.1";
    // Two answers hold this line, which decided nothing and stands next to no line that did; each is cited.
    assert_eq!(html.matches(marker).count(), 2);
}

#[test]
fn tampered_evidence_shows() {
    let mut scene = Scene::passing(LabKind::Live);
    let (path, text) = ("evidence/0002-PE3.txt", TWO_NEXT_HOPS.replace("2.2.2.2", "9.9.9.9"));
    scene.files.insert(path.to_owned(), text.into_bytes());
    let html = html(&scene);
    assert!(html.contains("A file of the record is not what it was") && html.contains("DIFFERS"));
    assert!(html.contains("<div class=\"verdict inconclusive\""));
}

#[test]
fn a_claim_that_its_phrases_do_not_bear_out_shows() {
    let mut scene = Scene::failing(LabKind::Live);
    scene.tamper(|event| match event {
        Event::CaseFinished(finished) => finished.verdict = Verdict::Pass,
        Event::SuiteFinished { verdict, .. } => *verdict = Verdict::Pass,
        Event::RunFinished(finished) => finished.verdict = Verdict::Pass,
        _ => {}
    });
    let html = html(&scene);
    assert!(html.contains("The record contradicts itself") && html.contains("does not bear out"));
    assert!(html.contains("<div class=\"verdict inconclusive\""));
}

#[test]
fn residue_and_an_unverified_key_show() {
    let mut scene = Scene::passing(LabKind::Live);
    scene.tamper(|event| match event {
        Event::ChangeUndone(undone) => undone.residue = vec!["- description to PE1".to_owned()],
        Event::DeviceConnected(connected) => connected.host_key_verified_by = Some("not verified".to_owned()),
        _ => {}
    });
    let html = html(&scene);
    assert!(html.contains("- description to PE1") && html.contains("The configuration is not what it was"));
    assert!(html.contains("Not verified: the host keys of PE1, PE2, PE3, CE1 and CE2"));
}

#[rstest::rstest]
#[case::two("two", &[("R1", "R2")])]
#[case::bundle("bundle", &[("R1", "R2"), ("R1", "R2"), ("R2", "R1"), ("R2", "R3")])]
#[case::star("star", &[("hub", "a"), ("hub", "b"), ("hub", "c"), ("hub", "d"), ("hub", "e"), ("hub", "f")])]
fn small_labs_are_drawn(#[case] name: &str, #[case] links: &[(&str, &str)]) {
    let links: Vec<_> = links.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    drawn(name, &links);
}

#[test]
fn larger_labs_are_drawn() {
    let ring = |n: usize| (0..n).map(move |at| (format!("PE{at}"), format!("PE{}", (at + 1) % n)));
    drawn("ring", &ring(12).collect::<Vec<_>>());
    let fabric = (1..=8).flat_map(|leaf| (1..=3).map(move |spine| (format!("spine{spine}"), format!("leaf{leaf}"))));
    drawn("fabric", &fabric.collect::<Vec<_>>());
    let customers = (0..18).map(|at| (format!("PE{}", at % 12), format!("CE{at}")));
    let links: Vec<_> = ring(12).chain(customers).collect();
    drawn("thirty", &links);
}

/// Draws a lab of these links; every device and both ends of every link must be in it.
fn drawn(name: &str, links: &[(String, String)]) {
    use crate::event::{DeviceInfo, LinkEnd, LinkInfo};
    let mut scene = Scene::begin(LabKind::Live);
    let mut names: Vec<&String> = links.iter().flat_map(|(a, b)| [a, b]).collect();
    names.sort_unstable();
    names.dedup();
    let lab = &mut scene.started().lab;
    let mut used = std::collections::BTreeMap::<&String, u32>::new();
    let mut end = |device| {
        let number = used.entry(device).or_default();
        *number += 1;
        LinkEnd {
            device: device.clone(),
            interface: format!("GigabitEthernet0/{number}/0"),
        }
    };
    lab.links = links.iter().map(|(a, b)| LinkInfo { a: end(a), b: end(b) }).collect();
    let template = lab.devices[0].clone();
    lab.devices = names
        .iter()
        .map(|name| DeviceInfo {
            name: (*name).clone(),
            ..template.clone()
        })
        .collect();
    scene.events.truncate(1);
    let folder = tempfile::tempdir().expect("a folder");
    let html = render(&scene.write(folder.path())).expect("a report");
    if let Some(samples) = std::env::var_os("REPORT_SAMPLES") {
        std::fs::write(std::path::Path::new(&samples).join(format!("lab-{name}.html")), &html).expect("a sample");
    }
    assert_eq!(html.matches("<line ").count(), links.len());
    assert_eq!(html.matches("<text class=\"end\"").count(), 2 * links.len());
    assert_eq!(html.matches("rx=\"5\"").count(), names.len());
}

/// Many phrases about one long answer: the answer is read once, and the file stays one that a browser opens.
#[test]
fn many_phrases_about_a_long_answer() {
    let mut scene = Scene::begin(LabKind::Live);
    let line = "        10.1.1.0/24  IBGP   255  0          RD  2.2.2.2         GigabitEthernet0/1/0\n";
    let template = scene.started().suites[0].cases[0].clone();
    scene.started().suites[0].cases = vec![crate::event::CaseInfo {
        phrases: std::iter::repeat_n(template.phrases[0].clone(), 200).collect(),
        ..template
    }];
    scene.case_started(0);
    let evidence = scene.answer("PE3", "display ip routing-table", &line.repeat(50_000));
    for index in 0..200u32 {
        let deciding = lines(
            "PE3",
            "display ip routing-table",
            &evidence,
            &[(index * 200 + 1, index * 200 + 2)],
        );
        scene.decide(case(0), index as usize, Verdict::Fail, "x", "y", deciding);
    }
    scene.case_finished(0, Verdict::Fail, None);
    scene.finish(Verdict::Fail, 1);
    let html = html(&scene);
    assert!(html.len() < 400_000, "{}", html.len());
    assert_eq!(html.matches("<mark>").count(), 400);
}
