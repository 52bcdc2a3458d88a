//! The search language of `files.list`: `'X' in parents and trashed = false and not name = 'a\'b'`.

use std::str::FromStr;

use jiff::Timestamp;

/// The words of a search that the sandbox knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Query {
    /// Both hold.
    And(Box<Query>, Box<Query>),
    /// Either holds.
    Or(Box<Query>, Box<Query>),
    /// It does not hold.
    Not(Box<Query>),
    /// `'id' in parents`
    In(String),
    /// `name = '...'` and its like.
    Text(Word, Test, String),
    /// `trashed = false`
    Flag(Switch, bool),
    /// `modifiedTime > '...'`
    Time(Moment, Test, Timestamp),
    /// `appProperties has { key='k' and value='v' }`
    Has(Map, String, String),
}

/// Searchable text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Name,
    MimeType,
}

/// Searchable booleans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    Trashed,
    Starred,
}

/// Searchable times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Created,
    Modified,
}

/// Searchable maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Map {
    App,
    Public,
}

/// The comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    Unequal,
    /// For names a prefix of a word, for types a part.
    Contains,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 10] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", "{", "}"];

impl FromStr for Query {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::parse(text).map(|(query, _)| query).ok_or(())
    }
}

impl Query {
    /// The search, and whether it mixes `and` with `or` without parentheses: Google documents no order of the two.
    pub(super) fn parse(text: &str) -> Option<(Self, bool)> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, is_mixed: false };
        let query = parser.either()?;
        parser.tokens.is_empty().then_some((query, parser.is_mixed))
    }

    /// Every folder that the search names with `in parents`.
    pub(super) fn parents(&self) -> Vec<&str> {
        match self {
            Self::In(id) => vec![id],
            Self::And(a, b) | Self::Or(a, b) => [a.parents(), b.parents()].concat(),
            Self::Not(query) => query.parents(),
            _ => Vec::new(),
        }
    }
}

/// Escapes are `\'` and `\\`; a string that does not end is no search.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (value, after) = quoted(&rest[1..])?;
            found.push(Token::Text(value));
            rest = after;
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            found.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Some(found)
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\'' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                escaped @ ('\'' | '\\') => value.push(escaped),
                _ => return None,
            },
            other => value.push(other),
        }
    }
    None
}

struct Parser<'a> {
    tokens: &'a [Token],
    is_mixed: bool,
}

impl Parser<'_> {
    fn either(&mut self) -> Option<Query> {
        let (mut query, mut has_and) = self.both()?;
        let mut has_or = false;
        while self.skip_word("or") {
            let (next, has_another) = self.both()?;
            query = Query::Or(Box::new(query), Box::new(next));
            (has_or, has_and) = (true, has_and || has_another);
        }
        self.is_mixed |= has_or && has_and;
        Some(query)
    }

    /// Terms that are joined by `and`, and whether there is more than one.
    fn both(&mut self) -> Option<(Query, bool)> {
        let (mut query, mut has_and) = (self.single()?, false);
        while self.skip_word("and") {
            query = Query::And(Box::new(query), Box::new(self.single()?));
            has_and = true;
        }
        Some((query, has_and))
    }

    fn single(&mut self) -> Option<Query> {
        if self.skip_word("not") {
            return Some(Query::Not(Box::new(self.single()?)));
        }
        if self.skip_sign("(") {
            let query = self.either()?;
            return self.skip_sign(")").then_some(query);
        }
        match self.take()? {
            Token::Text(id) => (self.skip_word("in") && self.skip_word("parents")).then_some(Query::In(id)),
            Token::Word(word) => self.term(&word),
            Token::Sign(_) => None,
        }
    }

    fn term(&mut self, word: &str) -> Option<Query> {
        match word {
            "name" => self.text(Word::Name),
            "mimeType" => self.text(Word::MimeType),
            "trashed" => self.flag(Switch::Trashed),
            "starred" => self.flag(Switch::Starred),
            "createdTime" => self.time(Moment::Created),
            "modifiedTime" => self.time(Moment::Modified),
            "appProperties" => self.has(Map::App),
            "properties" => self.has(Map::Public),
            _ => None,
        }
    }

    fn text(&mut self, word: Word) -> Option<Query> {
        let test = self.test()?;
        let known = matches!(test, Test::Equal | Test::Unequal | Test::Contains);
        let value = self.quoted()?;
        known.then_some(Query::Text(word, test, value))
    }

    fn flag(&mut self, switch: Switch) -> Option<Query> {
        let unequal = match self.test()? {
            Test::Equal => false,
            Test::Unequal => true,
            _ => return None,
        };
        match self.take()? {
            Token::Word(word) if word == "true" => Some(Query::Flag(switch, !unequal)),
            Token::Word(word) if word == "false" => Some(Query::Flag(switch, unequal)),
            _ => None,
        }
    }

    fn time(&mut self, moment: Moment) -> Option<Query> {
        let test = self.test().filter(|test| *test != Test::Contains)?;
        let text = self.quoted()?;
        // Without a zone, Drive takes UTC.
        let parsed = text.parse().or_else(|_| format!("{text}Z").parse());
        Some(Query::Time(moment, test, parsed.ok()?))
    }

    fn has(&mut self, map: Map) -> Option<Query> {
        let opened = self.skip_word("has") && self.skip_sign("{");
        let key = (opened && self.skip_word("key") && self.skip_sign("=")).then(|| self.quoted())??;
        let joined = self.skip_word("and") && self.skip_word("value") && self.skip_sign("=");
        let value = joined.then(|| self.quoted())??;
        self.skip_sign("}").then_some(Query::Has(map, key, value))
    }

    fn test(&mut self) -> Option<Test> {
        match self.take()? {
            Token::Sign("=") => Some(Test::Equal),
            Token::Sign("!=") => Some(Test::Unequal),
            Token::Sign("<") => Some(Test::Less),
            Token::Sign("<=") => Some(Test::AtMost),
            Token::Sign(">") => Some(Test::More),
            Token::Sign(">=") => Some(Test::AtLeast),
            Token::Word(word) if word == "contains" => Some(Test::Contains),
            _ => None,
        }
    }

    fn quoted(&mut self) -> Option<String> {
        match self.take()? {
            Token::Text(text) => Some(text),
            _ => None,
        }
    }

    fn take(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    fn skip_word(&mut self, word: &str) -> bool {
        self.skip(|token| matches!(token, Token::Word(found) if found == word))
    }

    fn skip_sign(&mut self, sign: &str) -> bool {
        self.skip(|token| matches!(token, Token::Sign(found) if *found == sign))
    }

    fn skip(&mut self, wanted: impl Fn(&Token) -> bool) -> bool {
        let Some((first, rest)) = self.tokens.split_first() else { return false };
        let hit = wanted(first);
        if hit {
            self.tokens = rest;
        }
        hit
    }
}
