//! NDA: the nda command.
