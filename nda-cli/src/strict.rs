//! JSON in which no object holds a key twice: of two arguments of one name, neither is what was meant.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::fmt;

/// Parses one value; an error tells the column, and the line where there are several.
pub fn parse(text: &[u8]) -> Result<Json, String> {
    let text = text.trim_ascii_end();
    let parsed: Result<Strict, serde_json::Error> = serde_json::from_slice(text);
    parsed.map(|strict| strict.0).map_err(|e| {
        let message = e.to_string();
        if text.contains(&b'\n') { message } else { message.replace(" at line 1 column ", " at column ") }
    })
}

/// A value whose objects hold each key once.
struct Strict(Json);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(Values).map(Strict)
    }
}

/// Builds the value. The parser bounds the depth of what it visits.
struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, x: bool) -> Result<Json, E> {
        Ok(x.into())
    }

    fn visit_i64<E>(self, x: i64) -> Result<Json, E> {
        Ok(x.into())
    }

    fn visit_u64<E>(self, x: u64) -> Result<Json, E> {
        Ok(x.into())
    }

    fn visit_f64<E>(self, x: f64) -> Result<Json, E> {
        Ok(x.into())
    }

    fn visit_str<E>(self, x: &str) -> Result<Json, E> {
        Ok(x.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut out = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            out.push(value);
        }
        Ok(Json::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut out = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if out.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key `{}` stands twice",
                    crate::values::cut(&key)
                )));
            }
            let Strict(value) = map.next_value()?;
            out.insert(key, value);
        }
        Ok(Json::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn gives_what_any_parser_gives() {
        let text = br#"[null, true, -3, 18446744073709551615, 0.1, 1e300, "a\n\u00e9", {"b": {"x": 1}, "a": {"x": []}}]"#;
        let expected: serde_json::Value = serde_json::from_slice(text).unwrap();
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn refuses_repeated_keys_at_any_depth() {
        let twice = |text: &str| parse(text.as_bytes()).unwrap_err();
        assert_eq!(twice(r#"{"n": 1, "n": 1}"#), "the key `n` stands twice at column 12");
        assert_eq!(twice(r#"[{"n": 1, "\u006e": 2}]"#), "the key `n` stands twice at column 18");
        assert_eq!(twice(r#"{"a": {"b": 1, "b": 1}}"#), "the key `b` stands twice at column 18");
    }

    #[test]
    fn places_are_in_the_line() {
        assert_eq!(parse(b"  [1,\r\n").unwrap_err(), "EOF while parsing a value at column 5");
        assert_eq!(parse(b"[1,\n]").unwrap_err(), "trailing comma at line 2 column 1");
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse(b"\"\xff\"").is_err());
        assert!(parse(b"1 2").is_err());
    }
}
