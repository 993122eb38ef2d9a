//! Kernels for 64-bit ARM. Advanced SIMD belongs to the target, so that all lane code is compiled for it anyway; by hand is what
//! works on tiles, with the dot product of bytes where there is one.

mod tiles;

use crate::isa::Portable;
use crate::level::Level;
use crate::matrix::Tiled;
use crate::table::Kernels;

/// The kernels of a level, where this processor can run them.
pub(crate) fn table(level: Level) -> Option<&'static Kernels> {
    // All that is `unsafe` in these tables rests on this line.
    if !level.is_supported() {
        return None;
    }
    match level {
        Level::Neon => Some(&NEON),
        Level::NeonDotprod => Some(&NEON_DOTPROD),
        _ => None,
    }
}

static NEON: Kernels = Kernels::of::<Portable>(
    Level::Neon,
    Some(Tiled {
        // SAFETY: `table` hands this out only where the processor has Advanced SIMD.
        gemv_rows: |w, rows, q, quantised, y| unsafe { tiles::plain::gemv(w, rows, q, quantised, y) },
        // SAFETY: as above.
        gemm_rows: |w, rows, q, all, y, distance| unsafe { tiles::plain::gemm(w, rows, q, all, y, distance) },
        ..Tiled::portable()
    }),
);

static NEON_DOTPROD: Kernels = Kernels::of::<Portable>(
    Level::NeonDotprod,
    Some(Tiled {
        // SAFETY: `table` hands this out only where the processor has the dot product.
        gemv_rows: |w, rows, q, quantised, y| unsafe { tiles::dotprod::gemv(w, rows, q, quantised, y) },
        // SAFETY: as above.
        gemm_rows: |w, rows, q, all, y, distance| unsafe {
            tiles::dotprod::gemm(w, rows, q, all, y, distance)
        },
        ..Tiled::portable()
    }),
);
