//! Links of a lab: which interface is joined to which.

use std::collections::HashMap;

use checks::value::InterfaceName;
use reports::event::{LinkEnd, LinkInfo};

use super::Device;
use crate::source::reader::Reader;
use crate::source::yaml::{Node, Value};

/// Reads `links`. An end of a link of which `is_port` is not true of device and interface is refused.
pub(super) fn links_of(
    reader: &mut Reader<'_>,
    node: &Node,
    devices: &[Device],
    is_port: &dyn Fn(&str, &str) -> bool,
) -> Vec<LinkInfo> {
    let Value::List(nodes) = &node.value else {
        reader.mistyped(node, "a list of links");
        return Vec::new();
    };
    let mut links = Vec::new();
    let mut used: HashMap<(String, String), usize> = HashMap::new();
    for node in nodes {
        let Value::List(ends) = &node.value else {
            reader.mistyped(node, "a link: `[PE1 GigabitEthernet0/1/0, PE3 GigabitEthernet0/1/0]`");
            continue;
        };
        let [a, b] = ends.as_slice() else {
            reader.mistake(
                node.range.clone(),
                format!("a link has two ends, this one has {}", ends.len()),
            );
            continue;
        };
        let a = end(reader, a, devices, is_port, &mut used);
        let b = end(reader, b, devices, is_port, &mut used);
        if let (Some(a), Some(b)) = (a, b) {
            links.push(LinkInfo { a, b });
        }
    }
    links
}

fn end(
    reader: &mut Reader<'_>,
    node: &Node,
    devices: &[Device],
    is_port: &dyn Fn(&str, &str) -> bool,
    used: &mut HashMap<(String, String), usize>,
) -> Option<LinkEnd> {
    let text = reader.text(node, "a device and an interface")?;
    let Some((name, interface)) = text.text.split_once(char::is_whitespace) else {
        reader.mistakes.push(
            text.mistaken(format!("`{}` is no end of a link", text.text))
                .label("expected a device and an interface"),
        );
        return None;
    };
    if !devices.iter().any(|device| device.name == name) {
        reader.mistakes.push(
            text.mistake(0..name.len(), format!("unknown device `{name}`"))
                .nearest(name, devices.iter().map(|device| device.name.as_str())),
        );
        return None;
    }
    let interface = InterfaceName::new(interface.trim()).as_str().to_owned();
    if !is_port(name, &interface) {
        let at = text.text.len()
            - text
                .text
                .trim_start_matches(|c: char| !c.is_whitespace())
                .trim_start()
                .len();
        reader.mistakes.push(
            text.mistake(
                at..text.text.len(),
                format!("`{interface}` is no port of an emulated device"),
            )
            .label("expected a name such as GigabitEthernet0/1/0"),
        );
        return None;
    }
    let line = reader.file.place(node.range.start).line;
    if let Some(first) = used.insert((name.to_owned(), interface.clone()), line) {
        reader.mistakes.push(
            text.mistaken(format!("{interface} of {name} is an end of two links"))
                .help(format!("the other stands in line {first}")),
        );
        return None;
    }
    Some(LinkEnd {
        device: name.to_owned(),
        interface,
    })
}
