//! Turns any text into a valid name: without separators, control or invisible characters, valid on Windows and
//! macOS, and not too long.

use unicode_normalization::UnicodeNormalization;

/// The name if no character of the text is usable.
pub(super) const EMPTY: &str = "_";

/// Longest cluster that is kept whole, in characters: family emoji have up to ten. A letter with many accents is
/// cut.
const CLUSTER_CHARS_MAX: usize = 24;

/// Turns any text into a name for Drive, Windows and macOS of at most `units_max` UTF-16 units. Every script and
/// emoji stays.
pub fn clean(text: &str, units_max: usize) -> String {
    let word = clean_word(&safe(text));
    let mut name = trimmed(cut(&word, units_max)).to_owned();
    // `.` and `..` mean folders to tools that may copy this archive, and an invisible name is not a name.
    if name.chars().all(|c| c == '.' || is_invisible(c)) {
        return EMPTY.to_owned();
    }
    if let Some(end) = device_name(&name) {
        // Trimmed again: the cut for the underscore may leave a dot or a blank at the end.
        let room = trimmed(cut(&name, units_max.saturating_sub(1))).len();
        name.truncate(room);
        name.insert(end.min(room), '_');
    }
    name
}

/// A value within a name: like [`safe`], with white space folded.
pub(super) fn clean_word(text: &str) -> String {
    safe(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same text in characters that any file system accepts: separators and characters reserved by Windows are
/// replaced, control characters, direction marks and noncharacters are removed, and letters are composed (NFC).
pub(super) fn safe(text: &str) -> String {
    let replaced = text.nfc().map(|c| match c {
        '/' | '\\' | '\u{2044}' | '\u{2215}' | ':' | '*' | '?' | '<' | '>' | '|' => '-',
        '"' => '\'',
        c if c.is_control() || is_direction_mark(c) || is_noncharacter(c) => ' ',
        c => c,
    });
    replaced.collect()
}

/// Without the dots and blanks that Windows removes at the end of a name.
fn trimmed(name: &str) -> &str {
    name.trim_start().trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// The end of the part that Windows takes for a device name, whatever follows the first dot: `CON`, `nul.txt`.
fn device_name(name: &str) -> Option<usize> {
    let base = name.split('.').next().unwrap_or_default().trim_end();
    let upper = base.to_uppercase();
    let is_numbered = |kind: &str| {
        let number = upper.strip_prefix(kind).map(|rest| rest.chars().collect::<Vec<_>>());
        number.is_some_and(|number| matches!(number[..], ['0'..='9' | '¹' | '²' | '³']))
    };
    let is_device = DEVICES.contains(&upper.as_str()) || is_numbered("COM") || is_numbered("LPT");
    is_device.then_some(base.len())
}

/// Names of devices without a number.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// The length that file systems count, in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Code points that Unicode guarantees never to be characters.
fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// Marks that reverse the reading direction: `gpj.exe` can be displayed as `exe.jpg`.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Joiners and similar characters: they belong within words and emoji, and are invisible alone.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}')
}

/// The beginning of a text, of at most `units_max` UTF-16 units. A combined emoji and a letter with accents are
/// kept or cut as a whole: a half of them may be another character.
pub(super) fn cut(text: &str, units_max: usize) -> &str {
    let mut length = 0;
    let fits = |c: &char| {
        length += c.len_utf16();
        length <= units_max
    };
    let chars_max = text.chars().take_while(fits).count();
    let starts: Vec<(usize, char)> = text.char_indices().take(chars_max + 1).collect();
    let Some((end, _)) = starts.get(chars_max) else { return text };
    let lowest = chars_max.saturating_sub(CLUSTER_CHARS_MAX);
    let chars: Vec<char> = starts.iter().map(|(_, c)| *c).collect();
    let whole = (lowest.max(1)..=chars_max).rev().find(|at| !is_within_cluster(&chars, *at));
    let end = whole.and_then(|at| starts.get(at)).map_or(*end, |(end, _)| *end);
    text.get(..end).unwrap_or(text)
}

/// True if the characters before and after this position belong together. Unicode has finer rules; these keep
/// emoji, flags and accents.
fn is_within_cluster(chars: &[char], at: usize) -> bool {
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|at| chars[at]), chars.get(at)) else {
        return false;
    };
    let is_flag_half = |c: &&char| matches!(**c, '\u{1F1E6}'..='\u{1F1FF}');
    let flag_halves = chars[..at].iter().rev().take_while(is_flag_half).count();
    before == JOINER || extends(*after) || (flag_halves % 2 == 1 && is_flag_half(&after))
}

/// Joins two emoji into one.
const JOINER: char = '\u{200D}';

/// Characters that change the previous one: accents, variants, skin tones, joiners, the tags of flags.
fn extends(c: char) -> bool {
    matches!(c, JOINER | '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05BD}' | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}' | '\u{093A}'..='\u{094F}' | '\u{0E31}'..='\u{0E3A}' | '\u{0E47}'..='\u{0E4E}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{3099}'..='\u{309A}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}
