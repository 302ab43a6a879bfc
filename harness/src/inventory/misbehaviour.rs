//! Deliberate oddities of emulated devices, as `lab.yaml` and `--misbehave` name them.

use emulator::Misbehaviour;

use crate::diagnostic::nearest_word;
use crate::source::reader::{Reader, duration_of};
use crate::source::yaml::{Node, Value};

/// Their names, each with what its value is.
pub(crate) const MISBEHAVIOURS: &[(&str, &str)] = &[
    ("latency", DURATION),
    ("prompt_pause", DURATION),
    ("chunk_size", "a number of bytes from 1 to 65536"),
    ("chunk_pause", DURATION),
    ("wrap_width", "a number of columns from 20 to 512"),
    ("forced_paging", TRUTH),
    ("timestamps", TRUTH),
    ("banner_line", LINE),
    ("ask_password_change", TRUTH),
    ("prompt_prefix", LINE),
    ("drop_after_bytes", "a number of bytes, at least 1"),
    ("refuse_logins", "a number of attempts, or `all`"),
    ("garble_every", "a number of bytes from 2 to 1000000"),
    ("extra_routes", "a number of routes from 1 to 1000000"),
];

const DURATION: &str = "a duration such as `200 ms`, at most a day";
const TRUTH: &str = "`true` or `false`";
const LINE: &str = "a line of text of at most 200 characters";

/// Reads the misbehaviour of a device of `lab.yaml`.
pub(super) fn misbehaviour_of(reader: &mut Reader<'_>, node: &Node) -> Misbehaviour {
    let mut misbehaviour = Misbehaviour::default();
    let names: Vec<&str> = MISBEHAVIOURS.iter().map(|(name, _)| *name).collect();
    let Some(fields) = reader.fields(node, "`misbehaviour`", &names, &[]) else {
        return misbehaviour;
    };
    for (name, expected) in MISBEHAVIOURS {
        let Some(node) = fields.get(name) else { continue };
        let understood = match &node.value {
            Value::Scalar { text, .. } => set(&mut misbehaviour, name, text).is_some(),
            _ => false,
        };
        if !understood {
            reader.mistyped(node, &format!("{expected} for `{name}`"));
        }
    }
    misbehaviour
}

/// A misbehaviour given on the command line: `PE1:latency=200ms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisbehaviourArgument {
    /// The device.
    pub device: String,
    name: &'static str,
    value: String,
}

impl MisbehaviourArgument {
    /// Makes a device misbehave in this way too.
    pub fn apply(&self, misbehaviour: &mut Misbehaviour) {
        let _ = set(misbehaviour, self.name, &self.value);
    }
}

impl std::str::FromStr for MisbehaviourArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "expected DEVICE:NAME=VALUE, such as PE1:latency=200ms";
        let (device, rest) = text.split_once(':').ok_or(form)?;
        let (name, value) = rest.split_once('=').ok_or(form)?;
        let known = MISBEHAVIOURS.iter().find(|(known, _)| *known == name);
        let Some((name, expected)) = known else {
            let names: Vec<&str> = MISBEHAVIOURS.iter().map(|(name, _)| *name).collect();
            let nearest = nearest_word(name, names.iter().copied());
            return Err(match nearest {
                Some(nearest) => format!("no misbehaviour is named `{name}`: did you mean `{nearest}`?"),
                None => format!("no misbehaviour is named `{name}`: there are {}", names.join(", ")),
            });
        };
        if device.is_empty() {
            return Err(form.into());
        }
        set(&mut Misbehaviour::default(), name, value)
            .ok_or_else(|| format!("`{value}` is not understood: expected {expected} for `{name}`"))?;
        Ok(Self {
            device: device.to_owned(),
            name,
            value: value.to_owned(),
        })
    }
}

/// Sets what has this name; `None` if the value is none for it.
fn set(misbehaviour: &mut Misbehaviour, name: &str, value: &str) -> Option<()> {
    let number = |bounds: std::ops::RangeInclusive<u32>| {
        let number: u32 = value.parse().ok()?;
        bounds.contains(&number).then_some(number)
    };
    let truth = || match value {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let line = || {
        let fits = !value.is_empty() && value.chars().count() <= 200 && !value.chars().any(char::is_control);
        fits.then(|| value.to_owned())
    };
    match name {
        "latency" => misbehaviour.latency = duration_of(value)?,
        "prompt_pause" => misbehaviour.prompt_pause = duration_of(value)?,
        "chunk_size" => misbehaviour.chunk_size = Some(number(1..=65_536)? as usize),
        "chunk_pause" => {
            misbehaviour.chunk_pause = duration_of(value)?;
        }
        "wrap_width" => misbehaviour.wrap_width = Some(number(20..=512)? as usize),
        "forced_paging" => misbehaviour.forced_paging = truth()?,
        "timestamps" => misbehaviour.timestamps = truth()?,
        "banner_line" => misbehaviour.banner_line = Some(line()?),
        "ask_password_change" => misbehaviour.ask_password_change = truth()?,
        "prompt_prefix" => misbehaviour.prompt_prefix = Some(line()?),
        "drop_after_bytes" => misbehaviour.drop_after_bytes = Some(value.parse().ok().filter(|bytes| *bytes > 0)?),
        "refuse_logins" => {
            misbehaviour.refuse_logins = if value == "all" {
                u32::MAX
            } else {
                number(1..=u32::MAX - 1)?
            };
        }
        "garble_every" => misbehaviour.garble_every = Some(number(2..=1_000_000)?),
        "extra_routes" => misbehaviour.extra_routes = number(1..=1_000_000)?,
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_be_set_and_shows() {
        for (name, expected) in MISBEHAVIOURS {
            let value = match *expected {
                DURATION => "200 ms",
                TRUTH => "true",
                LINE => "<Core>",
                _ => "40",
            };
            let mut misbehaviour = Misbehaviour::default();
            assert_eq!(set(&mut misbehaviour, name, value), Some(()), "{name}");
            assert_ne!(misbehaviour, Misbehaviour::default(), "{name}");
            for wrong in ["", "-1", "1e9", "yes\n", "0"] {
                let refused = set(&mut misbehaviour, name, wrong).is_none();
                let text = *expected == LINE && !wrong.is_empty() && !wrong.contains('\n');
                assert!(refused || text, "{name} {wrong:?}");
            }
        }
    }

    #[test]
    fn arguments_name_a_device_an_oddity_and_a_value() {
        let parse = |text: &str| text.parse::<MisbehaviourArgument>();
        let argument = parse("PE1:banner_line=<a:b=c>").unwrap();
        let mut misbehaviour = Misbehaviour::default();
        argument.apply(&mut misbehaviour);
        assert_eq!(
            (argument.device.as_str(), misbehaviour.banner_line.as_deref()),
            ("PE1", Some("<a:b=c>"))
        );
        assert!(parse("PE1:latncy=1s").unwrap_err().contains("did you mean `latency`?"));
        assert!(parse("PE1:latency=1").unwrap_err().contains("a duration"));
        for wrong in ["", "PE1", "PE1:latency", ":latency=1s"] {
            assert!(parse(wrong).unwrap_err().contains("DEVICE:NAME=VALUE"), "{wrong}");
        }
    }
}
