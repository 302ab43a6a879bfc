//! Links of a point that would show the same packets: no balance, no path and no loss could be believed.

use std::path::{Path, PathBuf};

use checks::value::InterfaceName;
use reports::event::LinkEnd;

use super::capture::{PacketSource, PlannedLink};
use crate::inventory::Inventory;

/// Why a link would show packets that it shows already, or that another link of its point shows.
pub(super) fn same_packets(link: &PlannedLink, others: &[PlannedLink], lab: &Inventory) -> Option<String> {
    if let PacketSource::Files { files, .. } = &link.from {
        let whole: Vec<PathBuf> = files.iter().map(|file| resolved(file)).collect();
        let again = (1..).zip(whole.iter().skip(1)).find(|(at, file)| {
            let before = whole.get(..*at);
            before.is_some_and(|before| before.contains(file))
        });
        if let Some(file) = again.and_then(|(at, _)| files.get(at)) {
            return Some(format!(
                "`{}` is named twice: every packet would be there twice",
                file.display()
            ));
        }
    }
    others.iter().find_map(|other| {
        let both = format!("`{}` and `{}`", other.name, link.name);
        match (&link.from, &other.from) {
            (
                PacketSource::Port { device, interface },
                PacketSource::Port {
                    device: other_device,
                    interface: other_interface,
                },
            ) => {
                let (here, there) = ((device, interface), (other_device, other_interface));
                if here == there {
                    Some(format!("{both} are one port: every packet would be on both"))
                } else {
                    is_one_link(here, there, lab).then(|| {
                        format!(
                            "{both} are the ends of one link: every packet would be on both; capture one end, or make \
                             them two points"
                        )
                    })
                }
            }
            (
                PacketSource::Files { files, interface },
                PacketSource::Files {
                    files: other_files,
                    interface: other_interface,
                },
            ) => {
                let may_be_one = interface.is_none() || other_interface.is_none() || interface == other_interface;
                let known: Vec<PathBuf> = other_files.iter().map(|file| resolved(file)).collect();
                let shared = files.iter().find(|file| known.contains(&resolved(file)));
                shared.filter(|_| may_be_one).map(|file| {
                    format!(
                        "`{}` is named for {both}: every packet would be on both",
                        file.display()
                    )
                })
            }
            _ => None,
        }
    })
}

/// Whether a link of the lab joins two ports.
fn is_one_link(here: (&String, &String), there: (&String, &String), lab: &Inventory) -> bool {
    lab.links.iter().any(|link| {
        let is = |end: &LinkEnd, port: (&String, &String)| {
            end.device == *port.0 && InterfaceName::new(&end.interface) == InterfaceName::new(port.1)
        };
        (is(&link.a, here) && is(&link.b, there)) || (is(&link.b, here) && is(&link.a, there))
    })
}

/// The file that a path leads to, where there is one.
fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.components().collect())
}
