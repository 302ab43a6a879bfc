//! `netverdict capture`.

mod event;
mod plot;
mod polarisation;
mod tables;
mod values;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use checks::Verdict;
use checks::capture::event::{Event, Speaker};
use checks::capture::measure::Instant;
use checks::capture::measure::outage::EndOfTraffic;
use checks::capture::observe::SequenceSource;
use checks::capture::packet::FlowKey;
use checks::phrase::{Assertion, Scope, parse};
use ipnet::IpNet;
use reports::visible::visible_line;

use super::{Exit, Terminal, signals};
use crate::capture::split_interface;
use crate::study::{
    FlowSeen, Known, LinkFiles, Meant, PointFiles, PointStudy, Pseudowires, Rates, Study, decide, is_between,
};
use plot::can_be_read_twice;

/// Measure failover and load balancing in capture files
///
/// Reads pcap and pcapng, plain, gzip or zstd, from files or standard input (`-`). Each FILE is a link of one point of
/// observation; `--at` names several points. Every number has its bounds; what the captures cannot tell is said.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// What the files hold, and how far they can be trusted
    Summary(Drawn),
    /// The flows: packets, losses, order, delay variation
    Flows(Drawn),
    /// How long each flow was interrupted, with bounds
    Outage(Outage),
    /// A failover taken apart: detection, propagation, switch-over, recovery
    Anatomy(Anatomy),
    /// How flows and packets are spread over the links of each point
    Balance(Drawn),
    /// Whether a second stage of balancing spreads what each link of a first one sent it
    ///
    /// The first `--at` is the first stage, every other one a second stage behind it, each with all its links. Exits as
    /// `decide` does: 0 spread, 1 polarised or not spread at all, 3 not known.
    Polarisation(Options),
    /// What the control plane did: BFD, BGP, LDP, OSPF, IS-IS, VRRP
    Events(Drawn),
    /// Decide a phrase about captures; `netverdict phrases capture` lists them
    Decide {
        /// The phrase
        #[arg(value_name = "PHRASE")]
        phrase: String,
        /// The point of observation where flows are judged; without it, each is where its TTL is lowest
        #[arg(long, value_name = "POINT")]
        under: Option<String>,
        #[command(flatten)]
        options: Options,
    },
}

#[derive(Debug, clap::Args)]
struct Drawn {
    #[command(flatten)]
    options: Options,

    /// Draw a figure as well: packets a second around the failure with its phases, or, with `balance`, which flow used which
    /// link. An existing file is replaced
    #[arg(long, value_name = "FILE.svg", value_hint = clap::ValueHint::FilePath)]
    plot: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Outage {
    #[command(flatten)]
    drawn: Drawn,

    /// Measure by rate as well, with packets counted in bins of this length: `10ms`
    #[arg(long, value_name = "TIME", value_parser = values::bin)]
    bin: Option<i64>,
}

#[derive(Debug, clap::Args)]
struct Anatomy {
    #[command(flatten)]
    drawn: Drawn,

    /// When the failure was, by the clock of the first point: seconds since 1970 as `1795222207.5203`,
    /// `2026-11-21T17:30:00.25Z`, or `+2.5` for seconds since the first packet; `A..B` for bounds
    #[arg(long, value_name = "INSTANT", value_parser = event::event)]
    event: Option<event::Event>,
}

#[derive(Debug, clap::Args)]
struct Options {
    /// Capture files, each a link of one point of observation; `-` is standard input, FILE#eth0 one interface of a file by
    /// its name or number
    #[arg(value_name = "FILE[#INTERFACE]", required_unless_present = "at", conflicts_with = "at", value_hint = clap::ValueHint::FilePath)]
    files: Vec<String>,

    /// A point of observation and its links, each a file or NAME:FILE, or one interface of a file, FILE#eth0; may be repeated
    #[arg(long, value_name = "POINT=[LINK:]FILE[#INTERFACE],…", value_parser = values::point)]
    at: Vec<NamedPoint>,

