//! JSON as Zoom writes it: keys in Zoom's order, astral characters escaped and all others raw.

use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter};

/// A value whose objects keep the order in which their fields were put.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Plain(Value),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub(super) fn object() -> Self {
        Self::Object(Vec::new())
    }

    /// One more field.
    #[must_use]
    pub(super) fn put(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.nest(name, Self::Plain(value.into()))
    }

    /// One more field, if there is a value.
    #[must_use]
    pub(super) fn put_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    /// One more field that holds an object or a list.
    #[must_use]
    pub(super) fn nest(mut self, name: &'static str, value: Self) -> Self {
        if let Self::Object(fields) = &mut self {
            fields.push((name, value));
        }
        self
    }

    /// The bytes as Zoom sends them.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Escaping);
        self.serialize(&mut serializer).expect("plain values always serialise, and a Vec takes every write");
        bytes
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::List(values) => values.serialize(serializer),
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Zoom escapes what needs two UTF-16 units and leaves the rest alone. A program that parses and
/// serialises again before it checks the signature fails on such topics, and on no others.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(|character: char| character > '\u{ffff}') {
            CompactFormatter.write_string_fragment(out, &rest[..at])?;
            let mut characters = rest[at..].chars();
            if let Some(astral) = characters.next() {
                for unit in astral.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04X}")?;
                }
            }
            rest = characters.as_str();
        }
        CompactFormatter.write_string_fragment(out, rest)
    }
}
