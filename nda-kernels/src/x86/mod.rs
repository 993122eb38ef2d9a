//! Kernels for x86-64: lane code compiled for wider registers, and by hand what works on tiles.

mod avx2;
mod avx512;

use crate::isa::Isa;
use crate::level::Level;
use crate::matrix::{Tile, Tiled, Tiles};
use crate::table::Kernels;
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// The kernels of a level, where this processor can run them.
pub(crate) fn table(level: Level) -> Option<&'static Kernels> {
    // All that is `unsafe` in this folder's tables rests on this line.
    if !level.is_supported() {
        return None;
    }
    match level {
        Level::Avx2 => Some(&AVX2),
        Level::Avx512Vnni => Some(&AVX512_VNNI),
        Level::Avx512Vbmi => Some(&AVX512_VBMI),
        _ => None,
    }
}

static AVX2: Kernels = Kernels::of::<Avx2>(
    Level::Avx2,
    Some(Tiled {
        // SAFETY: `table` hands this out only where the processor has the features that these functions enable.
        pack: |w| unsafe { avx2::pack(w) },
        // SAFETY: as above.
        quantise: |x, q| unsafe { avx2::quantise(x, q) },
        // SAFETY: as above.
        gemv_rows: |w, rows, q, quantised, y| unsafe { avx2::gemv(w, rows, q, quantised, y) },
        // SAFETY: as above.
        gemm_rows: |w, rows, q, all, y, distance| unsafe { avx2::gemm(w, rows, q, all, y, distance) },
    }),
);

/// Sums wait for one another, eight lanes at a time, and an addition of 512 bits takes a cycle longer than two of 256.
const fn with_short_sums(kernels: Kernels) -> Kernels {
    Kernels { dot: AVX2.dot, sum: AVX2.sum, mean: AVX2.mean, ..kernels }
}

static AVX512_VNNI: Kernels = with_short_sums(Kernels::of::<Avx512>(
    Level::Avx512Vnni,
    Some(Tiled {
        // SAFETY: `table` hands this out only where the processor has the features that these functions enable.
        pack: |w| unsafe { avx2::pack(w) },
        // SAFETY: as above.
        quantise: |x, q| unsafe { avx512::quantise(x, q) },
        // SAFETY: as above.
        gemv_rows: |w, rows, q, quantised, y| unsafe { avx512::vnni::gemv(w, rows, q, quantised, y) },
        // SAFETY: as above.
        gemm_rows: |w, rows, q, all, y, distance| unsafe { avx512::vnni::gemm(w, rows, q, all, y, distance) },
    }),
));

static AVX512_VBMI: Kernels = with_short_sums(Kernels::of::<Avx512>(
    Level::Avx512Vbmi,
    Some(Tiled {
        // SAFETY: `table` hands this out only where the processor has the features that these functions enable.
        pack: |w| unsafe { avx2::pack(w) },
        // SAFETY: as above.
        quantise: |x, q| unsafe { avx512::quantise(x, q) },
        // SAFETY: as above.
        gemv_rows: |w, rows, q, quantised, y| unsafe { avx512::vbmi::gemv(w, rows, q, quantised, y) },
        // SAFETY: as above.
        gemm_rows: |w, rows, q, all, y, distance| unsafe { avx512::vbmi::gemm(w, rows, q, all, y, distance) },
    }),
));

/// Tiles between the one that is read and the one that is asked for: what a processor asks for by itself is too late where weights
/// come from memory.
const AHEAD: usize = 24;

/// Whether a matrix is so large that it comes from memory: asking ahead costs a fifth of the speed of what comes from a cache.
/// With AVX2 the products take so long that asking gains nothing.
fn is_far(w: &Tiles) -> bool {
    w.bytes() > 6 << 20
}

/// Asks for a tile that will be read soon, maybe one of the next rows.
#[inline(always)]
fn prefetch(tiles: &[Tile], at: usize) {
    // No access: an address of nothing is passed over.
    let address = tiles.as_ptr().wrapping_add(at + AHEAD).cast();
    // SAFETY: every x86-64 has this instruction, and it reads no memory.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
}

/// Lane code for registers of 256 bits.
struct Avx2;

impl Isa for Avx2 {
    #[inline(always)]
    fn run<R>(work: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx2")]
        fn compiled<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: only the kernels of `AVX2` come here, which `table` hands out only where there is AVX2.
        unsafe { compiled(work) }
    }
}

/// Lane code for registers of 512 bits.
struct Avx512;

impl Isa for Avx512 {
    #[inline(always)]
    fn run<R>(work: impl FnOnce() -> R) -> R {
        #[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl")]
        fn compiled<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        // SAFETY: only the kernels of `AVX512_VNNI` and `AVX512_VBMI` come here, which `table` hands out only where
        // there are these features.
        unsafe { compiled(work) }
    }
}
