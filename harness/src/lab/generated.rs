//! The files of a generated lab: inventory, configurations, and a suite that holds for it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use emulator::generate::{AS_NUMBER, GeneratedDevice, GeneratedNetwork, GeneratedSite, GeneratedVpn, Role};

use crate::inventory::LAB_FILE;

/// Name of the suite's file.
pub const SUITE_FILE: &str = "suite.yaml";

/// Folder of the devices' configurations.
const CONFIGURATIONS: &str = "configurations";

/// How many routers of the provider the suite looks at one by one.
const SAMPLE: usize = 10;

/// Why the files of a lab cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is something already.
    #[error("{} is not empty: a lab is generated into a new or an empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// The system refuses.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Writes a network as a lab into a folder that is new or empty. `origin` tells in each YAML file where it comes from.
pub fn write(network: &GeneratedNetwork, name: &str, origin: &str, folder: &Path) -> Result<(), WriteError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError::Io { path, source }
    };
    match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
        Ok(true) => return Err(WriteError::NotEmpty(folder.to_owned())),
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(folder)(error)),
    }
    let configurations = folder.join(CONFIGURATIONS);
    fs::create_dir_all(&configurations).map_err(io(&configurations))?;
    for device in &network.devices {
        let path = folder.join(configuration_file(device));
        fs::write(&path, &device.configuration).map_err(io(&path))?;
    }
    for (file, text) in [
        (SUITE_FILE, suite(network, name, origin)),
        (LAB_FILE, inventory(network, name, origin)),
    ] {
        let path = folder.join(file);
        fs::write(&path, text).map_err(io(&path))?;
    }
    Ok(())
}

fn configuration_file(device: &GeneratedDevice) -> String {
    format!("{CONFIGURATIONS}/{}.cfg", device.name)
}

/// Every text is written as a JSON string, which is YAML too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn inventory(network: &GeneratedNetwork, name: &str, origin: &str) -> String {
    let mut yaml = format!(
        "# {origin}\nlab: {}\nemulated: true\nfacts: {{as_number: {AS_NUMBER}}}\n\
         defaults: {{platform: huawei_vrp}}\ndevices:\n",
        quoted(name)
    );
    for device in &network.devices {
        let fact = match device.role {
            Role::Customer => "loopback",
            Role::Core | Role::Edge | Role::Reflector => "lsr_id",
        };
        let _ = writeln!(
            yaml,
            "  {}: {{configuration: {}, facts: {{{fact}: {}}}}}",
            device.name,
            configuration_file(device),
            device.loopback
        );
    }
    yaml.push_str("links:\n");
    for link in &network.links {
        let _ = writeln!(
            yaml,
            "  - [{} {}, {} {}]",
            link.a.device, link.a.interface, link.b.device, link.b.interface
        );
    }
    yaml
}

/// A suite of checks that hold for the network: in the core, of VPNs, and when a link fails.
fn suite(network: &GeneratedNetwork, name: &str, origin: &str) -> String {
    let mut yaml = format!("# {origin}\nsuite: {}\nlab: .\ncases:\n", quoted(name));
    core_cases(&mut yaml, network);
    vpn_cases(&mut yaml, network);
    failure_case(&mut yaml, network);
    yaml
}

fn core_cases(yaml: &mut String, network: &GeneratedNetwork) {
    let provider = network.devices.iter().filter(|device| device.role != Role::Customer);
    let provider: Vec<&GeneratedDevice> = provider.collect();
    yaml.push_str("  - name: ${router} has all its OSPF neighbours and LDP sessions\n    matrix:\n");
    for router in sample(&provider) {
        let neighbours = core_links(network, &router.name).count();
        let _ = writeln!(yaml, "      - {{router: {}, neighbours: {neighbours}}}", router.name);
    }
    yaml.push_str(
        "    expect:\n      ${router}:\n        - ${neighbours} OSPF neighbors are Full\n        \
         - every OSPF neighbor is Full\n        - ${neighbours} LDP sessions are Operational\n        \
         - every LDP session is Operational\n\n",
    );
    let with_bgp: Vec<&GeneratedDevice> = provider
        .into_iter()
        .filter(|device| device.role != Role::Core)
        .collect();
    yaml.push_str("  - name: ${router} has all its VPNv4 peers\n    matrix:\n");
    for router in sample(&with_bgp) {
        let peers = router
            .configuration
            .lines()
            .filter(|line| line.starts_with(" peer ") && line.contains(" as-number "));
        let _ = writeln!(yaml, "      - {{router: {}, peers: {}}}", router.name, peers.count());
    }
    yaml.push_str(
        "    expect:\n      ${router}:\n        - ${peers} BGP VPNv4 peers are Established\n        \
         - every BGP VPNv4 peer is Established\n\n",
    );
}

