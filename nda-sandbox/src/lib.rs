//! NDA: the public API: engine, limits, host imports, typed calls, containment.
