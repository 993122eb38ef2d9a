//! Signatures, constants and imports.

use crate::error::Decoded;
use crate::leb::Reader;
use crate::limits::{MAX_PARAMS, MAX_RESULTS};
use crate::{
    Codebook, Constant, DecodeError, Elem, ErrorCode, Hash, Import, LimitKind, MAX_ELEMENTS, Matrix, Mode,
    Param, Type,
};
use bytes::Bytes;
use smallvec::SmallVec;

/// Bit of a type's tag byte that marks an `inout` parameter.
pub(crate) const INOUT: u8 = 0x80;

/// Longest name of an import, in bytes.
const MAX_IMPORT_NAME: usize = 64;

pub(super) fn hash_table(r: &mut Reader<'_>) -> Decoded<Box<[Hash]>> {
    let count = r.u32()? as usize;
    if count == 0 {
        return Ok(Box::default());
    }
    // Checked before any room is made: each entry is 32 bytes of input.
    let bytes = r.take(count.checked_mul(32).ok_or_else(|| r.truncated())?)?;
    Ok(bytes.chunks_exact(32).map(|h| Hash::from(<[u8; 32]>::try_from(h).unwrap_or_default())).collect())
}

/// Reads parameters into a list that is empty.
pub(super) fn params(r: &mut Reader<'_>, out: &mut SmallVec<[Param; 4]>) -> Decoded<()> {
    let count = list_len(r, MAX_PARAMS)?;
    out.reserve_exact(count);
    for _ in 0..count {
        let tag = r.u8()?;
        let mode = if tag & INOUT == 0 { Mode::In } else { Mode::Inout };
        out.push(Param { ty: ty(r, tag & !INOUT)?, mode });
    }
    Ok(())
}

/// Reads types into a list that is empty.
pub(super) fn types(r: &mut Reader<'_>, max: usize, out: &mut SmallVec<[Type; 2]>) -> Decoded<()> {
    let count = list_len(r, max)?;
    out.reserve_exact(count);
    for _ in 0..count {
        let tag = r.u8()?;
        out.push(ty(r, tag)?);
    }
    Ok(())
}

fn list_len(r: &mut Reader<'_>, max: usize) -> Decoded<usize> {
    let at = r.pos();
    let count = r.u32()? as usize;
    if count > max {
        return Err(DecodeError::limit(at, LimitKind::Arity, max as u64, count));
    }
    if count > r.remaining() {
        return Err(r.truncated());
    }
    Ok(count)
}

/// A type whose tag byte has been read.
#[inline]
fn ty(r: &mut Reader<'_>, tag: u8) -> Decoded<Type> {
    match tag {
        1 => Ok(Type::Int),
        2 => Ok(Type::Float),
        3 => Ok(Type::Bool),
        _ => shaped(r, tag),
    }
}

fn shaped(r: &mut Reader<'_>, tag: u8) -> Decoded<Type> {
    let at = r.pos() - 1;
    match tag {
        4 => Ok(Type::Buf { elem: Elem::U8, cap: dimension(r, MAX_ELEMENTS)? }),
        5 => Ok(Type::Buf { elem: Elem::Int, cap: dimension(r, MAX_ELEMENTS)? }),
        6 => Ok(Type::Buf { elem: Elem::Float, cap: dimension(r, MAX_ELEMENTS)? }),
        7 => Ok(Type::Vec { n: dimension(r, MAX_ELEMENTS)? }),
        8 => {
            let rows = dimension(r, u16::MAX.into())? as u16;
            let cols = dimension(r, u16::MAX.into())? as u16;
            Ok(Type::Mat { rows, cols })
        }
        _ => Err(DecodeError::new(at, ErrorCode::BadType).expected("a tag 1 to 8").found(tag)),
    }
}

fn dimension(r: &mut Reader<'_>, max: u32) -> Decoded<u32> {
    let at = r.pos();
    let n = r.u32()?;
    if n == 0 || n > max {
        return Err(DecodeError::new(at, ErrorCode::BadDimension)
            .expected(format_args!("1 to {max}"))
            .found(n));
    }
    Ok(n)
}

/// A constant. `all` is the whole input that the reader reads: planes and elements stay slices of it.
pub(super) fn constant(r: &mut Reader<'_>, all: &Bytes) -> Decoded<Constant> {
    let at = r.pos();
    let tag = r.u8()?;
    match ty(r, tag)? {
        Type::Buf { elem, cap } => {
            let at = r.pos();
            let len = r.u32()?;
            if len > cap {
                return Err(DecodeError::new(at, ErrorCode::BadConstant)
                    .expected(format_args!("at most {cap} elements"))
                    .found(len));
            }
            Ok(Constant::Buf { elem, cap, data: slice(r, all, len as usize * elem.size() as usize)? })
        }
        Type::Vec { n } => {
            let at = r.pos();
            let data = slice(r, all, n as usize * 4)?;
            check_nans(&data, at)?;
            Ok(Constant::Vec { n, data })
        }
        Type::Mat { rows, cols } => Ok(Constant::Matrix(matrix(r, all, rows, cols)?)),
        Type::Int | Type::Float | Type::Bool => {
            Err(DecodeError::new(at, ErrorCode::BadType).expected("a buf, vec or mat").found(tag))
        }
    }
}

