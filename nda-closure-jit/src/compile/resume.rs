//! What going on from the head of a loop needs to know of the records, see [`crate::resume`].

use super::emit::{Name, Notes, Shape};
use super::{Compiled, Compiler};
use nda_ast::{BlockId, ValidFunction};

/// The head of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// The loop's record, which its body follows.
    pub record: u32,
    /// Of a `While` the record at which its condition begins, which leads to the loop's record where it holds.
    pub condition: Option<u32>,
    /// Of a `Loop` its body, which is charged.
    pub body: BlockId,
    /// The word of its counter, where it has one.
    pub counter: u32,
}

/// The heads of a function's loops, and the sequences around them.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    /// By ordinal.
    pub loops: Vec<Head>,
    /// Records of loops and of sequences, ascending.
    pub around: Vec<u32>,
    /// By slot, its word.
    pub slots: Vec<u32>,
}

impl Heads {
    /// Hears of each record.
    pub(super) fn noted(&mut self, shape: Shape, at: u32) {
        if let Shape::Other(name @ (Name::Loop | Name::While | Name::Sequence)) = shape {
            self.around.push(at);
            // Loops are numbered where they open; none opens between that and its record.
            if name != Name::Sequence
                && let Some(head) = self.loops.iter_mut().rev().find(|head| head.record == UNKNOWN)
            {
                head.record = at;
            }
        }
    }
}

/// In the place of a record not yet written.
const UNKNOWN: u32 = u32::MAX;

/// Compiles a function so that it can be gone on with from the head of any loop: the words of its frame are those of the
/// code that runs, the records may be others, since nothing is fused over a head.
pub(crate) fn resumable(valid: &ValidFunction, imports: &[u32]) -> Compiled {
    let notes = Notes { heads: Some(Heads::default()), ..Notes::default() };
    Compiler::new(valid, imports, Some(notes)).run()
}

impl Compiler<'_> {
    fn heads(&mut self) -> Option<&mut Heads> {
        self.notes.as_mut()?.heads.as_mut()
    }

    /// The condition of a `While` begins with the next record.
    pub(super) fn note_condition(&mut self, counter: u32) {
        let here = self.here();
        let Some(heads) = self.heads() else { return };
        heads.loops.push(Head { record: UNKNOWN, condition: Some(here), body: 0, counter });
        self.label();
    }

    /// A `Loop` opens.
    pub(super) fn note_count(&mut self, counter: u32, body: BlockId) {
        let Some(heads) = self.heads() else { return };
        heads.loops.push(Head { record: UNKNOWN, condition: None, body, counter });
    }

    pub(super) fn finish_heads(&self, mut heads: Heads) -> Heads {
        heads.slots = (0..self.f.slot_count() as u32).map(|slot| self.slot(slot)).collect();
        heads
    }
}
