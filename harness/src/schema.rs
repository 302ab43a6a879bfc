//! The formats of suites and inventories as JSON Schema, for editors; the keys are those that the readers know. That of
//! suites is here.

mod emulated;
mod fault;
mod inventory;

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::suite::keys::{LARGEST_PACKET, MOST_FLOWS, MOST_PACKETS, SMALLEST_PACKET};

/// The JSON Schema of suites.
pub fn suite() -> Schema {
    root::<Suite>()
}

/// The JSON Schema of inventories.
pub fn inventory() -> Schema {
    root::<inventory::Inventory>()
}

fn root<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(tidy))
        .into_generator()
        .into_root_schema_for::<T>()
}

/// A key that may be left out must not be given without a value; a description is one line.
fn tidy(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|name| name != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                property.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(choices)) = property.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
            if let [one] = choices.as_slice() {
                let one = one.as_object().cloned().unwrap_or_default();
                property.remove("anyOf");
                for (key, value) in one {
                    property.entry(key).or_insert(value);
                }
            }
        }
    }
}

/// Text that is not empty.
type Text = String;

/// One value or a list of them.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[allow(dead_code)]
enum OneOrMore<T> {
    /// One.
    One(T),
    /// Several.
    More(#[schemars(length(min = 1))] Vec<T>),
}

/// The value of a fact: text, a number, or true or false, used as it is written.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Plain {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Truth(bool),
}

/// A suite: cases that must hold on a lab.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{"required": ["cases"]}, {"required": ["include"]}]))]
#[allow(dead_code)]
struct Suite {
    /// Its name.
    #[schemars(length(min = 1))]
    suite: Text,
    /// What it is about.
    description: Option<Text>,
    /// Requirement that it proves; carried to every report.
    requirement: Option<Text>,
    /// The lab: a folder with lab.yaml, such a file or the bundle of an earlier run, looked for from this file's folder
    /// upwards. `--lab` overrides it.
    lab: Option<Text>,
    /// Tags, for `--tag`.
    tags: Option<OneOrMore<Text>>,
    /// Suite files whose cases come first, relative to this file and within its folder.
    include: Option<OneOrMore<Text>>,
    /// Changes made before the first case and undone after the last, by device.
    #[schemars(extend("minProperties" = 1))]
    setup: Option<BTreeMap<String, OneOrMore<Change>>>,
    /// Lines that undo a device's setup where the undo is neither given nor derived.
    teardown: Option<BTreeMap<String, OneOrMore<Text>>>,
    /// The cases.
    #[schemars(length(min = 1))]
    cases: Option<Vec<Case>>,
}

/// A case: what must be true, perhaps after a change.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["expect"]}, {"required": ["change", "afterwards"]}]))]
#[schemars(extend("dependentRequired" = {"afterwards": ["change"]}))]
#[allow(dead_code)]
struct Case {
    /// Its name, unique within the suite.
    #[schemars(length(min = 1))]
    name: Text,
    /// Requirement that it proves.
    requirement: Option<Text>,
    /// How much a failure of its phrases matters, where they do not say.
    level: Option<Level>,
    /// Tags, for `--tag`.
    tags: Option<OneOrMore<Text>>,
    /// What it needs; it is skipped, with the reason, where that is missing: `huawei_vrp` (of every device that it
    /// asks), `live`, `emulated`, `changes`, `traffic`, `capture`.
    needs: Option<OneOrMore<Text>>,
    /// Values with which the case is repeated: a list of rows, or a mapping of lists of which every combination is one.
    matrix: Option<Matrix>,
    /// Traffic that is sent while the case runs, by its name.
    #[schemars(extend("minProperties" = 1))]
    traffic: Option<BTreeMap<String, Traffic>>,
    /// Points of observation by name: packets are captured there while the case runs.
    #[schemars(extend("minProperties" = 1))]
    capture: Option<Capture>,
    /// Changes made first and undone at the end of the case, by device.
    #[schemars(extend("minProperties" = 1))]
    change: Option<BTreeMap<String, OneOrMore<Change>>>,
    /// What must be true, by device, or by point of observation for what its captures show; under `lab` what concerns several devices.
    #[schemars(extend("minProperties" = 1))]
    expect: Option<BTreeMap<String, OneOrMore<Expectation>>>,
    /// What must be true once the changes are undone.
    #[schemars(extend("minProperties" = 1))]
    afterwards: Option<BTreeMap<String, OneOrMore<Expectation>>>,
}

