//! The pages that people read, and what stands in them: shell commands, code, headings, links.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A page of the project.
pub struct Page {
    /// Its path inside the project, as in `docs/install.md`.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A link of a page to another place of the project.
#[derive(Debug, PartialEq)]
pub struct Link {
    /// The linked file inside the project.
    pub path: PathBuf,
    /// The part behind `#`; empty for the whole file.
    pub anchor: String,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// One page by its path inside the project.
pub fn page(path: &str) -> Page {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Page { path: path.into(), text }
}

/// The names of the pages below `docs`.
pub fn names_in_docs() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("docs")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    names.sort();
    assert!(names.len() >= 9, "{names:?}");
    names
}

/// README and the pages below `docs`: what explains the program to its users.
pub fn manual() -> Vec<Page> {
    let mut names = names_in_docs();
    names.insert(0, "README.md".to_owned());
    names.iter().map(|name| page(name)).collect()
}

/// Every page of the project.
pub fn all() -> Vec<Page> {
    let mut pages = manual();
    pages.extend(["CONTRIBUTING.md", "CHANGELOG.md", "deploy/RUNBOOK.md"].map(page));
    pages
}

impl Page {
    /// Its lines, and whether each is in a block of code. The fences themselves are left out.
    fn lines(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let mut block = None;
        self.text.lines().filter_map(move |line| {
            if let Some(kind) = line.trim_start().strip_prefix("```") {
                block = block.is_none().then_some(kind);
                return None;
            }
            Some((block, line))
        })
    }

    /// The lines of its blocks of shell commands.
    pub fn shell_lines(&self) -> impl Iterator<Item = &str> {
        self.lines().filter(|(block, _)| *block == Some("sh")).map(|(_, line)| line.trim_start())
    }

    /// Its text without blocks of code.
    fn prose(&self) -> String {
        let lines = self.lines().filter(|(block, _)| block.is_none());
        lines.map(|(_, line)| format!("{line}\n")).collect()
    }

    /// What stands between backticks in its text, each in one line.
    pub fn code_spans(&self) -> Vec<String> {
        let prose = self.prose();
        let spans = prose.split('`').skip(1).step_by(2);
        spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// The anchors of its headings, as GitHub makes them.
    pub fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        let headings = self.lines().filter(|(block, _)| block.is_none()).filter_map(|(_, line)| {
            let (marks, heading) = line.split_once(' ')?;
            let is_heading = (1..=6).contains(&marks.len()) && marks.bytes().all(|byte| byte == b'#');
            is_heading.then_some(heading)
        });
        for heading in headings {
            let name = anchor(heading);
            let mut unique = name.clone();
            let mut count = 0;
            while !anchors.insert(unique.clone()) {
                count += 1;
                unique = format!("{name}-{count}");
            }
        }
        anchors
    }

    /// Its links to places inside the project.
    pub fn links(&self) -> Vec<Link> {
        let prose = self.prose();
        let text: String = prose.split('`').step_by(2).collect();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let inside = targets.filter(|target| !target.contains("://"));
        let folder = self.path.parent().unwrap();
        inside
            .map(|target| {
                let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
                let path = if file.is_empty() { self.path.clone() } else { joined(folder, file) };
                Link { path, anchor: anchor.to_owned() }
            })
            .collect()
    }
}

/// `folder/file` without the dots.
fn joined(folder: &Path, file: &str) -> PathBuf {
    let mut path = folder.to_owned();
    for part in file.split('/') {
        match part {
            ".." => assert!(path.pop(), "{file} leads out of the project"),
            "." => {}
            part => path.push(part),
        }
    }
    path
}

/// A heading's anchor: lower case, punctuation left out, blanks become hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn anchors_are_made_as_on_github() {
    let text = "# A, b & c's `d_e`\n## Same\n```sh\n# no heading\n```\n## Same\n####### seven\n#none\n";
    let page = Page { path: "a.md".into(), text: text.to_owned() };
    let expected = ["a-b--cs-d_e", "same", "same-1"];
    assert_eq!(page.anchors(), expected.map(str::to_owned).into());
}

#[test]
fn links_are_found_where_readers_find_them() {
    let text = "[a](b.md#c) `[no](d.md)` [of two\nlines](../e) [x](#here)\n```sh\n[no](f.md)\n```\n[web](https://a.b/c)";
    let page = Page { path: "docs/a.md".into(), text: text.to_owned() };
    let links = page.links();
    let shown: Vec<String> =
        links.iter().map(|link| format!("{}#{}", link.path.display(), link.anchor)).collect();
    assert_eq!(shown, ["docs/b.md#c", "e#", "docs/a.md#here"]);
}
