//! What a run leaves behind besides its results: log and transcript, under one limit.

use crate::{TrapKind, Value};
use nda_ast::Hash;

/// Overhead of an entry in bytes.
pub const ENTRY_BYTES: u64 = 8;

/// One call of a host function, as the transcript keeps it.
#[derive(Clone, Debug)]
pub struct HostCall {
    /// Hash of the import.
    pub import: Hash,
    /// Index of the import among the program's objects.
    pub object: u32,
    /// The arguments.
    pub args: Vec<Value>,
    /// The results, or the failure code; `None` where they would have passed the limit, which ended the run.
    pub reply: Option<Result<Vec<Value>, i64>>,
}

impl HostCall {
    /// Whether both are the same to the bit.
    #[must_use]
    pub fn same_bits(&self, other: &HostCall) -> bool {
        let reply = match (&self.reply, &other.reply) {
            (Some(Ok(a)), Some(Ok(b))) => crate::all_same_bits(a, b),
            (Some(Err(a)), Some(Err(b))) => a == b,
            (None, None) => true,
            _ => false,
        };
        self.import == other.import && reply && crate::all_same_bits(&self.args, &other.args)
    }
}

/// Log and transcript of a run under way. Entries and groups are charged before they are written, so that what
/// would pass the limit costs no memory. An entry is kept as a [`Value`], a host call as a [`HostCall`], in growing lists:
/// at most 32 bytes of memory for each charged byte, the worst being a host call without arguments and results, of which
/// 8 bytes are charged.
#[derive(Debug, Default)]
pub struct Record {
    log: Vec<Value>,
    transcript: Vec<HostCall>,
    used: u64,
    limit: u64,
}

impl Record {
    /// An empty one that holds `limit` bytes.
    #[must_use]
    #[inline]
    pub fn new(limit: u64) -> Record {
        Record { log: Vec::new(), transcript: Vec::new(), used: 0, limit }
    }

    /// Makes it an empty one that holds `limit` bytes.
    #[inline]
    pub(crate) fn begin(&mut self, limit: u64) {
        if self.used != 0 {
            *self = Record::default();
        }
        self.limit = limit;
    }

    /// Charges a group of entries with these payloads, all or nothing.
    ///
    /// # Errors
    /// [`TrapKind::LogLimit`] where the group would pass the limit; nothing is charged then.
    pub fn charge(&mut self, payloads: impl IntoIterator<Item = u64>) -> Result<(), TrapKind> {
        let group =
            payloads.into_iter().try_fold(0_u64, |sum, p| sum.checked_add(p)?.checked_add(ENTRY_BYTES));
        match group.and_then(|group| self.used.checked_add(group)) {
            Some(used) if used <= self.limit => {
                self.used = used;
                Ok(())
            }
            _ => Err(TrapKind::LogLimit),
        }
    }

    /// Appends an entry that has been charged.
    pub fn push(&mut self, entry: Value) {
        self.log.push(entry);
    }

    /// Begins a host call whose arguments have been charged.
    pub fn begin_call(&mut self, import: Hash, object: u32, args: Vec<Value>) {
        self.transcript.push(HostCall { import, object, args, reply: None });
    }

    /// Arguments of the host call under way.
    #[must_use]
    pub fn call_args(&self) -> &[Value] {
        self.transcript.last().map_or(&[], |call| &call.args)
    }

    /// Charges and keeps the reply of the host call under way; gives the results back.
    ///
    /// # Errors
    /// [`TrapKind::LogLimit`], or the host's failure as [`TrapKind::Host`].
    pub fn end_call(&mut self, reply: Result<Vec<Value>, i64>) -> Result<&[Value], TrapKind> {
        match &reply {
            Ok(results) => self.charge(results.iter().map(Value::payload_bytes))?,
            Err(_) => self.charge([8])?,
        }
        let Some(call) = self.transcript.last_mut() else { return Ok(&[]) };
        match call.reply.insert(reply) {
            Ok(results) => Ok(results),
            Err(code) => Err(TrapKind::Host { code: *code }),
        }
    }

    /// Bytes charged so far.
    #[must_use]
    #[inline]
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Log and transcript, given away.
    #[must_use]
    #[inline]
    pub fn into_parts(self) -> (Vec<Value>, Vec<HostCall>) {
        (self.log, self.transcript)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charged_byte_costs_at_most_32_of_memory() {
        // A list that grows by doubling holds at most twice what it needs.
        assert!(2 * size_of::<HostCall>() <= 32 * ENTRY_BYTES as usize);
        assert!(2 * size_of::<Value>() <= 32 * ENTRY_BYTES as usize);
    }

    #[test]
    fn groups_are_all_or_nothing() {
        let mut record = Record::new(40);
        assert_eq!(record.charge([8]), Ok(()));
        assert_eq!(record.charge([8, 8]), Err(TrapKind::LogLimit));
        assert_eq!(record.used(), 16);
        assert_eq!(record.charge([0, 8]), Ok(()));
        assert_eq!(record.charge([]), Ok(()));
        assert_eq!(record.charge([0]), Err(TrapKind::LogLimit));
        assert_eq!(record.charge([u64::MAX, u64::MAX]), Err(TrapKind::LogLimit));
        assert_eq!(record.used(), 40);
    }

    #[test]
    fn a_reply_past_the_limit_is_not_written() {
        let mut record = Record::new(16);
        record.begin_call(Hash::from([0; 32]), 0, Vec::new());
        assert!(record.end_call(Ok(vec![Value::Int(1), Value::Int(2)])).is_err());
        let (_, transcript) = record.into_parts();
        assert!(transcript[0].reply.is_none());
    }

    #[test]
    fn a_failure_code_is_an_int_entry() {
        let mut record = Record::new(16);
        record.begin_call(Hash::from([0; 32]), 0, Vec::new());
        assert_eq!(record.end_call(Err(5)).unwrap_err(), TrapKind::Host { code: 5 });
        assert_eq!(record.used(), 16);
        let (_, transcript) = record.into_parts();
        assert!(matches!(transcript[0].reply, Some(Err(5))));
    }
}
