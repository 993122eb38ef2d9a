//! NDA: frame, fuel, traps, log, host imports and the reference interpreter (tier 0).
