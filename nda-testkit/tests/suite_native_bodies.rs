//! The suite in machine code: see `Entered::Bodies`.

use nda_testkit::machine::{Entered, Machine};

nda_testkit::suite!(Machine { entered: Entered::Bodies, slice: 8192 });
