//! Runs for tests: what the runner would have emitted on the five-router lab of the BFD suite.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use checks::outcome::{DecidingLines, Verdict};
use checks::table::LineSpan;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::bundle::{Bundle, EVENTS_FILE, hexadecimal};
use crate::event::{
    CaseFinished, CaseInfo, CaseRef, CaseStarted, Change, ChangeMade, ChangeUndone, CommandAnswered, DeviceConnected,
    DeviceInfo, EVENT_FORMAT, Event, InputFile, LabInfo, LabKind, Level, LinkEnd, LinkInfo, Part, PhraseDecided,
    PlannedPhrase, Record, RunFinished, RunStarted, SuiteInfo, TimingResult,
};

/// PE3's VPN routing table while both access links are up.
pub const TWO_NEXT_HOPS: &str = "\
Route Flags: R - relay, D - download to fib, T - to vpn-instance, B - black hole route
------------------------------------------------------------------------------
Routing Table: VPNA
         Destinations : 4        Routes : 5

Destination/Mask    Proto  Pre  Cost     Flags NextHop         Interface

        1.1.1.1/32  IBGP   255  0          RD  3.3.3.3         GigabitEthernet0/2/0
                    IBGP   255  0          RD  2.2.2.2         GigabitEthernet0/1/0
       10.1.1.0/24  IBGP   255  0          RD  2.2.2.2         GigabitEthernet0/1/0
       10.2.1.0/24  IBGP   255  0          RD  3.3.3.3         GigabitEthernet0/2/0
       10.3.1.0/24  Direct 0    0           D  10.3.1.1        GigabitEthernet0/3/0
";

/// PE1's BFD session with the link to CE1 failed.
pub const BFD_DOWN: &str = "\
(w): State in WTR
(*): State is invalid
--------------------------------------------------------------------------------
  (One Hop) State : Down                    Name : pe1_to_ce1
--------------------------------------------------------------------------------
  Local Discriminator    : 8192             Remote Discriminator   : 8192
  Bind Peer IP Address   : 10.1.1.1
  Bind Interface         : GigabitEthernet0/3/0
  Vpn Instance Name      : VPNA
--------------------------------------------------------------------------------

     Total UP/DOWN Session Number : 0/1
";

/// A run that is being written down.
pub struct Scene {
    pub events: Vec<Record>,
    pub files: BTreeMap<String, Vec<u8>>,
    pub now: DateTime<Utc>,
}

/// A case by position in the first suite.
pub fn case(case: usize) -> CaseRef {
    CaseRef { suite: 0, case }
}

/// Deciding lines of a piece of evidence.
pub fn lines(device: &str, command: &str, evidence: &str, spans: &[(u32, u32)]) -> Vec<DecidingLines> {
    vec![DecidingLines {
        device: device.to_owned(),
        command: command.to_owned(),
        evidence: evidence.to_owned(),
        lines: spans.iter().map(|(first, last)| LineSpan::new(*first, *last)).collect(),
    }]
}

fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn phrase(part: Part, device: &str, written: &str, phrase: &str, line: u32) -> PlannedPhrase {
    PlannedPhrase {
        part,
        device: device.to_owned(),
        written: written.to_owned(),
        phrase: phrase.to_owned(),
        source: format!("suites/bfd-static-vpn.yaml:{line}:11"),
        level: Level::Error,
    }
}

fn link(a: (&str, &str), b: (&str, &str)) -> LinkInfo {
    let end = |(device, interface): (&str, &str)| LinkEnd {
        device: device.to_owned(),
        interface: format!("GigabitEthernet{interface}"),
    };
    LinkInfo { a: end(a), b: end(b) }
}

/// The lab of the BFD suite.
pub fn lab(kind: LabKind) -> LabInfo {
    let device = |name: &str, lsr_id: &str| DeviceInfo {
        name: name.to_owned(),
        platform: "huawei_vrp".to_owned(),
        address: match kind {
            LabKind::Live => format!("{}.lab.example:22", name.to_lowercase()),
            LabKind::Emulated => "emulated".to_owned(),
            LabKind::Recorded => "recorded".to_owned(),
        },
        facts: BTreeMap::from([("lsr_id".to_owned(), lsr_id.to_owned())]),
    };
    LabInfo {
        name: "bfd-static-vpn".to_owned(),
        kind,
        path: "inventories/bfd-static-vpn".to_owned(),
        devices: vec![
            device("PE1", "2.2.2.2"),
            device("PE2", "3.3.3.3"),
            device("PE3", "4.4.4.4"),
            device("CE1", "1.1.1.1"),
            device("CE2", "5.5.5.5"),
        ],
        links: vec![
            link(("PE1", "0/1/0"), ("PE3", "0/1/0")),
            link(("PE1", "0/2/0"), ("PE2", "0/2/0")),
            link(("PE2", "0/1/0"), ("PE3", "0/2/0")),
            link(("PE1", "0/3/0"), ("CE1", "0/1/0")),
            link(("PE2", "0/3/0"), ("CE1", "0/2/0")),
            link(("PE3", "0/3/0"), ("CE2", "0/1/0")),
        ],
        emulation: Vec::new(),
    }
}

