//! The suite in machine code: see `Entered::Both`.

use nda_testkit::machine::{Entered, Machine};

nda_testkit::suite!(Machine { entered: Entered::Both, slice: 64 });
