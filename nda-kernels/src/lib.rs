//! NDA: deterministic vector, 2-bit matrix and scalar math kernels.