    /// Only flows from one address or network to another, `10.3.1.2->1.1.1.1`; with `events`, only what the one says to the other
    #[arg(long, value_name = "FROM->TO", value_parser = values::between)]
    flow: Option<(IpNet, IpNet)>,

    /// Where packets have their sequence numbers: `probe` (the payload SEQ1), `rtp`, `none`, or OFFSET:OCTETS in the payload
    #[arg(long, value_name = "WHERE", default_value = "probe", value_parser = values::sequence)]
    sequence: SequenceSource,

    /// Packets a second of each flow, as its sender says
    #[arg(long, value_name = "RATE", value_parser = values::rate)]
    rate: Option<u32>,

    /// Flows that end together were stopped: an end is no outage
    #[arg(long)]
    stopped: bool,

    /// The labels of a VSI's pseudowires; the label below one of them is a flow label. May be repeated
    #[arg(long, value_name = "VSI=LABEL,…", value_parser = values::pseudowires)]
    pseudowires: Vec<Pseudowires>,

    /// All captures were taken by one clock; without it, clocks are compared by packets that two points saw
    #[arg(long)]
    one_clock: bool,

    /// The longest time that a packet takes between two points: their clocks are then compared by packets of one direction
    #[arg(long, value_name = "TIME", value_parser = values::transit)]
    transit: Option<i64>,

    /// By how much the delays of paths differ at most: flows without numbers and send times have an upper bound then
    #[arg(long, value_name = "TIME", value_parser = values::transit)]
    paths_differ: Option<i64>,

    /// A packet that was held back longer than this counts as lost
    #[arg(long, value_name = "TIME", value_parser = values::transit)]
    late: Option<i64>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A point of observation as `--at` names it.
#[derive(Debug, Clone)]
struct NamedPoint {
    name: String,
    /// Each with its name, where it has one, and its file.
    links: Vec<(Option<String>, String)>,
}

impl Args {
    /// Measures and prints.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let is_judged = Arc::new(AtomicBool::new(false));
        signals::end_on_signals(&is_judged)?;
        let (text, exit) = match &self.command {
            Command::Summary(drawn) => {
                let listed = match drawn.options.flow {
                    Some(_) => Listed::Flows,
                    None => Listed::Files,
                };
                drawn.shown(drawn.of_flows(), listed, tables::summary, plot::packets)?
            }
            Command::Flows(drawn) => drawn.shown(drawn.of_flows(), Listed::Flows, tables::flows, plot::packets)?,
            Command::Outage(Outage { drawn, bin }) => {
                let also = Also { bin: *bin, event: None };
                drawn.shown_with(also, drawn.of_flows(), Listed::Flows, tables::outage, plot::packets)?
            }
            Command::Anatomy(Anatomy { drawn, event }) => {
                let also = Also {
                    bin: None,
                    event: *event,
                };
                drawn.shown_with(also, Wanted::Control, Listed::Flows, tables::anatomy, plot::packets)?
            }
            Command::Balance(drawn) => drawn.shown(Wanted::Balance, Listed::Flows, tables::balance, plot::matrices)?,
            Command::Polarisation(options) => options.polarised()?,
            Command::Events(drawn) => drawn.shown(Wanted::Control, Listed::Events, tables::events, plot::packets)?,
            Command::Decide { phrase, under, options } => {
                if options.flow.is_some() {
                    bail!(
                        "`--flow` is not for `decide`: the phrase says which flows are meant, `traffic FROM -> TO …`"
                    );
                }
                options.decided(phrase, under.as_deref())?
            }
        };
        is_judged.store(true, Ordering::Release);
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())
            .context("cannot write to standard output")?;
        out.flush().context("cannot write to standard output")?;
        Ok(exit)
    }
}

