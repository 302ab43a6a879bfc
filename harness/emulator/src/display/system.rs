//! `display version`, `display device`, `display clock`, `display users`.

use std::time::Duration;

use chrono::{DateTime, FixedOffset};

/// Software version that all emulated devices claim.
pub const VERSION: &str = "V800R022C00SPC600";

/// `display version`.
pub fn version(uptime: Duration) -> String {
    let minutes = uptime.as_secs() / 60;
    let uptime = format!(
        "{} days, {} hours, {} minutes",
        minutes / 1440,
        minutes / 60 % 24,
        minutes % 60
    );
    format!(
        "Huawei Versatile Routing Platform Software\n\
         VRP (R) software, Version 8.220 (NetEngine 40E {VERSION})\n\
         Copyright (C) 2012-2022 Huawei Technologies Co., Ltd.\n\
         HUAWEI NetEngine 40E uptime is {uptime}\n\
         This is an emulated device: its command line and tables are those of netverdict's emulator.\n"
    )
}

/// `display device`.
pub fn device() -> String {
    "NetEngine 40E's Device status:\n\
     -------------------------------------------------------------------------------\n\
     Slot #    Type   Online    Register      Status      Role   LsId   Primary\n\
     - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -\n\
     1         LPU    Present   Registered    Normal      LC     0      NA\n\
     9         MPU    Present   NA            Normal      MMB    0      Master\n\
     -------------------------------------------------------------------------------\n"
        .to_owned()
}

/// `display startup`.
pub fn startup() -> String {
    let software = format!("cfcard:/{VERSION}.cc");
    let row = |what: &str, value: &str| format!("  {what:<40} {value}\n");
    ["MainBoard:\n".to_owned()]
        .into_iter()
        .chain([
            row("Configured startup system software:", &software),
            row("Startup system software:", &software),
            row("Next startup system software:", &software),
            row("Startup saved-configuration file:", "cfcard:/vrpcfg.zip"),
            row("Next startup saved-configuration file:", "cfcard:/vrpcfg.zip"),
            row("Startup paf file:", "default"),
            row("Next startup paf file:", "default"),
            row("Startup patch package:", "NULL"),
            row("Next startup patch package:", "NULL"),
        ])
        .collect()
}

/// `display clock`.
pub fn clock(now: DateTime<FixedOffset>) -> String {
    format!(
        "{}\n{}\nTime Zone(local) : UTC{}\n",
        now.format("%Y-%m-%d %H:%M:%S%:z"),
        now.format("%A"),
        now.format("%:z")
    )
}

/// `display users`, for so many users of one name; the caller's line is the one marked.
pub fn users(name: &str, count: usize) -> String {
    let mut text = String::from("  User-Intf    Delay    Type   Network Address     AuthenStatus    AuthorcmdFlag\n");
    for index in 0..count.max(1) {
        let mark = if index == 0 { '+' } else { ' ' };
        text.push_str(&format!(
            "{mark} {:<4}VTY {index:<3}  00:00:00  SSH    127.0.0.1           pass            no\n  Username : {name}\n\n",
            34 + index
        ));
    }
    text
}

/// The line that some devices print before the output of a command.
pub fn timestamp(now: DateTime<FixedOffset>) -> String {
    now.format("%Y-%m-%d %H:%M:%S%.3f %:z").to_string()
}
