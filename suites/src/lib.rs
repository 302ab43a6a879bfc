//! The suites of this repository: YAML files in this folder, each of which is one named test of this crate.

use std::io;
use std::path::{Path, PathBuf};

/// The folder that holds the suites.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every suite, in the order of its file name.
pub fn all() -> io::Result<Vec<PathBuf>> {
    let mut suites = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            suites.push(path);
        }
    }
    suites.sort();
    Ok(suites)
}

/// A suite's name as a test: its file name with `_` for what cannot stand in a test's name.
pub fn test_name(suite: &Path) -> String {
    let stem = suite
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    stem.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_found_and_named() {
        let names: Vec<_> = all().unwrap().iter().map(|path| test_name(path)).collect();
        assert!(names.contains(&"bfd_static_vpn".to_owned()), "{names:?}");
    }
}