fn suite() -> SuiteInfo {
    SuiteInfo {
        name: "BFD for static VPN routes".to_owned(),
        description: Some(
            "CE1 is dual-homed to PE1 and PE2; a failed access link moves the traffic to the other PE.".to_owned(),
        ),
        requirement: Some("ACC-BFD-01".to_owned()),
        tags: vec!["l3vpn".to_owned(), "bfd".to_owned()],
        path: "suites/bfd-static-vpn.yaml".to_owned(),
        cases: vec![
            CaseInfo {
                name: "PE3 balances traffic to CE1 over both PEs".to_owned(),
                requirement: Some("ACC-BFD-01.2".to_owned()),
                selected: true,
                phrases: vec![
                    phrase(
                        Part::Expect,
                        "PE3",
                        "two next hops for 1.1.1.1 in VPNA",
                        "2 next hops for 1.1.1.1/32 in VPNA",
                        12,
                    ),
                    phrase(
                        Part::Expect,
                        "PE3",
                        "next hops for 1.1.1.1 in VPNA are ${PE1.lsr_id} and ${PE2.lsr_id}",
                        "next hops for 1.1.1.1/32 in VPNA are 2.2.2.2 and 3.3.3.3",
                        13,
                    ),
                ],
            },
            CaseInfo {
                name: "the CE1–PE1 link fails".to_owned(),
                requirement: None,
                selected: true,
                phrases: vec![
                    phrase(
                        Part::Expect,
                        "PE1",
                        "BFD pe1_to_ce1 is Down within 1 s",
                        "BFD session pe1_to_ce1 is down within 1 s",
                        20,
                    ),
                    phrase(
                        Part::Afterwards,
                        "PE3",
                        "two next hops for 1.1.1.1 in VPNA within 60 s",
                        "2 next hops for 1.1.1.1/32 in VPNA within 60 s",
                        23,
                    ),
                ],
            },
        ],
    }
}

impl Scene {
    /// A run of the BFD suite that has just begun: sessions are open.
    pub fn begin(kind: LabKind) -> Self {
        let now = "2026-03-02T09:15:00Z".parse().expect("a time");
        let mut scene = Self {
            events: Vec::new(),
            files: BTreeMap::new(),
            now,
        };
        let inputs = [
            (
                "inputs/suites/bfd-static-vpn.yaml",
                "suite: BFD for static VPN routes\n",
            ),
            ("inputs/bfd-static-vpn/lab.yaml", "lab: bfd-static-vpn\n"),
        ];
        for (path, text) in inputs {
            scene.files.insert(path.to_owned(), text.as_bytes().to_vec());
        }
        let started = RunStarted {
            format: EVENT_FORMAT,
            netverdict: "0.1.0".to_owned(),
            run: "20260302-091500-7f3a".to_owned(),
            command_line: ["netverdict", "run", "suites/bfd-static-vpn.yaml"]
                .map(str::to_owned)
                .to_vec(),
            suites: vec![suite()],
            lab: lab(kind),
            changes_allowed: true,
            inputs: inputs
                .iter()
                .map(|(path, text)| InputFile {
                    path: (*path).to_owned(),
                    sha256: sha256(text.as_bytes()),
                })
                .collect(),
        };
        scene.emit(Event::RunStarted(started));
        for device in ["PE1", "PE2", "PE3", "CE1", "CE2"] {
            scene.wait(20);
            scene.emit(Event::DeviceConnected(DeviceConnected {
                device: device.to_owned(),
                prompt_name: device.to_owned(),
                host_key: Some("SHA256:q8mJ3cWb1t0mY2rV0vJXo0D4Kx9m1b6nTgk2oKQbq0E".to_owned()),
                host_key_verified_by: Some("inventory fingerprint".to_owned()),
            }));
        }
        scene.emit(Event::SuiteStarted { suite: 0 });
        scene
    }

