//! Reads JSON as carriers write it. The strict parser comes first; only what it refuses is read here, so that one bad
//! text, number or comma costs its own field and nothing else. Truncated JSON stays unreadable: a list or an object
//! that doesn't end is never accepted as a whole one.

use super::{DEPTH, Map, Number, Text, Value, parse, parse_slice};
use std::borrow::Cow;

/// Stands for what can't be read in a text.
const UNREADABLE: char = char::REPLACEMENT_CHARACTER;

/// A body as JSON. `charset` comes from its `Content-Type`, and counts only if the body isn't UTF-8: many servers say
/// `iso-8859-1` and send UTF-8.
pub(crate) fn read(body: &[u8], charset: Option<&str>) -> Option<Value> {
    parse_slice(body).ok().or_else(|| read_tolerantly(body, charset))
}

/// As [`read`], for a body that isn't strict JSON.
pub(crate) fn read_tolerantly(body: &[u8], charset: Option<&str>) -> Option<Value> {
    let text = text(body, charset);
    if let Ok(value) = parse(&text) {
        return Some(value);
    }
    whole(&text).or_else(|| after_warnings(&text))
}

/// A body as text, without its byte-order mark. A byte that isn't UTF-8 becomes U+FFFD; in names, and if the charset
/// says so, it becomes a letter of Windows-1252.
pub(crate) fn text<'a>(body: &'a [u8], charset: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf_16(body, charset) {
        return Cow::Owned(text);
    }
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Err(_) if charset.is_some_and(is_latin_1) => Cow::Owned(body.iter().map(|byte| windows_1252(*byte)).collect()),
        Err(_) => {
            let text = mixed(body);
            Cow::Owned(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
        }
    }
}

/// UTF-8 with stray bytes. In a value they become U+FFFD. Names are compared by their letters (`guía`), so there they
/// become the most likely letter.
fn mixed(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len() + 16);
    // Stray bytes of the current or the last quoted text: the position of each, and what it may be.
    let mut strays: Vec<(usize, char)> = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for chunk in body.utf8_chunks() {
        for c in chunk.valid().chars() {
            text.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => {
                    quoted = !quoted;
                    if quoted {
                        strays.clear();
                    }
                }
                ':' if !quoted && !strays.is_empty() => {
                    let first = strays[0].0;
                    let tail = text.split_off(first);
                    let mut letters = strays.drain(..).peekable();
                    for (at, c) in tail.char_indices() {
                        match letters.next_if(|(place, _)| *place == first + at) {
                            Some((_, letter)) => text.push(letter),
                            None => text.push(c),
                        }
                    }
                }
                c if !quoted && !c.is_ascii_whitespace() => strays.clear(),
                _ => {}
            }
        }
        for byte in chunk.invalid() {
            escaped = false;
            if quoted {
                strays.push((text.len(), windows_1252(*byte)));
            }
            text.push(UNREADABLE);
        }
    }
    text
}

fn is_latin_1(charset: &str) -> bool {
    let plain: String = charset.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    matches!(
        plain.as_str(),
        "iso88591"
            | "iso885915"
            | "latin1"
            | "l1"
            | "latin9"
            | "windows1252"
            | "cp1252"
            | "xcp1252"
            | "usascii"
            | "ascii"
            | "ansi"
    )
}

