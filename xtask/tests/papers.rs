//! What the papers show is what the repository holds: code blocks are parts of real files, and
//! links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
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

#[test]
fn code_in_the_readme_is_part_of_an_example() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md is there");
    let mut seen = 0;
    for (before, language, block) in blocks(&readme) {
        if !["rust", "toml"].contains(&language.as_str()) {
            continue;
        }
        let file = before
            .strip_prefix("<!-- from ")
            .and_then(|rest| rest.strip_suffix(" -->"))
            .unwrap_or_else(|| panic!("no `<!-- from FILE -->` above a {language} block: {block}"));
        let source = fs::read_to_string(root().join(file)).expect(file);
        assert!(!block.trim().is_empty(), "the block from {file} is empty");
        assert!(source.contains(&block), "{file} does not hold this block any more:\n{block}");
        seen += 1;
    }
    assert!(seen >= 2, "the README shows a filter and its exchanges");
}

#[test]
fn links_between_the_papers_lead_somewhere() {
    for paper in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(paper)).expect(paper);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let local = !target.contains("://") && !target.starts_with('#');
            assert!(!local || root().join(target).exists(), "{paper} links to {target}");
        }
    }
}
