//! The documentation agrees with the repository: code blocks in the README are parts of real files,
//! links lead to files and headings that exist, and the index of decisions lists every record.
//!
//! Not in a folder `tests`: for tests there cargo builds the program anew, and `cargo xtask test` would
//! replace what runs it, which Windows refuses.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a decision record: it should fit on one page.
const MAX_RECORD_LINES: usize = 60;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Markdown file of the repository. Folders that git ignores or that hold test data are skipped.
fn documents() -> Vec<PathBuf> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
            let skipped = name.starts_with('.') && name != ".github"
                || ["target", "node_modules", "seeds", "corpus"].contains(&name);
            if path.is_dir() && !skipped {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found
}

/// Text between a line ```` ```language ```` and the next ```` ``` ````, with the line before.
fn blocks(text: &str) -> Vec<(String, String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        if let Some(language) = lines[index].strip_prefix("```") {
            let body: Vec<&str> =
                lines[index + 1..].iter().copied().take_while(|line| *line != "```").collect();
            let before = index.checked_sub(1).map_or("", |above| lines[above]);
            index += body.len() + 1;
            found.push((before.to_owned(), language.to_owned(), body.join("\n")));
        }
        index += 1;
    }
    found
}

/// The lines outside of fenced code blocks, without what stands between backticks.
fn prose(text: &str) -> Vec<String> {
    let mut in_block = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            lines.push(line.split('`').step_by(2).collect());
        }
    }
    lines
}

/// The targets of inline links: `[text](target)`.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text).join("\n");
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(str::to_owned).collect()
}

/// The anchors that GitHub gives to the headings of a document.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut in_block = false;
    let mut uses: HashMap<String, usize> = HashMap::new();
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        }
        let heading = line.trim_start_matches('#');
        if in_block || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
        let slug: String = heading.trim().to_lowercase().chars().filter(kept).collect();
        let slug = slug.replace(' ', "-");
        let count = uses.entry(slug.clone()).or_default();
        anchors.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    anchors
}

/// What is wrong with a link in `document`, if anything is.
fn broken(document: &Path, target: &str) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(p, a)| (p, Some(a)));
    let file = match path {
        "" => document.to_path_buf(),
        _ => document.parent().expect("a document is in a folder").join(path),
    };
    if !file.exists() {
        return Some("there is no such file");
    }
    let missing = |anchor: &str| !anchors(&read(&file)).contains(anchor);
    let is_document = file.extension().is_some_and(|extension| extension == "md");
    match anchor {
        Some(anchor) if is_document && missing(anchor) => Some("the file has no such heading"),
        _ => None,
    }
}

#[test]
fn code_in_readmes_is_part_of_an_example() {
    let readmes = ["README.md", "sdk/README.md", "testkit/README.md"];
    let mut seen = 0;
    for (before, language, block) in
        readmes.iter().flat_map(|path| blocks(&read(&root().join(path))))
    {
        if !["rust", "toml"].contains(&language.as_str()) {
            continue;
        }
        let file = before
            .strip_prefix("<!-- from ")
            .and_then(|rest| rest.strip_suffix(" -->"))
            .unwrap_or_else(|| panic!("no `<!-- from FILE -->` above a {language} block: {block}"));
        let source = read(&root().join(file));
        assert!(!block.trim().is_empty(), "the block from {file} is empty");
        assert!(source.contains(&block), "{file} does not contain this block:\n{block}");
        seen += 1;
    }
    assert!(seen >= 4, "READMEs show a filter and its exchanges, found {seen} blocks");
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let documents = documents();
    for expected in ["README.md", "docs/benchmarks.md", "conformance/README.md"] {
        assert!(documents.contains(&root().join(expected)), "{expected} was not found");
    }
    let mut problems = Vec::new();
    for document in &documents {
        for target in links(&read(document)) {
            if let Some(problem) = broken(document, &target) {
                problems.push(format!("{}: {target}: {problem}", document.display()));
            }
        }
    }
    assert!(problems.is_empty(), "broken links:\n{}", problems.join("\n"));
}

#[test]
fn broken_links_are_found() {
    let readme = root().join("README.md");
    assert_eq!(broken(&readme, "docs/benchmarks.md#a-call-into-a-guest"), None);
    assert_eq!(broken(&readme, "#sizes"), None);
    assert_eq!(broken(&readme, "https://example.com/none#none"), None);
    assert!(broken(&readme, "docs/none.md").is_some());
    assert!(broken(&readme, "docs/benchmarks.md#none").is_some());
    assert!(broken(&readme, "#none").is_some());
    assert_eq!(links("[a](b) `[c](d)`\n```\n[e](f)\n```\n[g\nh](i#j)"), ["b", "i#j"]);
    let headings = "# A `b_c`, d!\n```\n# no\n```\n## A b_c d\n#no";
    assert_eq!(anchors(headings), ["a-b_c-d", "a-b_c-d-1"].map(str::to_owned).into());
}

#[test]
fn decisions_are_numbered_short_and_in_the_index() {
    let folder = root().join("docs/decisions");
    let index = read(&folder.join("README.md"));
    let mut listed = links(&index);
    listed.retain(|target| !target.contains('/'));
    let entries = fs::read_dir(&folder).expect("there are decisions");
    let names = entries.map(|entry| entry.expect("the entry can be read").file_name());
    let mut records: Vec<_> = names.map(|name| name.to_str().expect("ASCII").to_owned()).collect();
    records.retain(|name| name != "README.md");
    records.sort();
    assert_eq!(listed, records, "the index lists every record once, in order");
    for (number, name) in (1..).zip(&records) {
        let text = read(&folder.join(name));
        assert!(name.starts_with(&format!("{number:04}-")), "{name}: the next number is {number}");
        let title = text.lines().next().unwrap_or("").trim_start_matches("# ");
        assert!(title.starts_with(&format!("{number}. ")), "{name}: found the title {title:?}");
        assert!(
            index.contains(&format!("[{title}]({name})")),
            "{name}: the index has another title"
        );
        let parts = [
            "\n- Status: ",
            "\n- Date: 20",
            "\n## Context\n",
            "\n## Decision\n",
            "\n## Consequences\n",
        ];
        let positions = parts.map(|part| text.find(part));
        assert!(positions.iter().all(Option::is_some), "{name}: wanted {parts:?}");
        assert!(positions.is_sorted(), "{name}: wanted {parts:?} in this order");
        let lines = text.lines().count();
        assert!(
            lines <= MAX_RECORD_LINES,
            "{name}: found {lines} lines, wanted {MAX_RECORD_LINES} at most"
        );
    }
}
