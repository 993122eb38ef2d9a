//! The frame of a function: where each slot, loop counter and computed aggregate lives, laid out once at load time.
//!
//! Offsets count 8-byte words from the frame's start, which lies at a multiple of 64 bytes:
//!
//! | part | size |
//! | --- | --- |
//! | parameters | a word each: the scalar, or a reference to the aggregate or matrix |
//! | scalar slots | a word each |
//! | loop counters | a word per loop, in order of the loops' nodes |
//! | aggregate slots | `Type::slot_bytes`, each at a multiple of 64 bytes |
//! | temporaries | the computed aggregates of the statement under way, likewise |
//!
//! Temporaries lie above every slot and in the order of their nodes, and a callee's frame lies above its caller's: so
//! what an operation writes always lies above what it reads. A `buf` is its length in one word, then its elements.
//!
//! Beyond the certificate's frame, a run needs 8 bytes a loop and at most 56 bytes of padding (twice) a function on the
//! call path, and 8 bytes for each parameter of the entry point, whose aggregates lie below the first frame.

use nda_ast::{NodeId, Op, SlotId, SlotKind, Type, ValidFunction};

/// Words in the 64 bytes to which aggregates are aligned.
pub const LINE: usize = 8;

/// Where everything of one function lies in its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameLayout {
    slots: Box<[u32]>,
    temps: Box<[(NodeId, u32)]>,
    loops: u32,
    words: u32,
}

/// Words that a slot or temporary of type `ty` takes.
#[must_use]
pub fn type_words(ty: Type) -> u64 {
    ty.slot_bytes() / 8
}

impl FrameLayout {
    /// Lays out a function; `None` where its frame has 2^31 words (16 GiB) or more, which no default limit allows.
    #[must_use]
    pub fn of(f: &ValidFunction) -> Option<FrameLayout> {
        let mut at = 0_u64;
        let mut slots = vec![0_u64; f.slots().len()];
        let by_word = |slot: &nda_ast::Slot| {
            matches!(slot.kind, SlotKind::In | SlotKind::Inout) || !slot.ty.is_aggregate()
        };
        for (slot, place) in f.slots().iter().zip(&mut slots).filter(|(slot, _)| by_word(slot)) {
            debug_assert!(by_word(slot));
            *place = at;
            at += 1;
        }
        let loops = at;
        at += f.function().nodes().iter().filter(|n| matches!(n.op(), Op::Loop | Op::While)).count() as u64;
        at = at.next_multiple_of(LINE as u64);
        for (slot, place) in f.slots().iter().zip(&mut slots).filter(|(slot, _)| !by_word(slot)) {
            *place = at;
            at += type_words(slot.ty);
        }
        let (temps, top) = lay_temps(f, at);
        // Everything below the top then fits, too; the last bit is left free for whoever keeps such an offset.
        if top >= 1 << 31 {
            return None;
        }
        Some(FrameLayout {
            slots: slots.into_iter().map(|at| at as u32).collect(),
            temps: temps.into_iter().map(|(id, at)| (id, at as u32)).collect(),
            loops: loops as u32,
            words: top as u32,
        })
    }

    /// Word of slot `id`: its value, of an aggregate parameter its reference, of another aggregate its first word.
    ///
    /// # Panics
    /// Where there is no such slot.
    #[must_use]
    #[inline]
    pub fn slot(&self, id: SlotId) -> u32 {
        self.slots[id as usize]
    }

    /// First word of the computed aggregate of node `id`; `None` where it computes none.
    #[must_use]
    pub fn temp(&self, id: NodeId) -> Option<u32> {
        self.temps.binary_search_by_key(&id, |(node, _)| *node).ok().map(|i| self.temps[i].1)
    }

    /// Counter of the loop that is number `ordinal` among the function's `Loop` and `While` nodes.
    #[must_use]
    pub fn counter(&self, ordinal: u32) -> u32 {
        self.loops + ordinal
    }

    /// Words of the whole frame, a multiple of [`LINE`].
    #[must_use]
    pub fn words(&self) -> u32 {
        self.words
    }
}

