//! The parser of strict JSON.

use super::{DEPTH, Map, Number, Text, Value};
use serde::de::{Error, IgnoredAny};

/// Parses strict JSON. Of a name that an object has twice, the last value counts.
pub(crate) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, depth: DEPTH };
    parser.whole().ok_or_else(|| why(text))
}

/// Parses what flete wrote itself. Within its own objects, a carrier's reply may be nested as deep as a reply can be.
pub(crate) fn parse_own(text: &str) -> Result<Value, serde_json::Error> {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, depth: 2 * DEPTH };
    parser.whole().ok_or_else(|| why(text))
}

/// As [`parse`], from bytes, which must be UTF-8.
pub(crate) fn parse_slice(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(error) => Err(serde_json::Error::custom(error)),
    }
}

/// What is wrong with a text, with line and column. serde_json has the words for it.
#[cold]
fn why(text: &str) -> serde_json::Error {
    let error = serde_json::from_str::<serde_json::Value>(text).err();
    // A number beyond every float is no mistake here.
    let error = match error {
        Some(error) if error.to_string().starts_with("number out of range") => {
            serde_json::from_str::<IgnoredAny>(text).err().or(Some(error))
        }
        error => error,
    };
    error.unwrap_or_else(|| serde_json::Error::custom("not JSON"))
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// How deep it may be nested.
    depth: usize,
}

impl<'a> Parser<'a> {
    fn whole(&mut self) -> Option<Value> {
        let value = self.value(0)?;
        self.next_byte().is_none().then_some(value)
    }

    /// The next byte that isn't blank. It isn't taken.
    fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        match self.next_byte()? {
            b'"' => self.string().map(Value::String),
            b'{' if depth < self.depth => self.object(depth + 1),
            b'[' if depth < self.depth => self.list(depth + 1),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => None,
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.bytes[self.at..].starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            value
        })
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut members = Map::new();
        let mut known = 0_u64;
        if self.next_byte()? == b'}' {
            self.at += 1;
            return Some(Value::Object(members));
        }
        loop {
            if self.next_byte()? != b'"' {
                return None;
            }
            let name = self.string()?;
            if self.next_byte()? != b':' {
                return None;
            }
            self.at += 1;
            let value = self.value(depth)?;
            // Where this differs, the names differ: most objects need no comparison.
            let mark = mark(&name);
            if known & mark == 0 {
                members.append(name, value);
            } else {
                members.insert(name, value);
            }
            known |= mark;
            let next = self.next_byte()?;
            self.at += 1;
            match next {
                b',' => {}
                b'}' => return Some(Value::Object(members)),
                _ => return None,
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        if self.next_byte()? == b']' {
            self.at += 1;
            return Some(Value::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            let next = self.next_byte()?;
            self.at += 1;
            match next {
                b',' => {}
                b']' => return Some(Value::Array(items)),
                _ => return None,
            }
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<Number> {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(Number::checked(&self.text[start..self.at]))
    }

    fn string(&mut self) -> Option<Text> {
        self.at += 1;
        let start = self.at;
        self.at += plain(&self.bytes[start..]);
        if *self.bytes.get(self.at)? == b'"' {
            let text = Text::new(&self.text[start..self.at]);
            self.at += 1;
            return Some(text);
        }
        let mut text = String::from(&self.text[start..self.at]);
        loop {
            match *self.bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(text.into());
                }
                b'\\' => text.push(self.escape()?),
                // A control character.
                _ => return None,
            }
            let start = self.at;
            self.at += plain(&self.bytes[start..]);
            text.push_str(&self.text[start..self.at]);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let escaped = *self.bytes.get(self.at + 1)?;
        self.at += 2;
        Some(match escaped {
            b'"' | b'\\' | b'/' => char::from(escaped),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut units = [self.unit()?, 0];
                let mut length = 1;
                if (0xd800..0xdc00).contains(&units[0]) && self.bytes[self.at..].starts_with(b"\\u") {
                    self.at += 2;
                    units[1] = self.unit()?;
                    length = 2;
                }
                let mut read = char::decode_utf16(units[..length].iter().copied());
                let c = read.next()?.ok()?;
                // The second unit belongs to the first, or the first isn't a character.
                read.next().is_none().then_some(c)?
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u16> {
        let unit = super::tolerant::unit(self.bytes.get(self.at..)?)?;
        self.at += 4;
        Some(unit)
    }
}

/// One bit that stands for a name: the same for the same name.
fn mark(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let [first, last] = [bytes.first(), bytes.last()].map(|byte| byte.map_or(0, |byte| usize::from(*byte)));
    1 << ((bytes.len() * 7 + first * 3 + last * 5) % 64)
}

/// The length of the text before the next quote, backslash or control character: what neither a parser nor a writer has
/// to look at.
pub(super) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*eight);
        let quotes = zeros(word ^ (ONES * u64::from(b'"')));
        let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        // The lowest mark is right; those above it may not be.
        let marks = quotes | backslashes | controls;
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes[at..].iter().position(special).map_or(bytes.len(), |more| at + more)
}
