//! The schema of a fault of a link that has a name.

use schemars::JsonSchema;

use super::Text;

/// A fault of a link of an emulated lab, with a name; it stands under `lab`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct NamedFault {
    /// Name for `after NAME`.
    name: Option<Text>,
    /// `cut DEVICE INTERFACE`, `lose 10 % on DEVICE INTERFACE` or `delay 5 ms on DEVICE INTERFACE`.
    fault: Text,
}
