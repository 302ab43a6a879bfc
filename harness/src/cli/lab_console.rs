//! What can be typed while `netverdict lab serve` serves: links are broken and mended.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Read as _};
use std::time::{Duration, Instant};

use emulator::{ImpairmentId, RunningLab};

use crate::diagnostic::{harmless, nearest_word};
use crate::inventory::Inventory;
use crate::lab::impairment;
use crate::plan::{FAULT_FORMS, LinkDirection, PlannedFault};

const WORDS: [&str; 6] = ["cut", "lose", "delay", "mend", "status", "help"];
const HOW_TO_MEND: &str = "write `mend NUMBER`, `mend DEVICE INTERFACE` or `mend all`; `status` lists what is broken\n";
/// So often it is looked whether somebody typed, and may be listened to.
const LOOK: Duration = Duration::from_millis(200);
/// A longer line is nobody's.
const LONGEST_LINE: usize = 4096;

/// The faults that were typed.
pub(super) struct Console<'l> {
    lab: &'l RunningLab,
    inventory: &'l Inventory,
    in_force: Vec<Broken>,
    latest: u32,
}

struct Broken {
    number: u32,
    id: ImpairmentId,
    fault: PlannedFault,
    since: Instant,
}

impl<'l> Console<'l> {
    pub(super) fn new(lab: &'l RunningLab, inventory: &'l Inventory) -> Self {
        Self {
            lab,
            inventory,
            in_force: Vec::new(),
            latest: 0,
        }
    }

    /// Does what a line says; what there is to be said of it, in whole lines.
    pub(super) fn obey(&mut self, line: &str) -> String {
        if line.len() > LONGEST_LINE {
            // Its end may be what matters.
            return format!("nothing was done: the line is longer than {LONGEST_LINE} octets\n");
        }
        let words: Vec<String> = line.split_whitespace().map(str::to_ascii_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => String::new(),
            ["help" | "?"] => help(),
            ["status"] => self.status(),
            ["mend", "all"] => self.mend(|_| true, "every link is whole\n"),
            ["mend", number] => match number.parse::<u32>() {
                Ok(number) => self.mend(
                    |broken| broken.number == number,
                    "no fault has this number; `status` lists them\n",
                ),
                Err(_) => HOW_TO_MEND.to_owned(),
            },
            ["mend"] => HOW_TO_MEND.to_owned(),
            ["mend", ..] => self.mend_link(line.trim().get("mend".len()..).unwrap_or_default()),
            ["cut" | "lose" | "delay", ..] => self.break_link(line.trim()),
            [word, ..] => {
                let nearest = nearest_word(word, WORDS).map(|nearest| format!("did you mean `{nearest}`? "));
                let shown: String = line.trim().chars().take(60).collect();
                format!(
                    "`{}` is not understood: {}`help` lists what is\n",
                    harmless(&shown),
                    nearest.unwrap_or_default()
                )
            }
        }
    }

    fn break_link(&mut self, line: &str) -> String {
        let fault = match PlannedFault::of(line, self.inventory) {
            Ok(fault) => fault,
            Err(mistake) => return format!("{}\n", harmless(&mistake.to_string())),
        };
        let (end, direction, impairment) = impairment(&fault);
        match self.lab.impair(&end, direction, impairment) {
            Ok(id) => {
                self.latest += 1;
                let told = format!("{}: {fault}\n", self.latest);
                self.in_force.push(Broken {
                    number: self.latest,
                    id,
                    fault,
                    since: Instant::now(),
                });
                told
            }
            Err(error) => format!("{error}\n"),
        }
    }

