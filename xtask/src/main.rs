//! NDA: cargo xtask bench|ci|fuzz|bless (dev only).
fn main() {}
