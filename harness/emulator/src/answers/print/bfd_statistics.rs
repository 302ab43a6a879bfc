//! `display bfd statistics`.

use super::{Asked, Unanswered};
use crate::network::BfdState;

const RULE: &str = "--------------------------------------------------------------------------------\n";

/// How many sessions there are, by state and kind.
pub fn print(asked: Asked<'_>) -> Result<String, Unanswered> {
    let sessions = asked.state.bfd.get(asked.device).ok_or(Unanswered::NotComputed)?;
    let count = sessions.len();
    let up = sessions.iter().filter(|session| session.state == BfdState::Up).count();
    let dynamic = sessions.iter().filter(|session| session.dynamic).count();
    let auto = sessions
        .iter()
        .filter(|session| session.auto && !session.dynamic)
        .count();
    let pair = |a: &str, av: usize, b: &str, bv: usize| format!("  {a:<27}: {av:<13}{b:<23}: {bv}\n");
    let mut text = format!(
        "Total Up/Down Session Number : {up}/{}\nCurrent Session Number       :\n",
        count - up
    );
    text += &pair("Static Session", count - auto - dynamic, "Dynamic Session", dynamic);
    text += &pair("E_Dynamic Session", 0, "STATIC_AUTO Session", auto);
    text += &pair("IP Session", count, "LDP_LSP Session", 0);
    text += RULE;
    text += "PAF/LCS Name                       Maxnum         Minnum         Create\n";
    text += RULE;
    text += &format!("BFD_CFG_NUM                          8192              1 {count:>14}\n");
    text += RULE;
    text += &format!("Current Total Used Discriminator Num               : {count}\n");
    Ok(text + RULE)
}
