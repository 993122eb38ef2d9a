//! The state of a run at its trap, for people: what `explain` shows.

use crate::Value;
use nda_ast::{Hash, NodeId, SlotId};

/// A call that was active when the run trapped.
#[derive(Clone, Debug)]
pub struct ActiveCall {
    /// Hash of the function.
    pub function: Hash,
    /// Its index among the program's objects.
    pub object: u32,
    /// The node under way: the call of the next entry of the list, or in the last one the trap's own node.
    pub node: NodeId,
    /// The slots visible there, with their values; matrices are left out.
    pub slots: Vec<(SlotId, Value)>,
    /// How many visible slots were left out, because all values together would pass [`ActiveCall::MAX_BYTES`].
    pub omitted: usize,
    /// The loops around it, outermost first: node, and how many iterations had been completed. A loop that was
    /// stopped at its head, by fuel, its bound or the clock, is the last.
    pub loops: Vec<(NodeId, u64)>,
}

impl ActiveCall {
    /// Greatest size of the values of all active calls together, in bytes as the log counts them: 16 MiB. What passes it
    /// is left out, outermost calls first, since one large buffer may be visible in hundreds of calls.
    pub const MAX_BYTES: u64 = 1 << 24;
}