    /// Mends a link, whichever of its ends was named when it was broken; one direction if that is said.
    fn mend_link(&mut self, link: &str) -> String {
        let named = match PlannedFault::of(&format!("cut{link}"), self.inventory) {
            Ok(named) => named,
            Err(mistake) => return format!("{}\n", harmless(&mistake.to_string())),
        };
        let links = &self.inventory.links;
        let other = links.iter().find_map(|link| match &named.end {
            end if link.a == *end => Some(&link.b),
            end if link.b == *end => Some(&link.a),
            _ => None,
        });
        let is_meant = |broken: &Broken| {
            let direction = match (&broken.fault.end, broken.fault.direction) {
                (end, direction) if *end == named.end => direction,
                (end, direction) if Some(end) == other => match direction {
                    LinkDirection::Both => LinkDirection::Both,
                    LinkDirection::Sending => LinkDirection::Receiving,
                    LinkDirection::Receiving => LinkDirection::Sending,
                },
                _ => return false,
            };
            named.direction == LinkDirection::Both || named.direction == direction
        };
        self.mend(
            is_meant,
            "nothing that was typed is wrong there; `status` lists what is broken\n",
        )
    }

    fn mend(&mut self, which: impl Fn(&Broken) -> bool, none: &str) -> String {
        let (mended, kept) = std::mem::take(&mut self.in_force).into_iter().partition(which);
        let mended: Vec<Broken> = mended;
        self.in_force = kept;
        if mended.is_empty() {
            return none.to_owned();
        }
        let mut told = String::new();
        for broken in mended {
            let _ = match self.lab.repair(broken.id) {
                Ok(()) => writeln!(told, "mended {}: {}", broken.number, broken.fault),
                Err(error) => writeln!(told, "{}: {error}", broken.number),
            };
        }
        told
    }

    fn status(&self) -> String {
        if self.in_force.is_empty() {
            return "every link is whole\n".to_owned();
        }
        let mut told = String::new();
        for broken in &self.in_force {
            let _ = writeln!(
                told,
                "{}: {}, for {} s",
                broken.number,
                broken.fault,
                broken.since.elapsed().as_secs()
            );
        }
        told
    }
}

fn help() -> String {
    let [cut, lose, delay] = FAULT_FORMS.map(|form| form.replace('`', ""));
    format!(
        "{cut} [sending|receiving]\n{lose} [sending|receiving]\n{delay} [sending|receiving]\n\
         mend NUMBER|DEVICE INTERFACE|all\nstatus\nCtrl-C ends the lab\n"
    )
}

/// Hands every line that is typed to `each`, to the end of the input or until `each` says no. A process in the background
/// does not read from its terminal, which would stop it.
pub(super) fn listen(mut each: impl FnMut(String) -> bool) {
    let input = std::io::stdin();
    let is_terminal = input.is_terminal();
    let mut line = Vec::new();
    loop {
        if is_terminal && !is_foreground() {
            std::thread::sleep(LOOK);
            continue;
        }
        if !is_readable() {
            continue;
        }
        // More than the buffer of standard input holds, so that nothing stays there unseen.
        let mut octets = [0; 16 * 1024];
        let Ok(length @ 1..) = input.lock().read(&mut octets) else {
            // The last line may lack its end.
            if !line.is_empty() {
                each(String::from_utf8_lossy(&line).into_owned());
            }
            return;
        };
        for octet in octets.iter().take(length) {
            match octet {
                b'\n' => {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    line.clear();
                    if !each(text) {
                        return;
                    }
                }
                // One octet beyond tells that the line is too long.
                _ if line.len() <= LONGEST_LINE => line.push(*octet),
                _ => {}
            }
        }
    }
}

fn is_foreground() -> bool {
    rustix::termios::tcgetpgrp(std::io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Waits a little for input.
fn is_readable() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let input = std::io::stdin();
    let mut polled = [PollFd::new(&input, PollFlags::IN)];
    let wait = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(LOOK.subsec_nanos()),
    };
    match poll(&mut polled, Some(&wait)) {
        Ok(ready) => ready > 0,
        Err(_) => {
            std::thread::sleep(LOOK);
            false
        }
    }
}
