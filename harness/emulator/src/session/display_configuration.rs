//! `display this` and `display current-configuration`.

use super::Session;
use super::reply::Reply;
use crate::configuration::{Configuration, Node, print, print_block, print_matching};
use crate::display::system;
use crate::grammar::{self, Matched};

impl Session {
    pub(super) fn display_this(&self) -> Reply {
        let Some(editing) = &self.editing else {
            return Reply::output("");
        };
        // What has taken effect, as on the device; a view that is not committed yet is empty.
        Reply::output(print_block(&self.running(), &editing.path).unwrap_or_else(|| "#\nreturn\n".into()))
    }

    pub(super) fn display_current(&self, matched: &Matched) -> Reply {
        let running = self.running();
        let words: Vec<&str> = matched.words.iter().skip(2).map(|word| word.text.as_str()).collect();
        let text = match words.as_slice() {
            [] => self.with_header(&print(&running)),
            ["interface"] => print_matching(&running, &mut |node| node.key.interface().is_some()),
            ["interface", name] => {
                let Some(text) = print_found(&running, &mut |node| node.text == format!("interface {name}")) else {
                    return Reply::refusal("Error: The specified interface does not exist.");
                };
                text
            }
            ["configuration", names @ ..] => {
                let names = names.join(" ");
                let fits = |text: &str| text == names || text.starts_with(&format!("{names} "));
                match print_found(&running, &mut |node| node.key.view().is_some() && fits(&node.text)) {
                    Some(text) => text,
                    // Known, and not configured.
                    None if grammar::opens_view(&names) => String::new(),
                    None => return Reply::refusal(format!("Error: There is no configuration called `{names}`.")),
                }
            }
            _ => return Reply::refusal("Error: Unrecognized command."),
        };
        Reply::output(text)
    }

    pub(super) fn with_header(&self, text: &str) -> String {
        let updated = self
            .lab
            .running(self.device)
            .map_or_else(|| self.lab.clock(), |running| running.updated);
        format!(
            "!Software Version {}\n!Last configuration was updated at {} by {}\n{text}",
            system::VERSION,
            updated.format("%Y-%m-%d %H:%M:%S%:z"),
            self.username
        )
    }
}

fn print_found(configuration: &Configuration, wanted: &mut dyn FnMut(&Node) -> bool) -> Option<String> {
    let mut found = false;
    let text = print_matching(configuration, &mut |node| {
        let fits = wanted(node);
        found |= fits;
        fits
    });
    found.then_some(text)
}
