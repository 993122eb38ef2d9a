//! Types as words that machine code passes to helpers.

use nda_ast::{Elem, Type};

/// A type in a word: class in the low byte, length or capacity above.
pub(crate) fn encode(ty: Type) -> u64 {
    let (class, n) = match ty {
        Type::Int => (0, 0),
        Type::Float => (1, 0),
        Type::Bool => (2, 0),
        Type::Vec { n } => (3, n),
        Type::Buf { elem: Elem::U8, cap } => (4, cap),
        Type::Buf { elem: Elem::Int, cap } => (5, cap),
        Type::Buf { elem: Elem::Float, cap } => (6, cap),
        Type::Mat { .. } => unreachable!("a matrix is never copied or printed"),
    };
    class | u64::from(n) << 8
}

/// The type of such a word.
pub(crate) fn decode(word: u64) -> Type {
    let n = (word >> 8) as u32;
    match word & 0xff {
        0 => Type::Int,
        1 => Type::Float,
        2 => Type::Bool,
        3 => Type::Vec { n },
        4 => Type::Buf { elem: Elem::U8, cap: n },
        5 => Type::Buf { elem: Elem::Int, cap: n },
        _ => Type::Buf { elem: Elem::Float, cap: n },
    }
}

/// Length of a vector or capacity of a buffer.
pub(crate) fn length(ty: Type) -> u32 {
    match ty {
        Type::Vec { n } => n,
        Type::Buf { cap, .. } => cap,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_types_again() {
        let elems = [Elem::U8, Elem::Int, Elem::Float];
        let bufs = elems.map(|elem| Type::Buf { elem, cap: 1 << 20 });
        let all = [Type::Int, Type::Float, Type::Bool, Type::Vec { n: 1 }, Type::Vec { n: 1 << 20 }];
        for ty in all.into_iter().chain(bufs) {
            assert_eq!(decode(encode(ty)), ty);
        }
    }
}
