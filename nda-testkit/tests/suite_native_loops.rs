//! The suite in machine code: see `Entered::Loops`.

use nda_testkit::machine::{Entered, Machine};

nda_testkit::suite!(Machine { entered: Entered::Loops, slice: 16 });
