//! Scalars and constants with the bits that break things: bounds, signed zeros, subnormals, NaN payloads.

use super::Entropy;
use nda_ast::{Bytes, CANONICAL_NAN32, Codebook, Constant, Elem, Matrix};

const INTS: &[i64] = &[
    0,
    1,
    -1,
    2,
    3,
    -2,
    7,
    10,
    63,
    64,
    65,
    127,
    255,
    256,
    -256,
    1 << 31,
    -(1 << 31),
    1 << 32,
    1 << 53,
    (1 << 53) + 1,
    1 << 62,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
    0x5555_5555_5555_5555,
];

const FLOATS: &[u64] = &[
    0,
    0x8000_0000_0000_0000, // -0
    0x3ff0_0000_0000_0000, // 1
    0xbff0_0000_0000_0000, // -1
    0x3fe0_0000_0000_0000, // 0.5
    0xbfe0_0000_0000_0000, // -0.5
    0x3fdf_ffff_ffff_ffff, // the greatest below 0.5
    0x4004_0000_0000_0000, // 2.5
    0x400c_0000_0000_0000, // 3.5
    0x7ff0_0000_0000_0000, // infinity
    0xfff0_0000_0000_0000, // -infinity
    0x7ff8_0000_0000_0000, // the canonical NaN
    0xfff8_0000_0000_0000, // its negative
    0x7ff0_0000_0000_0001, // a signalling NaN
    0xfff8_dead_beef_0001, // a NaN with a payload
    0x0000_0000_0000_0001, // the least subnormal
    0x000f_ffff_ffff_ffff, // the greatest subnormal
    0x0010_0000_0000_0000, // the least normal
    0x7fef_ffff_ffff_ffff, // the greatest finite
    0x43e0_0000_0000_0000, // 2^63
    0xc3e0_0000_0000_0000, // -2^63
    0xc3e0_0000_0000_0001, // the next below -2^63
    0x43f0_0000_0000_0000, // 2^64
    0x4340_0000_0000_0000, // 2^53
    0x3690_0000_0000_0000, // half the least binary32 subnormal
    0x47ef_ffff_f000_0000, // rounds up to binary32 infinity
];

const SMALL_FLOATS: &[u32] = &[
    0,
    0x8000_0000,
    0x3f80_0000,
    0xbf80_0000,
    0x7f80_0000, // infinity
    0xff80_0000,
    CANONICAL_NAN32,
    1,           // the least subnormal
    0x007f_ffff, // the greatest subnormal
    0x0080_0000,
    0x7f7f_ffff, // the greatest finite
    0x42c8_0000, // 100: exp is large, tanh is 1
    0xc2d0_0000, // -104: exp rounds to 0
];

impl Entropy<'_> {
    /// An int: mostly small, often a bound, sometimes anything.
    pub fn int(&mut self) -> i64 {
        match self.below(4) {
            0 => self.below(16) as i64,
            1 | 2 => self.pick(INTS),
            _ => self.bits() as i64,
        }
    }

    /// A float: often an edge, sometimes any bits, mostly of moderate size.
    pub fn float(&mut self) -> f64 {
        match self.below(5) {
            0 => self.below(9) as f64 - 4.0,
            1 | 2 => self.tame_float(),
            3 => f64::from_bits(self.pick(FLOATS)),
            _ => f64::from_bits(self.bits()),
        }
    }

    /// A finite float of moderate size: -8 to 8 in steps of 2^-12.
    pub fn tame_float(&mut self) -> f64 {
        self.below(1 << 16) as f64 / 4096.0 - 8.0
    }

    /// A vector element that is finite and of moderate size.
    pub fn tame_f32(&mut self) -> f32 {
        self.tame_float() as f32
    }

    /// Any vector element; a NaN is the canonical one.
    pub fn f32(&mut self) -> f32 {
        match self.below(3) {
            0 => self.tame_f32(),
            1 => f32::from_bits(self.pick(SMALL_FLOATS)),
            _ => {
                let x = f32::from_bits(self.bits() as u32);
                if x.is_nan() { f32::from_bits(CANONICAL_NAN32) } else { x }
            }
        }
    }

    /// `n` vector elements.
    pub fn f32s(&mut self, n: u32, tame: bool) -> Vec<f32> {
        (0..n).map(|_| if tame { self.tame_f32() } else { self.f32() }).collect()
    }

    /// A `vec` constant.
    pub fn vec_constant(&mut self, n: u32, tame: bool) -> Constant {
        let data: Vec<u8> = self.f32s(n, tame).iter().flat_map(|x| x.to_bits().to_le_bytes()).collect();
        Constant::Vec { n, data: data.into() }
    }

    /// `len` elements of a buffer, as their bytes.
    pub fn elements(&mut self, elem: Elem, len: u64) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..len {
            match elem {
                Elem::U8 => out.push(self.below(256) as u8),
                Elem::Int => out.extend(self.int().to_le_bytes()),
                Elem::Float => out.extend(self.float().to_bits().to_le_bytes()),
            }
        }
        out
    }

    /// A length for a buffer of capacity `cap`: often full, sometimes empty.
    pub fn length(&mut self, cap: u32) -> u64 {
        match self.below(4) {
            0 | 1 => u64::from(cap),
            2 => self.below(u64::from(cap) + 1),
            _ => self.below(2),
        }
    }

    /// A `buf` constant.
    pub fn buf_constant(&mut self, elem: Elem, cap: u32, len: u64) -> Constant {
        Constant::Buf { elem, cap, data: self.elements(elem, len).into() }
    }

    /// A `mat` constant of either codebook; scales are mostly small, sometimes the bounds.
    pub fn mat_constant(&mut self, rows: u16, cols: u16) -> Constant {
        let codebook = if self.chance(50) { Codebook::Ternary } else { Codebook::Quaternary };
        let scale = match self.below(8) {
            0 => -126,
            1 => 126,
            _ => self.below(9) as i8 - 6,
        };
        let stride = Matrix::row_bytes(cols);
        let mut planes = [Vec::new(), Vec::new()];
        for _ in 0..rows {
            for at in 0..stride {
                let bits = (usize::from(cols) - 8 * at).min(8) as u32;
                let mask = u8::MAX >> (8 - bits);
                let sign = self.bits() as u8 & mask;
                let mut extra = self.bits() as u8 & mask;
                if codebook == Codebook::Ternary {
                    // Zero has one encoding: extra without sign is refused.
                    extra &= sign;
                }
                planes[0].push(sign);
                planes[1].push(extra);
            }
        }
        let [sign, extra] = planes.map(Bytes::from);
        Constant::Matrix(Matrix { rows, cols, codebook, scale, sign, extra })
    }
}