/// What a table is made of.
pub(super) struct Shown<'a> {
    pub study: &'a Study,
    pub flow: Option<(IpNet, IpNet)>,
    /// When the failure was, where that is stated, by the clock of the first point.
    pub event: Option<Instant>,
    /// Interruptions by rate of each point, where they are wanted.
    pub rates: Vec<Rates>,
    /// Whether JSON is wanted.
    pub json: bool,
}

/// What is asked of one table alone.
#[derive(Debug, Clone, Copy, Default)]
struct Also {
    bin: Option<i64>,
    event: Option<event::Event>,
}

impl Shown<'_> {
    /// What is said where not all flows are meant.
    fn alone(&self) -> String {
        self.flow
            .map_or_else(String::new, |(from, to)| format!(", flows {from} -> {to} alone"))
    }

    /// The failover that is meant.
    fn meant(&self) -> Meant {
        Meant {
            only: self.flow,
            event: self.event,
        }
    }

    /// The flows of a point that are meant.
    fn flows<'p>(&self, point: &'p PointStudy) -> impl Iterator<Item = &'p FlowSeen> {
        point.flows.iter().filter(|seen| self.is_meant(&seen.key))
    }

    fn is_meant(&self, key: &FlowKey) -> bool {
        self.flow.is_none_or(|between| is_between(key, between))
    }

    /// The events that are meant.
    fn events(&self) -> impl Iterator<Item = &Event> {
        let is_within = |network: IpNet, speaker: Speaker| match speaker {
            Speaker::Address(address) => network.contains(&address),
            _ => false,
        };
        self.study.control.events.iter().filter(move |event| {
            let flow = self.flow;
            flow.is_none_or(|(from, to)| is_within(from, event.from) && is_within(to, event.to))
        })
    }
}

/// What a table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    Files,
    Flows,
    Events,
}

/// What is looked at besides the outages of flows, which takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Nothing.
    Flows,
    /// The control plane.
    Control,
    /// How flows are spread over links.
    Balance,
    /// Everything.
    All,
}

impl Drawn {
    /// What is wanted of flows: a figure has the phases of the failover as well.
    fn of_flows(&self) -> Wanted {
        match self.plot {
            Some(_) => Wanted::Control,
            None => Wanted::Flows,
        }
    }

