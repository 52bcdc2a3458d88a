//! Any text made a name: nothing that separates, controls or hides, and never too long.

/// What a name becomes when nothing of it is usable.
pub(super) const EMPTY: &str = "_";

/// The longest cluster of characters that is kept whole, in characters: family emoji have up to ten. Letters
/// under a tower of accents are cut.
const CLUSTER_CHARS_MAX: usize = 24;

/// Makes any text a name: separators and control characters go, white space is folded, the length is
/// bounded at a character's edge. Every script and emoji stays.
pub fn clean(text: &str, chars_max: usize) -> String {
    let replaced = text.chars().map(|c| match c {
        '/' | '\\' | '\u{2044}' | '\u{2215}' => '-',
        c if c.is_control() || is_direction_mark(c) => ' ',
        c => c,
    });
    let spaced: String = replaced.collect();
    let folded = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let trimmed = cut(&folded, chars_max).trim_end();
    // `.` and `..` mean folders to every tool that may one day copy this archive, and a name that nobody can
    // see is none.
    if trimmed.chars().all(|c| c == '.' || is_invisible(c)) { EMPTY.to_owned() } else { trimmed.to_owned() }
}

/// Marks that reverse the reading direction: `gpj.exe` can be made to read `exe.jpg`.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Joiners and the like: they belong within words and emoji, and show nothing by themselves.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}')
}

/// The beginning of a text, so long at most. A combined emoji and a letter with accents are kept or left out
/// whole: half of them may be another.
fn cut(text: &str, chars_max: usize) -> &str {
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
