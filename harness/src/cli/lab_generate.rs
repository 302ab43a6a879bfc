//! `netverdict lab generate`.

use std::io::Write;
use std::path::PathBuf;

use emulator::generate::{NetworkPlan, generate};

use super::{Exit, Terminal};
use crate::lab::generated;

/// Write an emulated lab of any size, with a suite of checks that holds for it
///
/// A provider's core with OSPF, LDP and BGP/MPLS VPNs, and customers' routers behind its PEs. The same options write the
/// same files.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  netverdict lab generate /tmp/lab
  netverdict lab generate /tmp/large --routers 200 --vpns 20 --seed 7
  netverdict run /tmp/large/suite.yaml")]
pub struct Args {
    /// The folder to write; it must be new or empty
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,

    /// Provider routers of all roles together: a quarter in the core, two route reflectors if asked for, the rest PEs
    #[arg(long, value_name = "N", default_value_t = 12)]
    routers: usize,

    /// VPNs
    #[arg(long, value_name = "N", default_value_t = 3)]
    vpns: usize,

    /// PEs that each VPN has an instance on; 8, or all if there are fewer, where it is not said
    #[arg(long, value_name = "N")]
    sites: Option<usize>,

    /// Customer routers of each VPN, on top of the provider's routers
    #[arg(long, value_name = "N", default_value_t = 2)]
    customers: usize,

    /// How the PEs tell each other VPN routes
    #[arg(long, value_enum, default_value_t = Bgp::FullMesh)]
    bgp: Bgp,

    /// What chance is drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Bgp {
    /// Every PE has a session with every other
    FullMesh,
    /// Every PE has a session with each of two route reflectors
    Reflectors,
}

impl Args {
    /// Generates the lab.
    pub fn execute(self, _terminal: Terminal) -> anyhow::Result<Exit> {
        let network = generate(&NetworkPlan {
            routers: self.routers,
            vpns: self.vpns,
            sites: self.sites,
            customers: self.customers,
            reflectors: self.bgp == Bgp::Reflectors,
            seed: self.seed,
        })?;
        let name = format!("Generated: {} provider routers, {} VPNs", self.routers, self.vpns);
        let mut origin = format!(
            "Written by `netverdict lab generate DIR --routers {} --vpns {} --customers {} --seed {}",
            self.routers, self.vpns, self.customers, self.seed
        );
        if let Some(sites) = self.sites {
            origin += &format!(" --sites {sites}");
        }
        origin += match self.bgp {
            Bgp::FullMesh => " --bgp full-mesh`.",
            Bgp::Reflectors => " --bgp reflectors`.",
        };
        generated::write(&network, &name, &origin, &self.folder)?;
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{} devices, {} links, {} VPN instances in {}",
            network.devices.len(),
            network.links.len(),
            network.vpns.iter().map(|vpn| vpn.sites.len()).sum::<usize>(),
            self.folder.display()
        )?;
        writeln!(
            out,
            "netverdict run {}",
            self.folder.join(generated::SUITE_FILE).display()
        )?;
        Ok(Exit::Passed)
    }
}
