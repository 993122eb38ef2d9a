//! Reading numbers, types and names from a part of the file.

use super::{Elem, Refusal, Stage, Type};

/// A part of the file and how far it is read.
pub(crate) struct Reader<'a> {
    file: &'a [u8],
    pub at: usize,
    end: usize,
}

/// A refusal of the bytes.
pub(crate) fn bad(at: usize, reason: impl Into<String>) -> Refusal {
    Refusal { offset: Some(at), stage: Stage::Decode, reason: reason.into() }
}

/// A refusal by a limit.
pub(crate) fn over(at: usize, limit: &str) -> Refusal {
    Refusal { offset: Some(at), stage: Stage::Limit, reason: format!("the limit `{limit}` is passed") }
}

impl<'a> Reader<'a> {
    pub fn new(file: &'a [u8]) -> Self {
        Reader { file, at: 0, end: file.len() }
    }

    /// The next `length` bytes as a part of their own; this reader goes on after them.
    pub fn part(&mut self, length: u64) -> Result<Reader<'a>, Refusal> {
        let start = self.at;
        self.take(length)?;
        Ok(Reader { file: self.file, at: start, end: self.at })
    }

    pub fn is_empty(&self) -> bool {
        self.at == self.end
    }

    pub fn finish(&self, what: &str) -> Result<(), Refusal> {
        if self.is_empty() { Ok(()) } else { Err(bad(self.at, format!("bytes are left over in {what}"))) }
    }

    pub fn take(&mut self, length: u64) -> Result<&'a [u8], Refusal> {
        let left = self.end - self.at;
        match usize::try_from(length) {
            Ok(length) if length <= left => {
                let bytes = &self.file[self.at..self.at + length];
                self.at += length;
                Ok(bytes)
            }
            _ => Err(bad(self.end, "the bytes end too early")),
        }
    }

    pub fn byte(&mut self) -> Result<u8, Refusal> {
        Ok(self.take(1)?[0])
    }

    pub fn eight(&mut self) -> Result<u64, Refusal> {
        Ok(self.take(8)?.iter().rev().fold(0, |bits, b| bits << 8 | u64::from(*b)))
    }

    /// `u` of at most 64 bits.
    pub fn u64(&mut self) -> Result<u64, Refusal> {
        let start = self.at;
        let groups = self.groups()?;
        let value = groups.iter().rev().fold(0u128, |v, g| v << 7 | u128::from(*g));
        if groups.len() > 1 && groups.last() == Some(&0) {
            return Err(bad(start, "a number is not in its shortest form"));
        }
        u64::try_from(value).map_err(|_| bad(start, "a number has more than 64 bits"))
    }

    /// `s`.
    pub fn s64(&mut self) -> Result<i64, Refusal> {
        let start = self.at;
        let groups = self.groups()?;
        let negative = groups.last().is_some_and(|g| g & 0x40 != 0);
        let value =
            groups.iter().rev().fold(if negative { -1i128 } else { 0 }, |v, g| v << 7 | i128::from(*g));
        // A last group that only repeats the sign of the group before it says nothing.
        if let [.., before, last] = groups[..] {
            let sign = before & 0x40 != 0;
            if last == if sign { 0x7f } else { 0 } {
                return Err(bad(start, "a number is not in its shortest form"));
            }
        }
        i64::try_from(value).map_err(|_| bad(start, "a number has more than 64 bits"))
    }

    /// The groups of seven bits of a LEB128 number, least significant first: at most ten.
    fn groups(&mut self) -> Result<Vec<u8>, Refusal> {
        let start = self.at;
        let mut groups = Vec::new();
        loop {
            let byte = self.byte()?;
            groups.push(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(groups);
            }
            if groups.len() == 10 {
                return Err(bad(start, "a number has more than 64 bits"));
            }
        }
    }

    /// `u` below 2^32, the general rule.
    pub fn u32(&mut self) -> Result<u32, Refusal> {
        let start = self.at;
        u32::try_from(self.u64()?).map_err(|_| bad(start, "a number is not below 2^32"))
    }

    /// `u` within bounds.
    pub fn within(&mut self, least: u32, greatest: u32, what: &str) -> Result<u32, Refusal> {
        let start = self.at;
        let value = self.u32()?;
        if (least..=greatest).contains(&value) {
            Ok(value)
        } else {
            Err(bad(start, format!("{what} is {value}, outside {least} to {greatest}")))
        }
    }

    /// A type after its tag, which has no bit 7.
    pub fn type_of(&mut self, tag: u8) -> Result<Type, Refusal> {
        let start = self.at.saturating_sub(1);
        let big = 1 << 20;
        Ok(match tag {
            1 => Type::Int,
            2 => Type::Float,
            3 => Type::Bool,
            4 => Type::Buf(Elem::U8, self.within(1, big, "a capacity")?),
            5 => Type::Buf(Elem::Int, self.within(1, big, "a capacity")?),
            6 => Type::Buf(Elem::Float, self.within(1, big, "a capacity")?),
            7 => Type::Vec(self.within(1, big, "a vec's size")?),
            8 => Type::Mat(self.within(1, 65535, "rows")?, self.within(1, 65535, "columns")?),
            _ => return Err(bad(start, format!("{tag:#04x} is no type"))),
        })
    }

    pub fn any_type(&mut self) -> Result<Type, Refusal> {
        let tag = self.byte()?;
        self.type_of(tag)
    }

    /// length:u and UTF-8 of at most `most` bytes.
    pub fn name(&mut self, most: u32) -> Result<String, Refusal> {
        let length = self.within(0, most, "a name's length")?;
        let start = self.at;
        let bytes = self.take(u64::from(length))?;
        String::from_utf8(bytes.to_vec()).map_err(|_| bad(start, "a name is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;

    #[test]
    fn numbers_have_one_form() {
        let u = |bytes: &[u8]| Reader::new(bytes).u64().ok();
        assert_eq!(u(&[0]), Some(0));
        assert_eq!(u(&[0x80, 0]), None);
        assert_eq!(u(&[0x80, 1]), Some(128));
        assert_eq!(u(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Some(u64::MAX));
        assert_eq!(u(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), None);
        assert_eq!(u(&[0x80; 11]), None);
        assert_eq!(u(&[0x80]), None);
        let s = |bytes: &[u8]| Reader::new(bytes).s64().ok();
        assert_eq!(s(&[0x7f]), Some(-1));
        assert_eq!(s(&[0xff, 0x7f]), None);
        assert_eq!(s(&[0xc0, 0]), Some(64));
        assert_eq!(s(&[0xbf, 0]), None);
        assert_eq!(s(&[0xbf, 0x7f]), Some(-65));
        assert_eq!(s(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]), Some(i64::MIN));
        assert_eq!(s(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]), Some(i64::MAX));
        assert_eq!(s(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), None);
        assert_eq!(s(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7e]), None);
    }
}
