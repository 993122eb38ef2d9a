//! Tables with which processors turn the codes of tiles to values.

use super::packed::Codebook;
use super::tiles::code_values;

pub(crate) struct Decoding<T> {
    quaternary: T,
    ternary: T,
}

impl<T> Decoding<T> {
    #[inline(always)]
    pub(crate) const fn of(&self, codebook: Codebook) -> &T {
        match codebook {
            Codebook::Quaternary => &self.quaternary,
            Codebook::Ternary => &self.ternary,
        }
    }
}

/// For each half of a byte the value of its low two bits, and that of its high two.
pub(crate) static HALF_BYTES: Decoding<[[u8; 16]; 2]> = Decoding {
    quaternary: [code_table(Codebook::Quaternary, 0), code_table(Codebook::Quaternary, 2)],
    ternary: [code_table(Codebook::Ternary, 0), code_table(Codebook::Ternary, 2)],
};

/// For six bits the value of the lowest two, of the next and of the highest.
#[cfg(target_arch = "x86_64")]
pub(crate) static SIX_BITS: Decoding<[[u8; 64]; 3]> = Decoding {
    quaternary: [
        code_table(Codebook::Quaternary, 0),
        code_table(Codebook::Quaternary, 2),
        code_table(Codebook::Quaternary, 4),
    ],
    ternary: [
        code_table(Codebook::Ternary, 0),
        code_table(Codebook::Ternary, 2),
        code_table(Codebook::Ternary, 4),
    ],
};

/// For each number below N the value of two of its bits.
const fn code_table<const N: usize>(codebook: Codebook, shift: u32) -> [u8; N] {
    let (values, _) = code_values(codebook);
    let mut table = [0; N];
    let mut i = 0;
    while i < N {
        table[i] = values[i >> shift & 3];
        i += 1;
    }
    table
}
