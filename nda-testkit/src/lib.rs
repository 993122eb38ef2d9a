//! NDA: test suite per tier, program generator, oracles (dev only).
