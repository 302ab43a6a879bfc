//! The files of a bundle compared with the hashes in its events.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader};

use sha2::{Digest, Sha256};

use super::report::{AlertKind, FileState, Report};
use crate::bundle::{Bundle, BundleError, EVENTS_FILE, hexadecimal};

/// What a file of a bundle is.
struct Facts {
    sha256: String,
    lines: u64,
}

/// Compares every input and every piece of evidence with its hash, and every deciding line with the length of what it
/// is a line of.
pub fn compare(report: &mut Report, bundle: &Bundle) {
    report.record_sha256 = facts(bundle, EVENTS_FILE).ok().map(|facts| facts.sha256);
    let mut wrong = Vec::new();
    for input in &mut report.inputs {
        input.state = state(&input.path, &input.sha256, facts(bundle, &input.path), &mut wrong);
    }
    let mut lines = HashMap::new();
    for evidence in &mut report.evidence {
        let facts = facts(bundle, &evidence.path);
        if let Ok(facts) = &facts {
            lines.insert(evidence.path.clone(), facts.lines);
        }
        evidence.state = state(&evidence.path, &evidence.sha256, facts, &mut wrong);
    }
    for message in wrong {
        report.alert(AlertKind::FileDiffers, None, message);
    }
    let mut beyond = Vec::new();
    for case in report.suites.iter().flat_map(|suite| &suite.cases) {
        for phrase in &case.phrases {
            for deciding in &phrase.deciding {
                let Some(length) = lines.get(&deciding.evidence) else {
                    continue;
                };
                let outside = |span: &&checks::table::LineSpan| {
                    span.first == 0 || span.last < span.first || u64::from(span.last) > *length
                };
                if let Some(span) = deciding.lines.iter().find(outside) {
                    let message = format!(
                        "`{}` was decided by lines {} to {} of {}, which has {length} lines",
                        phrase.phrase, span.first, span.last, deciding.evidence
                    );
                    beyond.push((case.at, message));
                }
            }
        }
    }
    for (case, message) in beyond {
        report.alert(AlertKind::Contradiction, Some(case), message);
    }
    if bundle.is_torn() && report.run.finished {
        report.alert(
            AlertKind::Contradiction,
            None,
            "the last line of the events is torn, after the end of the run",
        );
    }
}

fn state(path: &str, stated: &str, facts: Result<Facts, BundleError>, wrong: &mut Vec<String>) -> FileState {
    match facts {
        Ok(facts) if facts.sha256.eq_ignore_ascii_case(stated) => FileState::Intact,
        Ok(facts) => {
            wrong.push(format!("{path} is not the file that the run kept: its SHA-256 differs"));
            FileState::Differs(facts.sha256)
        }
        Err(error) => {
            let reason = error.reason();
            wrong.push(format!("{path} cannot be read: {reason}"));
            FileState::Unreadable(reason)
        }
    }
}

fn facts(bundle: &Bundle, path: &str) -> Result<Facts, BundleError> {
    let read = |mut file: BufReader<std::fs::File>| -> io::Result<Facts> {
        let mut hash = Sha256::new();
        let (mut ends, mut last) = (0u64, b'\n');
        loop {
            let block = file.fill_buf()?;
            if block.is_empty() {
                break;
            }
            hash.update(block);
            ends += block.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            last = block[block.len() - 1];
            let length = block.len();
            file.consume(length);
        }
        let sha256 = hexadecimal(&hash.finalize());
        Ok(Facts {
            sha256,
            lines: ends + u64::from(last != b'\n'),
        })
    };
    let file = bundle.file(path)?;
    let buffered = BufReader::with_capacity(1 << 16, file);
    read(buffered).map_err(|source| BundleError::Read {
        path: bundle.folder().join(path),
        source,
    })
}