/// The two sites of a VPN between which it is tried: the first and the last that have a customer, else simply those.
fn pair(vpn: &GeneratedVpn) -> Option<[&GeneratedSite; 2]> {
    let with_customer: Vec<&GeneratedSite> = vpn.sites.iter().filter(|site| site.customer.is_some()).collect();
    let all: Vec<&GeneratedSite> = vpn.sites.iter().collect();
    let sites = if with_customer.len() > 1 { with_customer } else { all };
    match sites[..] {
        [first, .., last] => Some([first, last]),
        _ => None,
    }
}

fn vpn_cases(yaml: &mut String, network: &GeneratedNetwork) {
    let name = |device: usize| {
        network
            .devices
            .get(device)
            .map(|device| device.name.as_str())
            .unwrap_or_default()
    };
    let pairs: Vec<_> = network.vpns.iter().filter_map(|vpn| Some((vpn, pair(vpn)?))).collect();
    if !pairs.is_empty() {
        yaml.push_str("  - name: ${vpn} joins ${pe} and ${far}\n    matrix:\n");
        for (vpn, [near, far]) in &pairs {
            let _ = writeln!(
                yaml,
                "      - {{vpn: {}, pe: {}, far: {}, rd: {}, target: {}, site: {}}}",
                vpn.name,
                name(near.pe),
                name(far.pe),
                quoted(&near.route_distinguisher),
                quoted(&vpn.target),
                far.address
            );
        }
        yaml.push_str(
            "    expect:\n      ${pe}:\n        - VPN instance ${vpn} has RD ${rd}\n        \
             - VPN instance ${vpn} imports ${target} and exports ${target}\n        \
             - route ${site}/32 in ${vpn} is ibgp via ${far.lsr_id}\n        \
             - ping ${site} in ${vpn} loses nothing\n\n",
        );
    }
    let customers = pairs.iter().filter_map(|(vpn, [near, far])| {
        let (near_ce, far_ce) = (near.customer.as_ref()?, far.customer.as_ref()?);
        Some((vpn, near, near_ce, far_ce))
    });
    let customers: Vec<_> = customers.collect();
    if !customers.is_empty() {
        yaml.push_str("  - name: ${ce} reaches ${far} through ${vpn}, and nothing of the provider\n    matrix:\n");
        for (vpn, near, near_ce, far_ce) in customers {
            let _ = writeln!(
                yaml,
                "      - {{vpn: {}, ce: {}, pe: {}, session: {}, far: {}}}",
                vpn.name,
                name(near_ce.device),
                name(near.pe),
                near_ce.bfd_session,
                name(far_ce.device)
            );
        }
        yaml.push_str(
            "    expect:\n      ${pe}:\n        - BFD ${session} is Up\n        \
             - route ${ce.loopback}/32 in ${vpn} is static\n      ${ce}:\n        \
             - ping ${far.loopback} loses nothing\n        - ping ${pe.lsr_id} loses everything\n\n",
        );
    }
}

/// The first PE of the first VPN loses one of its two ways into the core.
fn failure_case(yaml: &mut String, network: &GeneratedNetwork) {
    let Some((vpn, [near, far])) = network.vpns.iter().find_map(|vpn| Some((vpn, pair(vpn)?))) else {
        return;
    };
    let Some(pe) = network.devices.get(near.pe).map(|device| device.name.as_str()) else {
        return;
    };
    let mut own = core_links(network, pe);
    let (Some(interface), rest) = (own.next(), own.count()) else {
        return;
    };
    let reaches = format!("ping {} in {} loses nothing within 60 s", far.address, vpn.name);
    let _ = write!(
        yaml,
        "  - name: {pe} loses a link to the core\n    change:\n      {pe}: shutdown {interface}\n    expect:\n      \
         {pe}:\n        - {rest} OSPF neighbor{} Full within 60 s\n        - {reaches}\n    afterwards:\n      \
         {pe}:\n        - {} OSPF neighbors are Full within 60 s\n        - {reaches}\n",
        if rest == 1 { " is" } else { "s are" },
        rest + 1
    );
}

/// The interfaces of a provider's router that lead to others.
fn core_links<'a>(network: &'a GeneratedNetwork, router: &'a str) -> impl Iterator<Item = &'a str> {
    let is_customer = |name: &str| {
        let device = network.devices.iter().find(|device| device.name == name);
        device.is_some_and(|device| device.role == Role::Customer)
    };
    network.links.iter().filter_map(move |link| {
        let ends = [(&link.a, &link.b), (&link.b, &link.a)];
        let (own, _) = ends
            .into_iter()
            .find(|(own, far)| own.device == router && !is_customer(&far.device))?;
        Some(own.interface.as_str())
    })
}

/// Some of a list, evenly spread, the first and the last among them.
fn sample<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let count = all.len().min(SAMPLE);
    (0..count).filter_map(move |number| all.get(number * (all.len() - 1) / (count - 1).max(1)))
}