    /// The whole run: balancing passes, the link fails and comes back.
    pub fn passing(kind: LabKind) -> Self {
        let mut scene = Self::begin(kind);
        scene.balanced();
        scene.case_started(1);
        scene.fail_link();
        let bfd = scene.answer("PE1", "display bfd session all verbose", BFD_DOWN);
        let deciding = lines("PE1", "display bfd session all verbose", &bfd, &[(4, 4)]);
        scene.decide(
            case(1),
            0,
            Verdict::Pass,
            "BFD session pe1_to_ce1 down",
            "down",
            deciding,
        );
        scene.timing("shutdown GigabitEthernet0/1/0", Some((22.5, 131.0)), 2, 1);
        scene.restore_link(None, &[]);
        let command = "display ip routing-table vpn-instance VPNA";
        let routes = scene.answer("PE3", command, TWO_NEXT_HOPS);
        let deciding = lines("PE3", command, &routes, &[(8, 9)]);
        scene.decide(
            case(1),
            1,
            Verdict::Pass,
            "2 next hops for 1.1.1.1/32 in VPNA",
            "2 next hops: 3.3.3.3, 2.2.2.2",
            deciding,
        );
        scene.timing("undo shutdown GigabitEthernet0/1/0", Some((804.0, 1310.0)), 3, 1);
        scene.case_finished(1, Verdict::Pass, None);
        scene.finish(Verdict::Pass, 0);
        scene
    }

    /// As the passing run, with a wrong next hop expected in the first case.
    pub fn failing(kind: LabKind) -> Self {
        let mut scene = Self::begin(kind);
        let phrase = &mut scene.started().suites[0].cases[0].phrases[1];
        phrase.written = "next hops for 1.1.1.1 in VPNA are ${PE1.lsr_id} and 9.9.9.9".to_owned();
        phrase.phrase = "next hops for 1.1.1.1/32 in VPNA are 2.2.2.2 and 9.9.9.9".to_owned();
        scene.case_started(0);
        let command = "display ip routing-table vpn-instance VPNA";
        let routes = scene.answer("PE3", command, TWO_NEXT_HOPS);
        let deciding = lines("PE3", command, &routes, &[(8, 9)]);
        scene.decide(
            case(0),
            0,
            Verdict::Pass,
            "2 next hops for 1.1.1.1/32 in VPNA",
            "2 next hops: 3.3.3.3, 2.2.2.2",
            deciding.clone(),
        );
        scene.decide(
            case(0),
            1,
            Verdict::Fail,
            "next hops 2.2.2.2 and 9.9.9.9",
            "next hops 2.2.2.2 on GigabitEthernet0/1/0 and 3.3.3.3 on GigabitEthernet0/2/0: 9.9.9.9 is missing, 3.3.3.3 is too many",
            deciding,
        );
        scene.case_finished(0, Verdict::Fail, None);
        scene.case_started(1);
        scene.decide(
            case(1),
            0,
            Verdict::Inconclusive,
            "BFD session pe1_to_ce1 down",
            "PE1 is not reachable: connection refused (10.0.0.1:22)",
            vec![],
        );
        scene.decide(
            case(1),
            1,
            Verdict::Inconclusive,
            "2 next hops for 1.1.1.1/32 in VPNA",
            "the change was not made",
            vec![],
        );
        scene.case_finished(
            1,
            Verdict::Inconclusive,
            Some("shutdown GigabitEthernet0/1/0 on CE1 was not sent"),
        );
        scene.finish(Verdict::Fail, 1);
        scene
    }

    /// Killed while the link is down.
    pub fn killed(kind: LabKind) -> Self {
        let mut scene = Self::begin(kind);
        scene.balanced();
        scene.case_started(1);
        scene.fail_link();
        scene
    }

    /// The first case, passed.
    pub fn balanced(&mut self) {
        self.case_started(0);
        let command = "display ip routing-table vpn-instance VPNA";
        let routes = self.answer("PE3", command, TWO_NEXT_HOPS);
        let deciding = lines("PE3", command, &routes, &[(8, 9)]);
        self.decide(
            case(0),
            0,
            Verdict::Pass,
            "2 next hops for 1.1.1.1/32 in VPNA",
            "2 next hops: 3.3.3.3, 2.2.2.2",
            deciding.clone(),
        );
        self.decide(
            case(0),
            1,
            Verdict::Pass,
            "next hops 2.2.2.2 and 3.3.3.3",
            "next hops 2.2.2.2 and 3.3.3.3",
            deciding,
        );
        self.case_finished(0, Verdict::Pass, None);
    }

    /// The change of the second case.
    pub fn fail_link(&mut self) {
        let interface = "interface GigabitEthernet0/1/0";
        self.emit(Event::ChangeJournaled(Change {
            id: 1,
            case: Some(case(1)),
            device: "CE1".to_owned(),
            written: "shutdown GigabitEthernet0/1/0".to_owned(),
            apply: vec![interface.to_owned(), "shutdown".to_owned()],
            undo: vec![interface.to_owned(), "undo shutdown".to_owned()],
            undo_derived: true,
        }));
        let sent_at = self.now;
        self.wait(35);
        let made = ChangeMade {
            id: 1,
            sent_at,
            acknowledged_at: self.now,
            refused: None,
        };
        self.emit(Event::ChangeMade(made));
    }

