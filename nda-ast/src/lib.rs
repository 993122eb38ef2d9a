//! NDA: types, node arena, canonical bytes, object hashes, validator and text form.
