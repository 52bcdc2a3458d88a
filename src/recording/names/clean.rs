//! Any text made a name: nothing that separates, controls or hides, nothing that Windows or macOS cannot hold, and never
//! too long.

use unicode_normalization::UnicodeNormalization;

/// What a name becomes when nothing of it is usable.
pub(super) const EMPTY: &str = "_";

/// The longest cluster of characters that is kept whole, in characters: family emoji have up to ten. Letters
/// under a tower of accents are cut.
const CLUSTER_CHARS_MAX: usize = 24;

/// Makes any text a name that Drive, Windows and macOS can hold, of so many UTF-16 units at most. Every script and
/// emoji stays.
pub fn clean(text: &str, units_max: usize) -> String {
    let word = clean_word(&safe(text));
    let mut name = trimmed(cut(&word, units_max)).to_owned();
    // `.` and `..` mean folders to every tool that may one day copy this archive, and a name that nobody can
    // see is none.
    if name.chars().all(|c| c == '.' || is_invisible(c)) {
        return EMPTY.to_owned();
    }
    if let Some(end) = device_name(&name) {
        let room = cut(&name, units_max.saturating_sub(1)).len();
        name.truncate(room);
        name.insert(end.min(room), '_');
    }
    name
}

/// A value within a name: as [`safe`], with white space folded.
pub(super) fn clean_word(text: &str) -> String {
    safe(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same text in characters that any file system takes: separators and what Windows keeps for itself are replaced,
/// controls and what reverses or is no character go, and letters are composed (NFC).
pub(super) fn safe(text: &str) -> String {
    let replaced = text.nfc().map(|c| match c {
        '/' | '\\' | '\u{2044}' | '\u{2215}' | ':' | '*' | '?' | '<' | '>' | '|' => '-',
        '"' => '\'',
        c if c.is_control() || is_direction_mark(c) || is_noncharacter(c) => ' ',
        c => c,
    });
    replaced.collect()
}

/// Without what Windows drops at the end of a name: dots and blanks.
fn trimmed(name: &str) -> &str {
    name.trim_start().trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

/// Where the part of a name ends that Windows takes for a device, whatever follows its first dot: `CON`, `nul.txt`.
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

/// The length that file systems count.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// What Unicode promises never to be a character.
fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// Marks that reverse the reading direction: `gpj.exe` can be made to read `exe.jpg`.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Joiners and the like: they belong within words and emoji, and show nothing by themselves.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}')
}

/// The beginning of a text, of so many UTF-16 units at most. A combined emoji and a letter with accents are kept or left
/// out whole: half of them may be another.
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

/// Whether the characters before and after this place belong together. Unicode has finer rules; these keep
/// emoji, flags and accents.
fn is_within_cluster(chars: &[char], at: usize) -> bool {
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|at| chars[at]), chars.get(at)) else {
        return false;
    };
    let is_flag_half = |c: &&char| matches!(**c, '\u{1F1E6}'..='\u{1F1FF}');
    let flag_halves = chars[..at].iter().rev().take_while(is_flag_half).count();
    before == JOINER || extends(*after) || (flag_halves % 2 == 1 && is_flag_half(&after))
}

/// Makes one of two emoji.
const JOINER: char = '\u{200D}';

/// What changes the character before it: accents, variants, skin tones, joiners, the tags of flags.
fn extends(c: char) -> bool {
    matches!(c, JOINER | '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05BD}' | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}' | '\u{093A}'..='\u{094F}' | '\u{0E31}'..='\u{0E3A}' | '\u{0E47}'..='\u{0E4E}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{3099}'..='\u{309A}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}