/// The temporaries, from word `base` on, and one past the highest.
fn lay_temps(f: &ValidFunction, base: u64) -> (Vec<(NodeId, u64)>, u64) {
    let (mut temps, mut top, mut at) = (Vec::new(), base, base);
    for (i, node) in f.function().nodes().iter().enumerate() {
        let id = i as NodeId + 1;
        match f.type_of(id) {
            None => at = base,
            Some(ty) if ty.is_aggregate() && computes(node.op()) => {
                temps.push((id, at));
                at += type_words(ty);
                top = top.max(at);
            }
            Some(_) => {}
        }
    }
    (temps, top)
}

/// Whether an aggregate expression makes a new value; the others name one that lies elsewhere.
fn computes(op: Op) -> bool {
    !matches!(op, Op::Load | Op::BufConst | Op::VecConst | Op::Select)
}

/// Words aligned to 64 bytes.
#[derive(Debug, Default)]
pub struct Arena {
    words: Vec<u64>,
    skew: usize,
}

impl Arena {
    /// Zeroed words.
    #[must_use]
    pub fn new(len: usize) -> Arena {
        let mut arena = Arena::default();
        arena.reserve(len);
        arena
    }

    /// Makes it at least `len` words long; what it held is lost where it grows.
    #[inline]
    pub fn reserve(&mut self, len: usize) {
        if self.len() < len {
            self.grow(len);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, len: usize) {
        // The old one goes first, so that both are never there at once.
        self.words = Vec::new();
        self.words = vec![0; len + LINE];
        self.skew = self.words.as_ptr().align_offset(8 * LINE);
    }

    /// Its length in words.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.words.len().saturating_sub(LINE)
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The words.
    #[must_use]
    #[inline]
    pub fn words(&self) -> &[u64] {
        &self.words[self.skew..self.skew + self.len()]
    }

    /// The words.
    #[must_use]
    #[inline]
    pub fn words_mut(&mut self) -> &mut [u64] {
        let len = self.len();
        &mut self.words[self.skew..self.skew + len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nda_ast::{Elem, Expr, FunctionBuilder, Limits, ProgramBuilder, load};

    #[test]
    fn arenas_are_aligned_and_grow() {
        let mut arena = Arena::new(3);
        assert_eq!((arena.len(), arena.words().as_ptr() as usize % 64), (3, 0));
        arena.reserve(1000);
        assert_eq!((arena.len(), arena.words_mut().as_ptr() as usize % 64), (1000, 0));
        arena.reserve(1);
        assert_eq!(arena.len(), 1000);
        assert!(Arena::default().words().is_empty());
    }

    #[test]
    fn slots_counters_then_aggregates_then_temps() {
        let mut f = FunctionBuilder::new("f", []);
        let v = f.inout("v", Type::Vec { n: 17 });
        let a = f.let_("a", Expr::fill(Elem::U8, 57, Expr::int(1)));
        let b = f.let_("b", 5);
        f.for_("i", b, None, |f, _| f.store(v, (v.load() + v.load()) * v.load()));
        f.push_elem(a, 1);
        let mut p = ProgramBuilder::new();
        let f = p.add(f).unwrap();
        p.entry(&f);
        let program = load(p.finish().unwrap(), &Limits::default()).unwrap();
        let f = program.function(0).unwrap();
        let layout = FrameLayout::of(f).unwrap();
        // v, b, i, the loop's counter; then `a` of 65 bytes.
        assert_eq!((0..4).map(|i| layout.slot(i)).collect::<Vec<_>>(), [0, 8, 1, 2]);
        assert_eq!(layout.counter(0), 3);
        let temps: Vec<u32> =
            (1..=f.function().node_count() as u32).filter_map(|id| layout.temp(id)).collect();
        // `fill` alone; then the sum and the product, 68 bytes each.
        assert_eq!(temps, [24, 24, 40]);
        assert_eq!(layout.words(), 56);
        assert!(u64::from(layout.words()) * 8 <= f.certificate().own_frame + 8 + 2 * 56);
    }
}