fn slice(r: &mut Reader<'_>, all: &Bytes, len: usize) -> Decoded<Bytes> {
    let from = r.pos();
    r.take(len)?;
    Ok(all.slice(from..from + len))
}

fn check_nans(data: &[u8], at: usize) -> Decoded<()> {
    for (i, chunk) in data.chunks_exact(4).enumerate() {
        let bits = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        if f32::from_bits(bits).is_nan() && bits != crate::CANONICAL_NAN32 {
            return Err(DecodeError::new(at + 4 * i, ErrorCode::BadConstant)
                .expected("the canonical NaN 7fc00000")
                .found(format_args!("{bits:08x}")));
        }
    }
    Ok(())
}

fn matrix(r: &mut Reader<'_>, all: &Bytes, rows: u16, cols: u16) -> Decoded<Matrix> {
    let at = r.pos();
    let codebook = match r.u8()? {
        0 => Codebook::Quaternary,
        1 => Codebook::Ternary,
        other => {
            return Err(DecodeError::new(at, ErrorCode::BadConstant)
                .expected("a codebook 0 or 1")
                .found(other));
        }
    };
    let at = r.pos();
    let scale = r.u8()? as i8;
    if scale.unsigned_abs() > 126 {
        return Err(DecodeError::new(at, ErrorCode::BadConstant)
            .expected("a scale -126 to 126")
            .found(scale));
    }
    let plane = Matrix::row_bytes(cols) * usize::from(rows);
    let at = r.pos();
    let (sign, extra) = (slice(r, all, plane)?, slice(r, all, plane)?);
    check_planes(&sign, &extra, cols, codebook)
        .map_err(|(i, what)| DecodeError::new(at + i, ErrorCode::BadConstant).expected(what))?;
    Ok(Matrix { rows, cols, codebook, scale, sign, extra })
}

/// Padding bits are zero, and a ternary zero is sign 1, extra 0. Fails with the offset of the byte and the rule.
fn check_planes(
    sign: &[u8],
    extra: &[u8],
    cols: u16,
    codebook: Codebook,
) -> Result<(), (usize, &'static str)> {
    let row = Matrix::row_bytes(cols);
    let used = match cols % 8 {
        0 => 0xff,
        bits => (1_u8 << bits) - 1,
    };
    for last in (row - 1..sign.len()).step_by(row) {
        if sign[last] & !used != 0 {
            return Err((last, "zero padding bits in the sign plane"));
        }
        if extra[last] & !used != 0 {
            return Err((sign.len() + last, "zero padding bits in the extra plane"));
        }
    }
    if codebook == Codebook::Ternary {
        for (i, (s, e)) in sign.iter().zip(extra).enumerate() {
            if !s & e != 0 {
                return Err((i, "ternary zeros written as sign 1, extra 0"));
            }
        }
    }
    Ok(())
}

pub(super) fn import(r: &mut Reader<'_>) -> Decoded<Import> {
    let at = r.pos();
    let len = r.u32()? as usize;
    let name = r.take(len)?;
    if !is_import_name(name) {
        return Err(DecodeError::new(at, ErrorCode::BadImport)
            .expected("a name [A-Za-z_][A-Za-z0-9_]* of at most 64 bytes")
            .found(String::from_utf8_lossy(&name[..name.len().min(80)])));
    }
    let name = String::from_utf8_lossy(name).into_owned();
    let at = r.pos();
    let (mut params, mut results) = (SmallVec::new(), SmallVec::new());
    self::params(r, &mut params)?;
    types(r, MAX_RESULTS, &mut results)?;
    if params.iter().any(|p| p.is_inout() || p.ty.is_mat()) || results.iter().any(|t| t.is_mat()) {
        return Err(DecodeError::new(at, ErrorCode::BadImport).expected("`in` parameters, and no mat"));
    }
    Ok(Import { name, params: params.into_vec(), results: results.into_vec(), work: r.u32()? })
}

fn is_import_name(name: &[u8]) -> bool {
    let letter = |b: &u8| b.is_ascii_alphabetic() || *b == b'_';
    name.len() <= MAX_IMPORT_NAME
        && name.first().is_some_and(letter)
        && name.iter().all(|b| letter(b) || b.is_ascii_digit())
}