/// Flows of one kind: the same ends, ports counted up. Packets carry sequence numbers and the time at which they were sent.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct Traffic {
    /// Device that sends it.
    from: Text,
    /// Source address; the device chooses where it is not said.
    source: Option<Text>,
    /// Destination address.
    to: Text,
    /// VPN instance of the sending device.
    r#in: Option<Text>,
    /// How many flows; 1 where it is not said.
    #[schemars(range(min = 1, max = MOST_FLOWS))]
    flows: Option<u32>,
    /// Packets a second of each flow; 1000 where it is not said.
    #[schemars(range(min = 1, max = MOST_PACKETS))]
    rate: Option<u32>,
    /// Octets of each packet from the IP header on; 128 where it is not said.
    #[schemars(range(min = SMALLEST_PACKET, max = LARGEST_PACKET))]
    size: Option<u16>,
}

/// What a case captures.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Capture {
    /// The labels of the pseudowires of each VSI: the label below one of them is a flow label.
    #[schemars(extend("minProperties" = 1))]
    pseudowires: Option<BTreeMap<String, OneOrMore<Label>>>,
    /// Points of observation by name.
    #[schemars(flatten)]
    points: BTreeMap<String, Point>,
}

/// An MPLS label: a number from 16 to 1048575, or a value that is one.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Label {
    /// As it is.
    Number(#[schemars(range(min = 16, max = 1_048_575))] u32),
    /// By a value, `${PE1.v1_label}`.
    Value(Text),
}

/// A point of observation: one link, or several by name.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Point {
    /// One link, which has the point's name.
    One(CapturedLink),
    /// Several links.
    Links(BTreeMap<String, CapturedLink>),
}

/// Where the packets of a link come from.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum CapturedLink {
    /// A mirror of a port: `CE1 GigabitEthernet0/1/0`.
    Port(#[schemars(regex(pattern = r"^\S+\s+\S"))] Text),
    /// Files that were captured otherwise.
    Files(CaptureFiles),
}

/// Files that were captured otherwise.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct CaptureFiles {
    /// A pcap or pcapng file, relative to the suite, or several in the order of time.
    file: OneOrMore<Text>,
    /// The interface of the files whose packets are meant, by its name or number; all of them where none is said.
    interface: Option<Plain>,
}

/// How much a failure matters.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[allow(dead_code)]
enum Level {
    /// It fails the case.
    Error,
    /// It is reported and fails nothing.
    Warning,
}

/// Values with which a case is repeated.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Matrix {
    /// Each row is one repetition.
    Rows(#[schemars(length(min = 1))] Vec<BTreeMap<String, Plain>>),
    /// Every combination is one repetition.
    Combinations(BTreeMap<String, OneOrMore<Plain>>),
}

/// A change of a device's configuration.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Change {
    /// `shutdown INTERFACE` or `undo shutdown INTERFACE`; under `lab` `cut DEVICE INTERFACE`, `lose 10 % on DEVICE
    /// INTERFACE` or `delay 5 ms on DEVICE INTERFACE`, one way with `sending` or `receiving`. The undo is derived.
    Sentence(Text),
    /// Configuration lines with their undo.
    Configure(Configure),
    /// A fault of a link, under `lab`, with a name.
    Fault(fault::NamedFault),
}

/// Configuration lines with their undo.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct Configure {
    /// Name for `after NAME`.
    name: Option<Text>,
    /// The lines, from the system view.
    configure: OneOrMore<Text>,
    /// The lines that undo them, from the system view; may be left out where the undo can be derived.
    undo: Option<OneOrMore<Text>>,
}