    fn shown(
        &self,
        wanted: Wanted,
        listed: Listed,
        table: fn(&Shown<'_>) -> tables::Printed,
        draw: fn(&Shown<'_>) -> anyhow::Result<String>,
    ) -> anyhow::Result<(String, Exit)> {
        self.shown_with(Also::default(), wanted, listed, table, draw)
    }

    fn shown_with(
        &self,
        also: Also,
        wanted: Wanted,
        listed: Listed,
        table: fn(&Shown<'_>) -> tables::Printed,
        draw: fn(&Shown<'_>) -> anyhow::Result<String>,
    ) -> anyhow::Result<(String, Exit)> {
        let points = self.options.points()?;
        if let Some(file) = &self.plot {
            plot::is_possible(file, &points)?;
        }
        if also.bin.is_some() {
            can_be_read_twice("--bin", &points)?;
        }
        let study = self.options.study(wanted)?;
        let mut shown = self.options.of(&study);
        if let Some(bin) = also.bin {
            let rates = study.points.iter().map(|point| study.rates(point, shown.flow, bin));
            shown.rates = rates.collect::<Result<_, _>>()?;
        }
        let first = study.points.first().and_then(|point| point.outages.window);
        shown.event = also.event.map(|event| event.within(first)).transpose()?;
        if let Some(file) = &self.plot {
            let figure = draw(&shown)?;
            std::fs::write(file, figure).with_context(|| format!("cannot write {}", file.display()))?;
        }
        self.options.printed(&shown, listed, table)
    }
}

impl Options {
    fn points(&self) -> anyhow::Result<Vec<PointFiles>> {
        let link = |name: Option<&str>, text: &str| {
            let (path, interface) = split_interface(text);
            let name = name.map_or_else(|| link_name(&path, interface.as_deref()), str::to_owned);
            LinkFiles {
                device: name.clone(),
                name,
                evidence: vec![text.to_owned()],
                files: vec![path],
                interface,
            }
        };
        let mut points: Vec<PointFiles> = Vec::new();
        if !self.files.is_empty() {
            points.push(PointFiles {
                name: "all".to_owned(),
                links: self.files.iter().map(|text| link(None, text)).collect(),
            });
        }
        for NamedPoint { name, links } in &self.at {
            points.push(PointFiles {
                name: name.clone(),
                links: links.iter().map(|(name, text)| link(name.as_deref(), text)).collect(),
            });
        }
        let mut names: Vec<&str> = Vec::new();
        for point in &points {
            if names.contains(&point.name.as_str()) {
                bail!("two points of observation are named `{}`", point.name);
            }
            names.push(&point.name);
            let mut links: Vec<&str> = point.links.iter().map(|link| link.name.as_str()).collect();
            links.sort_unstable();
            if links.windows(2).any(|two| two.first() == two.last()) {
                bail!(
                    "two links of `{}` have one name: name them, `--at {}=NAME:FILE,NAME:FILE`",
                    point.name,
                    point.name
                );
            }
        }
        refuse_twice(points.iter().flat_map(|point| &point.links))?;
        let standard = points
            .iter()
            .flat_map(|point| &point.links)
            .flat_map(|link| &link.files)
            .filter(|path| path.as_path() == Path::new("-"));
        if standard.count() > 1 {
            bail!("standard input can be read once only");
        }
        Ok(points)
    }

    fn of<'a>(&self, study: &'a Study) -> Shown<'a> {
        Shown {
            study,
            flow: self.flow,
            event: None,
            rates: Vec::new(),
            json: self.json,
        }
    }

    fn study(&self, wanted: Wanted) -> anyhow::Result<Study> {
        for (place, known) in self.pseudowires.iter().enumerate() {
            for other in self
                .pseudowires
                .iter()
                .take(place)
                .filter(|other| other.vsi != known.vsi)
            {
                if let Some(label) = known.labels.iter().find(|label| other.labels.contains(label)) {
                    bail!("label {label} is one of VSI {} and of VSI {}", other.vsi, known.vsi);
                }
            }
        }
        let known = Known {
            sequence: self.sequence,
            rate: self.rate,
            end: if self.stopped {
                EndOfTraffic::Together
            } else {
                EndOfTraffic::Unknown
            },
            // Elsewhere other flows witness that the capture ran, and tell clocks.
            only: self.flow.filter(|_| wanted == Wanted::Balance),
            control: matches!(wanted, Wanted::Control | Wanted::All),
            without_balance: !matches!(wanted, Wanted::Balance | Wanted::All),
            one_clock: self.one_clock,
            transit: self.transit,
            paths_differ: self.paths_differ,
            late: self.late,
            pseudowires: self.pseudowires.clone(),
            ..Known::default()
        };
        Ok(Study::of(&self.points()?, &known)?)
    }

    fn polarised(&self) -> anyhow::Result<(String, Exit)> {
        polarisation::is_possible(&self.points()?)?;
        let study = self.study(Wanted::Flows)?;
        let (printed, verdict) = polarisation::stages(&self.of(&study));
        Ok((self.written(printed)?, Exit::from(verdict)))
    }

    fn written(&self, printed: tables::Printed) -> anyhow::Result<String> {
        if !self.json {
            return Ok(printed.text);
        }
        let mut text = serde_json::to_string_pretty(&printed.json)?;
        text.push('\n');
        Ok(text)
    }

    /// The table, and what is wrong with the files where it does not say so itself. A table of flows that holds none tells
    /// nothing, nor does one of the events of chosen ends.
    fn printed(
        &self,
        shown: &Shown<'_>,
        listed: Listed,
        table: fn(&Shown<'_>) -> tables::Printed,
    ) -> anyhow::Result<(String, Exit)> {
        let study = shown.study;
        let mut text = self.written(table(shown))?;
        let files = || study.points.iter().flat_map(|point| &point.files);
        if !self.json {
            for file in files() {
                for doubt in file.integrity.packet_doubts.iter().chain(&file.integrity.time_doubts) {
                    let note = format!("{}: {doubt}", file.name());
                    let note = visible_line(&note);
                    if !text.contains(&*note) {
                        text.push_str(&format!("  note: {note}\n"));
                    }
                }
            }
        }
        let sound = files().all(|file| file.integrity.packets_are_sound() && file.integrity.times_are_sound());
        let told = match listed {
            Listed::Files => true,
            Listed::Flows => study.points.iter().any(|point| shown.flows(point).next().is_some()),
            Listed::Events => self.flow.is_none() || shown.events().next().is_some(),
        };
        Ok((
            text,
            if sound && told {
                Exit::Passed
            } else {
                Exit::Inconclusive
            },
        ))
    }

    fn decided(&self, phrase: &str, under: Option<&str>) -> anyhow::Result<(String, Exit)> {
        let understood = match parse(phrase, Scope::Capture) {
            Ok(understood) => understood,
            Err(error) => bail!("{}", error.render(phrase).trim_start_matches("error: ")),
        };
        let Assertion::Capture(assertion) = &understood.assertion else {
            bail!("`{phrase}` is not about captures");
        };
        if let Some(under) = under {
            let points = self.points()?;
            if !points.iter().any(|point| point.name == under) {
                let names: Vec<&str> = points.iter().map(|point| point.name.as_str()).collect();
                bail!(
                    "no point of observation is named `{under}`; there are {}",
                    names.join(", ")
                );
            }
        }
        let study = self.study(Wanted::All)?;
        let outcome = decide(assertion, under, &study, &[]);
        let text = if self.json {
            let mut text = serde_json::to_string_pretty(&outcome)?;
            text.push('\n');
            text
        } else {
            let mut text = format!("{}: {}\n  {}\n", outcome.verdict, outcome.expected, outcome.actual);
            for warning in &outcome.warnings {
                text.push_str(&format!("  note: {warning}\n"));
            }
            text
        };
        Ok((text, Exit::from(outcome.verdict)))
    }
}

/// A capture that is two links would show every packet on both: no balance, no path and no loss could be believed.
fn refuse_twice<'l>(links: impl Iterator<Item = &'l LinkFiles>) -> anyhow::Result<()> {
    let mut known: Vec<(PathBuf, Option<&str>, &str)> = Vec::new();
    for link in links {
        for path in &link.files {
            // Whoever opens it says what is wrong.
            let Ok(whole) = path.canonicalize() else { continue };
            let interface = link.interface.as_deref();
            let same = known.iter().find(|(path, other, _)| {
                *path == whole && (other.is_none() || interface.is_none() || *other == interface)
            });
            if let Some((_, _, first)) = same {
                bail!(
                    "`{}` is named for two links, {first} and {}: every packet would be on both",
                    path.display(),
                    link.name
                );
            }
            known.push((whole, interface, &link.name));
        }
    }
    Ok(())
}

/// The verdict word as it is printed.
pub(super) fn word(verdict: Verdict) -> &'static str {
    verdict.as_str()
}

/// The name of a link that is given none: its interface's, or the file's without its endings.
fn link_name(path: &Path, interface: Option<&str>) -> String {
    match interface {
        Some(number) if number.bytes().all(|digit| digit.is_ascii_digit()) => {
            return format!("{}#{number}", link_name(path, None));
        }
        Some(name) => return name.to_owned(),
        None => {}
    }
    let name = path
        .file_name()
        .map_or_else(|| "-".to_owned(), |name| name.to_string_lossy().into_owned());
    match name.split_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}