/// Windows-1252: what every browser uses for Latin-1.
fn windows_1252(byte: u8) -> char {
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => UPPER[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

/// UTF-16, known by its mark, by the charset, or by JSON's first two characters, which are always ASCII.
fn utf_16(body: &[u8], charset: Option<&str>) -> Option<String> {
    let named = charset.is_some_and(|charset| charset.to_ascii_lowercase().starts_with("utf-16"));
    let big = match *body.first_chunk::<2>()? {
        [0xff, 0xfe] => false,
        [0xfe, 0xff] => true,
        [0, low] if low != 0 => true,
        [low, 0] if low != 0 => false,
        _ if named => !charset?.to_ascii_lowercase().ends_with("le"),
        _ => return None,
    };
    let (pairs, rest) = body.as_chunks::<2>();
    let units = pairs.iter().map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
    let text = char::decode_utf16(units).map(|c| c.unwrap_or(UNREADABLE));
    let mut text: String = text.skip_while(|c| *c == '\u{feff}').collect();
    if !rest.is_empty() {
        text.push(UNREADABLE);
    }
    Some(text)
}

/// The text as one object or list, read leniently, with nothing but closing marks after it.
fn whole(text: &str) -> Option<Value> {
    let mut reader = Reader { text, at: 0 };
    reader.blanks();
    if !matches!(reader.peek(), Some(b'{' | b'[')) {
        return None;
    }
    let value = reader.value(0)?;
    // One brace too many is as common as one comma too many.
    let rest = |c: char| c.is_whitespace() || matches!(c, '}' | ']' | ',' | ';' | '\0' | '\u{feff}');
    reader.text[reader.at..].chars().all(rest).then_some(value)
}

/// PHP prints its warnings before the program's output. What follows them is the reply, if it is whole.
fn after_warnings(text: &str) -> Option<Value> {
    const WARNINGS: [&str; 4] = ["Warning", "Notice", "Deprecated", "Strict Standards"];
    let mut before = '\n';
    let mut starts = Vec::new();
    for (at, c) in text.char_indices() {
        if matches!(c, '{' | '[') && matches!(before, '\n' | '>') {
            starts.push(at);
            // A text with more brackets is a page with a script.
            if starts.len() == 8 {
                break;
            }
        }
        if !matches!(c, ' ' | '\t' | '\r') {
            before = c;
        }
    }
    let first = *starts.first()?;
    if !WARNINGS.iter().any(|word| text[..first].contains(word)) {
        return None;
    }
    starts.into_iter().find_map(|at| whole(&text[at..]))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// The place of a quoted text. What may follow it there distinguishes its end from a quote inside it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Name,
    Value,
    Either,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        self.skip(|byte| byte.is_ascii_whitespace());
    }

    fn blanks_and_commas(&mut self) {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b',');
    }

    /// Only for ASCII, so that `at` stays on a character.
    fn skip(&mut self, may: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(|byte| byte.is_ascii() && may(byte)) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.blanks();
        match self.peek()? {
            b'{' | b'[' if depth >= DEPTH => self.deeper(),
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            quote @ (b'"' | b'\'') => Some(Value::String(self.quoted(quote, Place::Value)?)),
            _ => Some(self.word()?.unwrap_or(Value::Null)),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut map = Map::new();
        // The name of a number or a word, whose value may go on after a comma.
        let mut bare: Option<Text> = None;
        self.at += 1;
        loop {
            self.blanks_and_commas();
            let name = match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(Value::Object(map));
                }
                quote @ (b'"' | b'\'') => self.quoted(quote, Place::Name)?,
                // `1,234.50` isn't a number in JSON, and can be read in two ways.
                b'0'..=b'9' => {
                    self.rest_of_number()?;
                    map.insert(bare.clone()?, Value::Null);
                    continue;
                }
                _ => return None,
            };
            self.blanks();
            if self.peek()? != b':' {
                return None;
            }
            self.at += 1;
            self.blanks();
            let first = self.peek()?;
            let value = match first {
                b',' | b'}' => Value::Null,
                _ => self.value(depth + 1)?,
            };
            bare = (!matches!(first, b'"' | b'\'' | b'{' | b'[' | b',' | b'}')).then(|| name.clone());
            map.insert(name, value);
        }
    }

    /// What comes after a comma within a number.
    fn rest_of_number(&mut self) -> Option<()> {
        self.skip(|byte| byte.is_ascii_digit() || byte == b'.' || byte.is_ascii_whitespace());
        matches!(self.peek()?, b',' | b'}').then_some(())
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.blanks_and_commas();
            if self.peek()? == b']' {
                self.at += 1;
                return Some(Value::Array(items));
            }
            items.push(match self.peek()? {
                // `[internal error]` isn't a list with one item.
                byte if depth == 0 && byte.is_ascii_alphabetic() => self.word()??,
                _ => self.value(depth + 1)?,
            });
        }
    }

    /// Skips an object or list that is too deep to read.
    fn deeper(&mut self) -> Option<Value> {
        let mut open = 0_usize;
        loop {
            match self.peek()? {
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                b'"' => {
                    self.quoted(b'"', Place::Either)?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Some(Value::Null);
            }
        }
    }

    fn quoted(&mut self, quote: u8, place: Place) -> Option<Text> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let length = rest.bytes().position(|byte| byte == quote || byte == b'\\')?;
            // A raw NUL is a mistake; an escaped one is intended.
            text.extend(rest[..length].chars().map(|c| if c == '\0' { UNREADABLE } else { c }));
            self.at += length;
            if self.peek()? == b'\\' {
                self.escape(&mut text)?;
            } else {
                self.at += 1;
                if self.ends(quote, place) {
                    return Some(text.into());
                }
                text.push(char::from(quote));
            }
        }
    }

    /// Whether the quote just read ends its text. In strict JSON one always does.
    fn ends(&self, quote: u8, place: Place) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let after = |bytes: &[u8]| bytes.iter().take(1024).find(|byte| !byte.is_ascii_whitespace()).copied();
        match (after(rest), place) {
            (None, _)
            | (Some(b':'), Place::Name | Place::Either)
            | (Some(b',' | b'}' | b']'), Place::Value | Place::Either) => true,
            (_, Place::Name) => false,
            // A comma is missing, if another name begins here.
            (Some(next), Place::Value | Place::Either) if next == quote => {
                let Some(begins) = rest.iter().position(|byte| *byte == quote) else { return false };
                let name = &rest[begins + 1..];
                let name = &name[..name.len().min(64)];
                name.iter().position(|byte| *byte == quote).is_some_and(|end| after(&name[end + 1..]) == Some(b':'))
            }
            _ => false,
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let rest = &self.text[self.at + 1..];
        let escaped = rest.chars().next()?;
        self.at += 1 + escaped.len_utf8();
        match escaped {
            '"' | '\\' | '/' | '\'' => text.push(escaped),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'u' => {
                let Some(unit) = unit(&rest.as_bytes()[1..]) else {
                    text.push(UNREADABLE);
                    return Some(());
                };
                self.at += 4;
                // The second half of a pair, if it follows.
                let low = match unit {
                    0xd800..=0xdbff => rest.as_bytes()[5..].strip_prefix(b"\\u").and_then(self::unit),
                    _ => None,
                };
                let low = low.filter(|low| (0xdc00..=0xdfff).contains(low));
                self.at += if low.is_some() { 6 } else { 0 };
                let c = char::decode_utf16([unit].into_iter().chain(low)).next()?;
                text.push(c.unwrap_or(UNREADABLE));
            }
            // Not an escape in JSON: kept as it is, so that nothing is lost.
            other => text.extend(['\\', other]),
        }
        Some(())
    }

    /// A number, `true` or `null` in any form. `Some(None)` for what can't be read.
    fn word(&mut self) -> Option<Option<Value>> {
        let rest = &self.text[self.at..];
        let length = rest.find([',', '}', ']', '{', '[', '"', '\n', '\r'])?;
        let word = rest[..length].trim();
        self.at += length;
        Some(match word.to_ascii_lowercase().as_str() {
            "" => return None,
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" | "none" | "nil" | "undefined" | "nan" | "infinity" | "inf" => Some(Value::Null),
            _ => number(word),
        })
    }
}

/// Four hexadecimal digits.
pub(super) fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.first_chunk::<4>()?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | u16::try_from(char::from(*digit).to_digit(16)?).ok()?))
}

/// A number, also as `+1`, `.5` and `1.`. With leading zeros it may be a code, so it stays text.
fn number(word: &str) -> Option<Value> {
    if let Some(number) = Number::parse(word) {
        return Some(Value::Number(number));
    }
    let (minus, digits) = match word.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", word.strip_prefix('+').unwrap_or(word)),
    };
    let is_code = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_code && minus.is_empty() {
        return Some(Value::String(digits.into()));
    }
    let zero = if digits.starts_with('.') { "0" } else { "" };
    let trimmed = digits.strip_suffix('.').unwrap_or(digits);
    let trimmed = match trimmed.trim_start_matches('0') {
        less if less.len() < trimmed.len() && less.starts_with(|c: char| c.is_ascii_digit()) => less,
        _ => trimmed,
    };
    Number::parse(&format!("{minus}{zero}{trimmed}")).map(Value::Number)
}

#[cfg(test)]
#[path = "tolerant_tests.rs"]
mod tests;