/// What must be true.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code)]
enum Expectation {
    /// A phrase; `netverdict phrases` lists every form.
    Phrase(Text),
    /// A phrase with a level or a requirement of its own.
    More(PhraseWith),
}

/// A phrase with a level or a requirement of its own.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
struct PhraseWith {
    /// The phrase.
    phrase: Text,
    /// How much its failure matters.
    level: Option<Level>,
    /// Requirement that it proves.
    requirement: Option<Text>,
}

/// A duration: `50 us`, `500 ms`, `10 s`, `2 min`.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct Wait(#[schemars(regex(pattern = r"^\s*[0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|min)\s*$"))] Text);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::keys as inventory_keys;
    use crate::suite::keys as suite_keys;

    /// The properties of a definition; of the root where the name is empty.
    fn properties(schema: &Schema, definition: &str) -> Vec<String> {
        let pointer = if definition.is_empty() {
            "/properties".into()
        } else {
            format!("/$defs/{definition}/properties")
        };
        let value = schema
            .as_value()
            .pointer(&pointer)
            .unwrap_or_else(|| panic!("{definition} has properties"));
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    }

    fn sorted(keys: &[&str]) -> Vec<String> {
        let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        keys.sort();
        keys
    }

    #[test]
    fn the_schemas_and_the_readers_know_the_same_keys() {
        let suite = suite();
        assert_eq!(properties(&suite, ""), sorted(suite_keys::SUITE_KEYS));
        assert_eq!(properties(&suite, "Case"), sorted(suite_keys::CASE_KEYS));
        assert_eq!(properties(&suite, "PhraseWith"), sorted(suite_keys::EXPECTATION_KEYS));
        assert_eq!(properties(&suite, "Configure"), sorted(suite_keys::CONFIGURE_KEYS));
        assert_eq!(properties(&suite, "NamedFault"), sorted(suite_keys::FAULT_KEYS));
        let lab = inventory();
        assert_eq!(properties(&lab, ""), sorted(inventory_keys::LAB_KEYS));
        assert_eq!(properties(&lab, "Device"), sorted(inventory_keys::DEVICE_KEYS));
        assert_eq!(properties(&lab, "Defaults"), sorted(inventory_keys::DEFAULTS_KEYS));
        assert_eq!(properties(&lab, "Timeouts"), sorted(inventory_keys::TIMEOUT_KEYS));
        assert_eq!(properties(&lab, "Settings"), sorted(inventory_keys::EMULATED_KEYS));
        let delays: Vec<&str> = emulator::Delays::default().named().map(|(name, _)| name).to_vec();
        assert_eq!(properties(&lab, "Delays"), sorted(&delays));
        let oddities: Vec<&str> = crate::inventory::MISBEHAVIOURS.iter().map(|(name, _)| *name).collect();
        assert_eq!(properties(&lab, "Misbehaviour"), sorted(&oddities));
        assert_eq!(properties(&lab, "KeyWith"), sorted(inventory_keys::KEY_KEYS));
    }

    #[test]
    fn the_schemas_and_the_readers_know_the_same_words() {
        let words = |schema: &Schema, definition: &str| -> Vec<String> {
            let choices = schema
                .as_value()
                .pointer(&format!("/$defs/{definition}/oneOf"))
                .unwrap();
            choices
                .as_array()
                .unwrap()
                .iter()
                .map(|choice| choice["const"].as_str().unwrap().to_owned())
                .collect()
        };
        let suite = suite();
        let levels: Vec<&str> = suite_keys::LEVELS.iter().map(|(word, _)| *word).collect();
        assert_eq!(words(&suite, "Level"), levels);
        let lab = inventory();
        let modes: Vec<&str> = inventory_keys::CONFIGURATION_MODES
            .iter()
            .map(|(word, _)| *word)
            .collect();
        assert_eq!(words(&lab, "ConfigurationMode"), modes);
        let platforms: Vec<&str> = crate::inventory::Platform::ALL
            .iter()
            .map(|platform| platform.name())
            .collect();
        assert_eq!(words(&lab, "Platform"), platforms);
    }
}
