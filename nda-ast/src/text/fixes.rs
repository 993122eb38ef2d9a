//! What else could have been meant: nearest names, and NDA's word for Rust's.

/// The candidate nearest to `name` by edit distance, if one is near enough to be meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = match name.len() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    if name.len() > 64 {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.len().abs_diff(name.len()) > limit || candidate == name {
            continue;
        }
        let d = distance(name.as_bytes(), candidate.as_bytes());
        // One letter for another is no evidence.
        if d <= limit && d < name.len().max(candidate.len()) && best.is_none_or(|(b, _)| d < b) {
            best = Some((d, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// As [`nearest`], for a word of the language: one of few, so that only a slip of the pen is evidence. At most two letters
/// differ, and at most a third of them.
pub(crate) fn nearest_word(name: &str, words: &[&'static str]) -> Option<&'static str> {
    let near = nearest(name, words.iter().copied())?;
    let longer = name.len().max(near.len());
    (distance(name.as_bytes(), near.as_bytes()) <= (longer / 3).min(2)).then_some(near)
}

/// Edit distance with swaps of neighbours.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = a[i - 1].eq_ignore_ascii_case(&b[j - 1]);
            row[j] = (last[j - 1] + usize::from(!same)).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let names = ["count", "total", "i", "sum"];
        assert_eq!(nearest("cuont", names.into_iter()), Some("count"));
        assert_eq!(nearest("totals", names.into_iter()), Some("total"));
        assert_eq!(nearest("Count", names.into_iter()), Some("count"));
        assert_eq!(nearest("j", names.into_iter()), None);
        assert_eq!(nearest("completely", names.into_iter()), None);
        assert_eq!(distance(b"abcd", b"acbd"), 1);
    }

    #[test]
    fn near_words() {
        let words = ["len", "clone", "push", "truncate"];
        assert_eq!(nearest_word("trunkate", &words), Some("truncate"));
        assert_eq!(nearest_word("pusch", &words), Some("push"));
        assert_eq!(nearest_word("lne", &words), Some("len"));
        for far in ["get", "last", "first", "count_ones", "close_it", "trun"] {
            assert_eq!(nearest_word(far, &words), None, "{far}");
        }
    }
}
