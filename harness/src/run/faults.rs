//! Breaking links of the lab and mending them.

use chrono::Utc;
use reports::event::{CaseRef, Change, ChangeMade, ChangeUndone, Event};

use super::changes::{Changes, InForce, interval};
use super::engine::Engine;
use super::origin::Origin;
use crate::change::Interval;
use crate::plan::{PlannedChange, PlannedFault};

/// A fault of a link that is in force.
pub(super) struct FaultInForce {
    id: u32,
    handle: u64,
    written: String,
    undo: Vec<String>,
}

impl Engine<'_> {
    /// Breaks a link. There is nothing to journal: the lab is this process's own and ends with it.
    pub(super) fn make_fault(
        &mut self,
        planned: &PlannedChange,
        fault: &PlannedFault,
        case: Option<CaseRef>,
        changes: &mut Changes,
    ) -> Result<(), String> {
        self.next_change += 1;
        let id = self.next_change;
        self.recorder.emit(Event::ChangeJournaled(Change {
            id,
            case,
            device: planned.device.clone(),
            written: planned.written.clone(),
            apply: planned.apply.clone(),
            undo: planned.undo.clone(),
            undo_derived: planned.undo_derived,
        }));
        let asked_at = Utc::now();
        match self.lab.make_fault(fault, &planned.apply) {
            Ok(made) => {
                let dialogue = super::changes::dialogue_name("change", id, &planned.apply);
                self.recorder.keep_dialogue(&planned.device, &dialogue, &made.began);
                self.recorder.emit(Event::ChangeMade(ChangeMade {
                    id,
                    sent_at: made.began.sent_at,
                    acknowledged_at: made.began.acknowledged_at,
                    refused: None,
                }));
                changes.made.push(Origin {
                    name: planned.name.clone(),
                    interval: interval(&made.began),
                });
                changes.in_force.push(InForce::Fault(FaultInForce {
                    id,
                    handle: made.handle,
                    written: planned.written.clone(),
                    undo: planned.undo.clone(),
                }));
                Ok(())
            }
            Err(reason) => {
                self.recorder.emit(Event::ChangeMade(ChangeMade {
                    id,
                    sent_at: asked_at,
                    acknowledged_at: Utc::now(),
                    refused: Some(reason.clone()),
                }));
                Err(reason)
            }
        }
    }

    /// Mends what [`Engine::make_fault`] broke. Says when, and what is wrong, if anything.
    pub(super) fn end_fault(&mut self, fault: &FaultInForce, because: &str) -> (Option<Interval>, Option<String>) {
        let ended = self.lab.end_fault(fault.handle, &fault.undo);
        if let Ok(ended) = &ended {
            let dialogue = super::changes::dialogue_name("undo", fault.id, &fault.undo);
            self.recorder.keep_dialogue(crate::plan::LAB, &dialogue, ended);
        }
        self.recorder.emit(Event::ChangeUndone(ChangeUndone {
            id: fault.id,
            because: because.to_owned(),
            failed: ended.as_ref().err().cloned(),
            residue: Vec::new(),
        }));
        match ended {
            Ok(ended) => (Some(interval(&ended)), None),
            Err(reason) => {
                let left = format!("`{}` of the lab was not ended: {reason}", fault.written);
                self.left_behind.get_or_insert_with(|| left.clone());
                self.recorder.warn(None, left.clone());
                (None, Some(left))
            }
        }
    }
}
