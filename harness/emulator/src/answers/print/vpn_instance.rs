//! `display ip vpn-instance`, brief and verbose.
//!
//! An instance called `verbose` or `interface` cannot be asked for by name, as on the device.

use super::{Asked, Unanswered, age, instance, vpn_instance_interface};
use crate::network::{LabelMode, VpnInstance, Vrf};

/// All instances, or the one that is named.
pub fn print(asked: Asked<'_>, rest: &[&str]) -> Result<String, Unanswered> {
    let (verbose, name) = match rest {
        ["interface"] => return vpn_instance_interface::print(asked, None),
        [name, "interface"] => return vpn_instance_interface::print(asked, Some(name)),
        [] => (false, None),
        ["verbose"] => (true, None),
        ["verbose", name] => (true, Some(*name)),
        [name] => (false, Some(*name)),
        _ => return Err(Unanswered::NotComputed),
    };
    instance(asked, name)?;
    let vpns = asked.vpns();
    let shown = vpns.iter().filter(|vpn| name.is_none_or(|name| name == vpn.name));
    let mut text = if name.is_some() {
        String::new()
    } else {
        format!(
            " Total VPN-Instances configured : {0}\n Total IPv4 VPN-Instances configured : {0}\n \
             Total IPv6 VPN-Instances configured : 0\n",
            vpns.len()
        )
    };
    if verbose {
        text.extend(shown.map(|vpn| block(asked, vpn)));
        return Ok(text);
    }
    text.push_str("\n VPN-Instance Name               RD                    Address-family\n");
    text.extend(shown.map(|vpn| {
        let distinguisher = vpn.route_distinguisher.map(|own| own.to_string()).unwrap_or_default();
        format!(" {:<31} {distinguisher:<21} IPv4\n", vpn.name)
    }));
    Ok(text)
}

fn block(asked: Asked<'_>, vpn: &VpnInstance) -> String {
    let interfaces = asked.interfaces().iter();
    let bound: Vec<_> = interfaces
        .filter(|interface| interface.vrf == Vrf::Instance(vpn.name.clone()))
        .collect();
    let names: Vec<String> = bound.iter().map(|interface| interface.name.to_string()).collect();
    let up = bound.iter().any(|interface| interface.protocol);
    let (created, in_service) = asked.times.ages.instance(&vpn.name);
    let up_time = if up {
        asked.times.age(in_service)
    } else {
        std::time::Duration::ZERO
    };
    let mut text = format!(
        " VPN-Instance Name and ID : {}, {}\n  Interfaces : {}\n Address family ipv4\n  \
         Create date : {}\n  Up time : {}\n  \
         Vrf Status : {}\n",
        vpn.name,
        vpn.id,
        names.join(",\n               "),
        asked.calendar.at(created).format("%Y/%m/%d %H:%M:%S"),
        age::in_words(up_time),
        if up { "UP" } else { "DOWN" }
    );
    if let Some(distinguisher) = &vpn.route_distinguisher {
        text.push_str(&format!("  Route Distinguisher : {distinguisher}\n"));
    }
    for (what, targets) in [("Export", &vpn.export_targets), ("Import", &vpn.import_targets)] {
        if !targets.is_empty() {
            let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
            text.push_str(&format!("  {what} VPN Targets :  {}\n", targets.join(" ")));
        }
    }
    let each = match vpn.label_mode {
        LabelMode::Instance => "instance",
        LabelMode::Route => "route",
    };
    text.push_str(&format!(
        "  Label policy : label per {each}\n  The diffserv-mode Information is : uniform\n  \
         The ttl-mode Information is : pipe\n"
    ));
    text
}
