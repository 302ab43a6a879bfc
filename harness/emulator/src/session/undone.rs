//! What is typed in sessions and taken back leaves nothing behind: the texts of all configurations, every computed table
//! and every answer are what they were.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Session, Then};
use crate::answers::tests::lab::ageless;
use crate::answers::tests::random_vpns::plan;
use crate::configuration::{Configuration, Key, Node, Path, changes, print};
use crate::generate::{GeneratedNetwork, generate};
use crate::grammar::samples;
use crate::lab::Lab;
use crate::network::State;
use crate::spec::{Clock, LabSpec};

const QUESTIONS: [&str; 22] = [
    "display current-configuration",
    "display ip routing-table all-vpn-instance verbose",
    "display ip routing-table verbose",
    "display ip routing-table protocol static inactive",
    "display fib",
    "display ip vpn-instance verbose",
    "display ip vpn-instance interface",
    "display interface brief",
    "display ip interface brief",
    "display ospf peer",
    "display ospf routing",
    "display ospf interface",
    "display mpls interface",
    "display mpls ldp session",
    "display mpls ldp lsp",
    "display mpls lsp verbose",
    "display tunnel-info all",
    "display bgp routing-table",
    "display bgp vpnv4 all peer",
    "display bgp vpnv4 all routing-table",
    "display bgp vpnv4 all routing-table label",
    "display bfd session all verbose",
];

struct Users {
    lab: Arc<Lab>,
    sessions: Vec<Session>,
}

impl Users {
    fn of(network: &GeneratedNetwork) -> Self {
        let spec = LabSpec {
            clock: Clock::Stepped,
            ..network.lab("undone")
        };
        let lab = Arc::new(Lab::new(&spec).unwrap());
        let sessions = (0..lab.devices.len())
            .map(|device| Session::new(Arc::clone(&lab), device, "admin".into()))
            .collect();
        Self { lab, sessions }
    }

    fn running(&self, device: usize) -> Arc<Configuration> {
        self.lab.running(device).unwrap().configuration
    }

    /// Types lines of the system view, blank by blank deeper, and commits them; which of them were refused.
    fn commit(&mut self, device: usize, lines: &str) -> Vec<String> {
        let user = &mut self.sessions[device];
        user.execute("system-view");
        let mut refused = Vec::new();
        for line in lines.lines().filter(|line| *line != "return") {
            let depth = line.len() - line.trim_start().len();
            while line != "#" && user.views().len() > depth + 1 {
                user.execute("quit");
            }
            let reply = user.execute(line);
            if reply.refused {
                refused.push(format!("{line}: {}", reply.text));
            }
        }
        let reply = user.execute("commit");
        assert!(!reply.refused, "{lines}\n{}", reply.text);
        let reply = user.execute("return");
        assert_eq!(reply.then, Then::Prompt, "{lines}");
        refused
    }

    fn settle(&self) {
        self.lab.timed().unwrap().settle(std::time::Duration::from_secs(3600));
    }

    fn texts(&self) -> Vec<String> {
        self.lab
            .snapshot()
            .iter()
            .map(|configuration| print(configuration))
            .collect()
    }

    fn state(&self) -> Result<State, String> {
        let timed = self.lab.timed().unwrap();
        timed.now().state(usize::MAX).map_err(|error| error.to_string())
    }

    fn answers(&mut self) -> String {
        let mut text = String::new();
        for user in &mut self.sessions {
            for question in QUESTIONS {
                let reply = user.execute(question);
                let body = reply
                    .text
                    .lines()
                    .filter(|line| !line.starts_with("!Last configuration"));
                text += &format!("{} {question}\n", user.prompt());
                text += &ageless(&body.flat_map(|line| [line, "\n"]).collect::<String>());
            }
        }
        text
    }
}

/// The views of a configuration with their first lines.
fn views(configuration: &Configuration) -> Vec<(Path, Vec<String>)> {
    fn below(lines: &[Node], path: &Path, heads: &[String], found: &mut Vec<(Path, Vec<String>)>) {
        found.push((path.clone(), heads.to_vec()));
        for line in lines.iter().filter(|line| line.key.view().is_some()) {
            let mut path = path.clone();
            path.push(line.key.clone());
            let mut heads = heads.to_vec();
            heads.push(line.text.clone());
            below(&line.children, &path, &heads, found);
        }
    }
    let mut found = Vec::new();
    below(&configuration.lines, &Path::new(), &[], &mut found);
    found
}

