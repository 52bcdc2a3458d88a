//! Rules of the templates, held by reading them: nothing that the policy of the pages would block or that text from
//! outside could use.

use super::routes::{files, folder};

/// The only addresses elsewhere. The second one is shown as text: where a tunnel ends.
const ELSEWHERE: [&str; 2] = ["https://drive.google.com/", "http://localhost:8080/dashboard"];

/// Elements that load, run or redirect.
const FORBIDDEN_ELEMENTS: [&str; 9] =
    ["style", "base", "iframe", "object", "embed", "frame", "applet", "portal", "template"];

/// Attributes that hold an address.
const ADDRESSES: [&str; 9] =
    ["href", "src", "action", "formaction", "poster", "data", "ping", "srcset", "background"];

/// Stands for an expression once it is taken out.
const EXPRESSION: char = '\u{1}';

/// What is wrong with a template.
fn faults(template: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for forbidden in ["|safe", "|escape(", "{% autoescape", "{% filter"] {
        if template.replace("| ", "|").contains(forbidden) {
            faults.push(format!("{forbidden} is not allowed"));
        }
    }
    let html = without_expressions(template);
    for (at, _) in html.match_indices("://") {
        let start = html[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |at| at + 1);
        if !ELSEWHERE.iter().any(|address| html[start..].starts_with(address)) {
            faults.push(format!("an address elsewhere: {}", &html[start..html.len().min(at + 20)]));
        }
    }
    let mut rest = html.as_str();
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with(['/', '!']) {
            continue;
        }
        rest = element(rest, &mut faults);
    }
    faults
}

/// Expressions become one character, statements and remarks nothing.
fn without_expressions(template: &str) -> String {
    let mut html = String::new();
    let mut rest = template;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        html.push_str(&rest[..at]);
        let end = match &rest[at..at + 2] {
            "{{" => {
                html.push(EXPRESSION);
                "}}"
            }
            "{%" => "%}",
            _ => "#}",
        };
        rest = rest[at..].split_once(end).unwrap_or_else(|| panic!("no {end} in {rest}")).1;
    }
    html + rest
}

/// Reads one element from its name on; gives what follows its opening tag.
fn element<'t>(text: &'t str, faults: &mut Vec<String>) -> &'t str {
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let name = name.to_ascii_lowercase();
    if FORBIDDEN_ELEMENTS.contains(&&*name) || name.contains(EXPRESSION) {
        faults.push(format!("<{name}> is not allowed"));
    }
    let mut has_src = false;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            if name == "script" && !(has_src && after.starts_with("</script>")) {
                faults.push("an inline script".to_owned());
            }
            return after;
        }
        if let Some(after) = rest.strip_prefix('/') {
            rest = after;
            continue;
        }
        let Some(end) = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)) else {
            faults.push(format!("<{name} does not end"));
            return "";
        };
        let attribute = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        has_src |= attribute == "src";
        if attribute.starts_with("on") || ["style", "srcdoc", "http-equiv"].contains(&&*attribute) {
            faults.push(format!("the attribute {attribute} is not allowed"));
        }
        if attribute.contains(EXPRESSION) {
            faults.push("an expression outside of a value".to_owned());
        }
        let Some(value) = rest.strip_prefix('=') else { continue };
        let Some((value, after)) = value.strip_prefix('"').and_then(|value| value.split_once('"')) else {
            faults.push(format!("the attribute {attribute} is not quoted"));
            return rest;
        };
        rest = after;
        let is_ours = (value.starts_with('/') && !value.starts_with("//"))
            || value.starts_with(['#', '?'])
            || value.starts_with(ELSEWHERE[0])
            || value == EXPRESSION.to_string();
        if ADDRESSES.contains(&&*attribute) && !is_ours {
            faults.push(format!("{attribute}=\"{value}\" leads elsewhere"));
        }
    }
}

#[test]
fn no_template_has_what_text_from_outside_could_use() {
    let templates = files(&folder().join("templates"), ".html");
    assert!(templates.len() >= 5, "{templates:?}");
    for path in templates {
        let template = std::fs::read_to_string(&path).unwrap();
        assert_eq!(faults(&template), [""; 0], "{}", path.display());
    }
}

#[test]
fn the_rules_find_what_they_are_for() {
    for bad in [
        "<p>{{ topic|safe }}</p>",
        "<p>{{ topic | safe }}</p>",
        "<p>{{ topic|escape(\"none\") }}</p>",
        "<a href={{ address }}>x</a>",
        "<a href='/dashboard'>x</a>",
        "<p style=\"color: red\">x</p>",
        "<p {{ attributes }}>x</p>",
        "<button onclick=\"go()\">x</button>",
        "<button {% if a %}ONCLICK=\"go()\"{% endif %}>x</button>",
        "<script>go()</script>",
        "<script src=\"/dashboard/assets/live.js\">go()</script>",
        "<style>p { color: red }</style>",
        "<meta http-equiv=\"refresh\" content=\"5\">",
        "<img src=\"https://evil.test/x.png\">",
        "<img src=\"//evil.test/x.png\">",
        "<a href=\"javascript:{{ x }}\">x</a>",
        "<a href=\"{{ scheme }}:{{ x }}\">x</a>",
        "<a href=\"https://drive.google.com.evil.test/\">x</a>",
        "<form action=\"dashboard\">",
        "<iframe src=\"/dashboard\"></iframe>",
        "<base href=\"/\">",
        "<{{ element }}>x",
    ] {
        assert_ne!(faults(bad), [""; 0], "{bad}");
    }
    let good = "<!doctype html><script src=\"{{ script }}\"></script>{# http #}<a href=\"/dashboard/{{ id }}\" \
                {% if x %}aria-current=\"page\"{% endif %}>{{ topic }}</a><input required><br/>\
                <a href=\"https://drive.google.com/file/d/{{ id }}\">x</a><rect width=\"{{ part }}%\"/>";
    assert_eq!(faults(good), [""; 0]);
}

#[test]
fn styles_and_scripts_load_nothing_and_are_small() {
    for (end, bytes_max) in [(".css", 12 * 1024), (".js", 5 * 1024)] {
        let mut all = 0;
        for path in files(&folder().join("assets"), end) {
            let text = std::fs::read_to_string(&path).unwrap();
            all += text.len();
            for forbidden in ["://", "url(", "@import", "eval(", "new Function", "document.write"] {
                assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
            }
        }
        assert!(all <= bytes_max, "all {end} files together have {all} bytes");
    }
}

#[test]
fn only_two_types_print_without_being_escaped() {
    for path in files(&folder(), ".rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(!text.contains("impl HtmlSafe") || ["outside.rs", "when.rs"].contains(&name), "{name}");
        assert!(!text.contains("escape = \"none\"") && !text.contains("source = \""), "{name}");
    }
}
