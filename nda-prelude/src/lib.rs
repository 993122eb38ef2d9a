//! NDA: a prelude that lets rustc compile programs in the text form.