/// One line drawn for a device: one of the grammar's examples with values of this network, or the undo of one that is
/// there.
fn line(network: &GeneratedNetwork, configuration: &Configuration, draw: &Draw) -> (String, String) {
    let views = views(configuration);
    let (path, heads) = draw.view.get(&views);
    let here: Vec<&Node> = configuration.block(path).into_iter().flatten().collect();
    let text = if draw.undo && !here.is_empty() {
        let text = &draw.line.get(&here).text;
        text.strip_prefix("undo ")
            .map_or_else(|| format!("undo {text}"), str::to_owned)
    } else {
        let lines = samples::configuration_lines(Configuration::view_at(path));
        if lines.is_empty() {
            return (String::new(), String::new());
        }
        let addresses: Vec<String> = network
            .devices
            .iter()
            .map(|device| device.loopback.to_string())
            .collect();
        let interfaces: Vec<String> = configuration.interfaces().map(|(name, _)| name.to_string()).collect();
        let names: Vec<&str> = network.vpns.iter().map(|vpn| vpn.name.as_str()).chain(["x"]).collect();
        let words = draw.line.get(&lines).split(' ').map(|word| match word {
            "10.0.0.1" => draw.value.get(&addresses).as_str(),
            "GigabitEthernet0/1/0" if !interfaces.is_empty() => draw.value.get(&interfaces).as_str(),
            "x" => *draw.value.get(&names),
            "1:1" if !network.vpns.is_empty() => draw.value.get(&network.vpns).target.as_str(),
            "100" => "64500",
            word => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let mut lines = String::new();
    for (depth, head) in heads.iter().chain([&text]).enumerate() {
        lines += &format!("{}{head}\n", " ".repeat(depth));
    }
    (lines, text)
}

#[derive(Debug, Clone)]
struct Draw {
    device: Index,
    view: Index,
    line: Index,
    value: Index,
    undo: bool,
    settles: bool,
}

fn draw() -> impl Strategy<Value = Draw> {
    (
        any::<Index>(),
        any::<Index>(),
        any::<Index>(),
        any::<Index>(),
        prop::bool::weighted(0.4),
        any::<bool>(),
    )
        .prop_map(|(device, view, line, value, undo, settles)| Draw {
            device,
            view,
            line,
            value,
            undo,
            settles,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn what_is_typed_and_undone_leaves_nothing_behind(
        plan in plan(),
        draws in prop::collection::vec(draw(), 4..20),
        by_rollback: bool,
    ) {
        let network = generate(&plan).unwrap();
        let mut users = Users::of(&network);
        let (texts, state, answers) = (users.texts(), users.state(), users.answers());
        let mut course = Vec::new();
        for draw in &draws {
            let device = draw.device.index(network.devices.len());
            let before = users.running(device);
            let (lines, _) = line(&network, &before, draw);
            users.commit(device, &lines);
            if draw.settles {
                users.settle();
            }
            let after = users.running(device);
            let lab = Arc::clone(&users.lab);
            let is_port = |key: &Key| lab.devices[device].is_port(key);
            course.push((device, changes(&after, &before, &is_port), lines));
        }
        let typed: Vec<&str> = course.iter().map(|(_, _, lines)| lines.as_str()).collect();
        if by_rollback {
            for device in 0..network.devices.len() {
                let user = &mut users.sessions[device];
                let list = user.execute("display configuration commit list");
                let first = list.text.lines().rev().nth(1).unwrap().split_whitespace().nth(1).unwrap().to_owned();
                let reply = user.execute(&format!("rollback configuration to commit-id {first}"));
                if let Then::Ask(question) = reply.then {
                    let reply = user.answer(question, "y");
                    prop_assert!(!reply.refused, "{}", reply.text);
                }
            }
        } else {
            for (device, opposite, _) in course.iter().rev() {
                let refused = users.commit(*device, opposite);
                prop_assert!(refused.is_empty(), "{refused:?}\n{opposite}");
            }
        }
        users.settle();
        prop_assert_eq!(&users.texts(), &texts, "{:?}", typed);
        prop_assert!(users.state() == state, "a table is another after {typed:?}");
        let now = users.answers();
        for (now, before) in now.lines().zip(answers.lines()) {
            prop_assert_eq!(now, before, "{:?}", typed);
        }
        prop_assert_eq!(now.len(), answers.len());
    }
}