    /// The undo of the second case.
    pub fn restore_link(&mut self, failed: Option<&str>, residue: &[&str]) {
        self.wait(300);
        self.emit(Event::ChangeUndone(ChangeUndone {
            id: 1,
            because: "end of case".to_owned(),
            failed: failed.map(str::to_owned),
            residue: residue.iter().map(|line| (*line).to_owned()).collect(),
        }));
    }

    pub fn wait(&mut self, milliseconds: i64) {
        self.now += TimeDelta::milliseconds(milliseconds);
    }

    pub fn emit(&mut self, event: Event) {
        self.events.push(Record { at: self.now, event });
    }

    pub fn case_started(&mut self, at: usize) {
        self.wait(5);
        self.emit(Event::CaseStarted(CaseStarted {
            case: case(at),
            recorded_at: None,
        }));
    }

    pub fn case_finished(&mut self, at: usize, verdict: Verdict, reason: Option<&str>) {
        self.wait(40);
        self.emit(Event::CaseFinished(CaseFinished {
            case: case(at),
            verdict,
            reason: reason.map(str::to_owned),
        }));
    }

    pub fn finish(&mut self, verdict: Verdict, exit_code: u8) {
        self.emit(Event::SuiteFinished { suite: 0, verdict });
        self.wait(10);
        self.emit(Event::RunFinished(RunFinished {
            verdict,
            exit_code,
            interrupted: false,
        }));
    }

    /// An answer kept as evidence; its path.
    pub fn answer(&mut self, device: &str, command: &str, text: &str) -> String {
        self.answer_bytes(device, command, text.as_bytes())
    }

    pub fn answer_bytes(&mut self, device: &str, command: &str, bytes: &[u8]) -> String {
        let evidence = format!("evidence/{:04}-{device}.txt", self.files.len());
        let sent_at = self.now;
        self.wait(60);
        self.files.insert(evidence.clone(), bytes.to_vec());
        self.emit(Event::CommandAnswered(CommandAnswered {
            device: device.to_owned(),
            command: command.to_owned(),
            evidence: evidence.clone(),
            sha256: sha256(bytes),
            bytes: bytes.len() as u64,
            sent_at,
            answered_at: self.now,
            rejected: None,
        }));
        evidence
    }

    pub fn started(&mut self) -> &mut RunStarted {
        match &mut self.events[0].event {
            Event::RunStarted(started) => started,
            other => panic!("{other:?}"),
        }
    }

    /// Decides a planned phrase.
    pub fn decide(
        &mut self,
        case: CaseRef,
        index: usize,
        verdict: Verdict,
        expected: &str,
        actual: &str,
        deciding: Vec<DecidingLines>,
    ) {
        let planned = self.started().suites[case.suite].cases[case.case].phrases[index].clone();
        let started_at = self.now;
        self.wait(2);
        self.emit(Event::PhraseDecided(Box::new(PhraseDecided {
            case,
            part: planned.part,
            index,
            device: planned.device,
            written: planned.written,
            phrase: planned.phrase,
            source: planned.source,
            level: planned.level,
            verdict,
            expected: expected.to_owned(),
            actual: actual.to_owned(),
            deciding,
            warnings: Vec::new(),
            started_at,
            decided_at: self.now,
            timing: None,
        })));
    }

    /// Gives the phrase decided last a timing.
    pub fn timing(
        &mut self,
        origin: &str,
        became_true_between_ms: Option<(f64, f64)>,
        samples: u32,
        held_samples: u32,
    ) {
        self.last_phrase().timing = Some(TimingResult {
            origin: origin.to_owned(),
            became_true_between_ms,
            samples,
            held_samples,
            instrument: "CLI polling".to_owned(),
        });
    }

    pub fn last_phrase(&mut self) -> &mut PhraseDecided {
        self.events
            .iter_mut()
            .rev()
            .find_map(|record| match &mut record.event {
                Event::PhraseDecided(decided) => Some(&mut **decided),
                _ => None,
            })
            .expect("a phrase")
    }

    /// Events chosen by a test, changed by it.
    pub fn tamper(&mut self, mut change: impl FnMut(&mut Event)) {
        self.events.iter_mut().for_each(|record| change(&mut record.event));
    }

    /// The bundle of this run, written into a folder.
    pub fn write(&self, folder: &Path) -> Bundle {
        let events: String = self
            .events
            .iter()
            .map(|record| serde_json::to_string(record).expect("JSON") + "\n")
            .collect();
        fs::write(folder.join(EVENTS_FILE), events).expect("events are written");
        for (path, bytes) in &self.files {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().expect("a parent")).expect("folders are made");
            fs::write(file, bytes).expect("a file is written");
        }
        Bundle::open(folder).expect("a bundle")
    }
}
