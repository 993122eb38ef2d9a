//! Reading and writing the primitive items of the byte format.

use crate::error::Decoded;
use crate::{DecodeError, ErrorCode};

/// A cursor over the input. `pos` counts from the start of the whole input, so that errors give file offsets.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], pos: usize) -> Reader<'a> {
        Reader { bytes, pos }
    }

    #[inline]
    pub(crate) fn pos(&self) -> usize {
        self.pos
    }

    /// All that may be read, from the start of the input; [`Reader::pos`] counts into it.
    #[inline]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Goes on at `pos`, which must not lie beyond the bytes.
    #[inline]
    pub(crate) fn set_pos(&mut self, pos: usize) {
        debug_assert!(pos <= self.bytes.len());
        self.pos = pos;
    }

    #[inline]
    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.pos
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// A reader over the next `len` bytes, which this one skips. Offsets stay those of the whole input.
    pub(crate) fn sub(&mut self, len: usize) -> Decoded<Reader<'a>> {
        if len > self.remaining() {
            return Err(self.truncated());
        }
        let sub = Reader { bytes: &self.bytes[..self.pos + len], pos: self.pos };
        self.pos += len;
        Ok(sub)
    }

    #[cold]
    pub(crate) fn truncated(&self) -> Box<DecodeError> {
        DecodeError::new(self.bytes.len(), ErrorCode::Truncated)
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Decoded<u8> {
        match self.bytes.get(self.pos) {
            Some(&byte) => {
                self.pos += 1;
                Ok(byte)
            }
            None => Err(self.truncated()),
        }
    }

    pub(crate) fn take(&mut self, len: usize) -> Decoded<&'a [u8]> {
        if len > self.remaining() {
            return Err(self.truncated());
        }
        let out = &self.bytes[self.pos..self.pos + len];
        self.pos += len;
        Ok(out)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Decoded<&'a [u8; N]> {
        let out = self.bytes[self.pos..].first_chunk::<N>().ok_or_else(|| self.truncated())?;
        self.pos += N;
        Ok(out)
    }

    /// Unsigned LEB128, shortest form, below 2^64.
    #[inline]
    pub(crate) fn u64(&mut self) -> Decoded<u64> {
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        self.u64_rest(first)
    }

    fn u64_rest(&mut self, first: u8) -> Decoded<u64> {
        let start = self.pos - 1;
        let mut value = u64::from(first & 0x7f);
        let mut shift = 7;
        loop {
            let byte = self.u8()?;
            let part = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit; a last byte of zero means a shorter form exists.
            if (shift == 63 && byte > 1) || byte == 0 {
                return Err(DecodeError::new(start, ErrorCode::Overlong));
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    /// Unsigned LEB128, shortest form, below 2^32.
    #[inline]
    pub(crate) fn u32(&mut self) -> Decoded<u32> {
        let start = self.pos;
        let value = self.u64()?;
        u32::try_from(value).map_err(|_| DecodeError::new(start, ErrorCode::Overlong).found(value))
    }

    /// Signed LEB128, shortest form, 64 bits.
    #[inline]
    pub(crate) fn i64(&mut self) -> Decoded<i64> {
        let first = self.u8()?;
        if first < 0x80 {
            return Ok(i64::from((first << 1) as i8 >> 1));
        }
        self.i64_rest(first)
    }

    fn i64_rest(&mut self, first: u8) -> Decoded<i64> {
        let start = self.pos - 1;
        let mut value = i64::from(first & 0x7f);
        let mut shift = 7;
        let mut before = first;
        loop {
            let byte = self.u8()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(DecodeError::new(start, ErrorCode::Overlong));
            }
            value |= i64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                // Shortest: the last byte must not merely repeat the sign bit of the byte before it.
                let repeats = (byte == 0 && before & 0x40 == 0) || (byte == 0x7f && before & 0x40 != 0);
                if repeats {
                    return Err(DecodeError::new(start, ErrorCode::Overlong));
                }
                let unused = 64_u32.saturating_sub(shift + 7);
                return Ok(value << unused >> unused);
            }
            before = byte;
            shift += 7;
        }
    }
}

/// Bytes of a length as unsigned LEB128, shortest form.
pub(crate) fn leb_len(value: usize) -> usize {
    ((usize::BITS - value.leading_zeros()) as usize).div_ceil(7).max(1)
}

/// Appends `value` as unsigned LEB128, shortest form.
pub(crate) fn write_u64(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends `value` as signed LEB128, shortest form.
pub(crate) fn write_i64(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges() -> Vec<u64> {
        let mut all = vec![0, u64::MAX];
        for shift in 0..64 {
            let bit = 1_u64 << shift;
            all.extend([bit, bit - 1, bit.wrapping_neg(), (bit - 1).wrapping_neg().wrapping_sub(1)]);
        }
        all
    }

    #[test]
    fn round_trips_are_shortest_and_longer_forms_are_refused() {
        for value in edges() {
            let mut bytes = Vec::new();
            write_u64(&mut bytes, value);
            assert_eq!(Reader::new(&bytes, 0).u64().unwrap(), value);
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.push(0);
            assert_eq!(Reader::new(&bytes, 0).u64().unwrap_err().code, ErrorCode::Overlong, "{value}");

            let signed = value as i64;
            let mut bytes = Vec::new();
            write_i64(&mut bytes, signed);
            assert_eq!(Reader::new(&bytes, 0).i64().unwrap(), signed);
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.push(if signed < 0 { 0x7f } else { 0 });
            assert_eq!(Reader::new(&bytes, 0).i64().unwrap_err().code, ErrorCode::Overlong, "{signed}");
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_refused() {
        let mut bytes = vec![0xff; 9];
        bytes.push(2);
        assert_eq!(Reader::new(&bytes, 0).u64().unwrap_err().code, ErrorCode::Overlong);
        assert_eq!(Reader::new(&bytes, 0).i64().unwrap_err().code, ErrorCode::Overlong);
        assert_eq!(Reader::new(&[0x80; 40], 0).u64().unwrap_err().code, ErrorCode::Overlong);
        assert_eq!(Reader::new(&[0x80; 40], 0).i64().unwrap_err().code, ErrorCode::Overlong);
        assert_eq!(Reader::new(&[0x80, 0x80], 0).u64().unwrap_err().code, ErrorCode::Truncated);
    }
}
