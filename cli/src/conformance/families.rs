//! Generates the cases that differ in little from `conformance/families/*.toml`.
//!
//! A family is a template of a guest, a template of its exchanges, and the subjects that it is for.
//! `{{name}}` in a template stands for a value, which may use others. A value is looked up in what
//! the family says of this subject alone (`own`), in the values of the subject in this file, in
//! those of the family, and in those of all files.
//!
//! Two values come from the ABI's table: `{{call}}` is a call of the subject, with the value that has
//! the parameter's name for each argument (a pointer and its length are one), and `{{do}}` is the
//! same as a statement, which drops the result.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use http_wasm_abi::Function;

/// The folder of the families, inside of that of the suite.
pub(super) const FOLDER: &str = "families/";

/// How deep values may use others: no family comes near, so one that does uses itself.
const MAX_DEPTH: usize = 16;

/// Why families cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is not in the format.
    #[error("conformance/{path}: {source}")]
    Format {
        /// Which file.
        path: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A family is in the format, and wrong.
    #[error("conformance/{path}: {problem}")]
    Family {
        /// Which file.
        path: String,
        /// What was found and what is wanted.
        problem: String,
    },
}

type Values = BTreeMap<String, String>;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    subjects: BTreeMap<String, Values>,
    #[serde(default)]
    values: Values,
    #[serde(default)]
    family: Vec<Family>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    /// The name of the case, for members that have none of their own.
    case: String,
    /// The members: `SUBJECT`, or `SUBJECT/CASE`.
    subjects: Vec<String>,
    guest: String,
    exchanges: String,
    #[serde(default)]
    values: Values,
    #[serde(default)]
    own: BTreeMap<String, Values>,
}

/// The files of all generated cases, `SUBJECT/CASE.wat` and `SUBJECT/CASE.toml`, with their texts.
///
/// # Errors
/// When a family is wrong.
pub(super) fn generate(files: &[(String, String)]) -> Result<Vec<(String, String)>, Error> {
    let mut parsed = Vec::new();
    let mut shared = Values::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(FOLDER)) {
        let format = |source| Error::Format { path: path.clone(), source: Box::new(source) };
        let mut file: File = toml::from_str(text).map_err(format)?;
        shared.append(&mut file.values);
        parsed.push((path, file));
    }
    let mut generated = Vec::new();
    for (path, file) in &parsed {
        let wrong = |problem| Error::Family { path: (*path).clone(), problem };
        for family in &file.family {
            let members: BTreeSet<_> = family.subjects.iter().collect();
            if let Some(stranger) = family.own.keys().find(|key| !members.contains(key)) {
                let problem = format!(
                    "the family `{}` has own values for `{stranger}`, which is not among its subjects",
                    family.case
                );
                return Err(wrong(problem));
            }
            for member in &family.subjects {
                let (subject, case) = member.split_once('/').unwrap_or((member, &family.case));
                let own = [family.own.get(member), file.subjects.get(subject)];
                let layers: Vec<&Values> =
                    own.into_iter().flatten().chain([&family.values, &shared]).collect();
                let template = Template { subject, layers };
                for (ending, text) in [("wat", &family.guest), ("toml", &family.exchanges)] {
                    let text = template.fill(text, 0).map_err(|problem| {
                        wrong(format!("the case `{subject}/{case}` {problem}"))
                    })?;
                    generated.push((format!("{subject}/{case}.{ending}"), text + "\n"));
                }
            }
        }
    }
    Ok(generated)
}

/// What fills the holes of one case.
struct Template<'a> {
    subject: &'a str,
    /// The first that has a value counts.
    layers: Vec<&'a Values>,
}

impl Template<'_> {
    fn fill(&self, text: &str, depth: usize) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after
                .split_once("}}")
                .ok_or_else(|| format!("has a `{{{{` without `}}}}` in {text:?}"))?;
            if depth == MAX_DEPTH {
                return Err(format!("uses the value `{name}` in itself"));
            }
            filled.push_str(before);
            let value = self.fill(&self.value(name)?, depth + 1)?;
            filled.push_str(&value);
            // A line that has nothing but an empty value is none.
            let alone = value.is_empty() && (filled.is_empty() || filled.ends_with('\n'));
            rest = after.strip_prefix('\n').filter(|_| alone).unwrap_or(after);
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str) -> Result<String, String> {
        match name {
            "call" => self.call(),
            "do" if self.function()?.signature().result.is_some() => Ok("(drop {{call}})".into()),
            "do" => Ok("{{call}}".into()),
            _ => match self.layers.iter().find_map(|values| values.get(name)) {
                Some(value) => Ok(value.clone()),
                None => Err(format!("uses `{name}`, which has no value")),
            },
        }
    }

    fn function(&self) -> Result<Function, String> {
        let unknown = || format!("calls `{}`, which is no function of the ABI", self.subject);
        Function::from_name(self.subject).ok_or_else(unknown)
    }

    fn call(&self) -> Result<String, String> {
        let function = self.function()?;
        let mut text = format!("(call ${function}");
        for param in function.params().iter().filter(|param| !param.name.ends_with("_len")) {
            write!(text, " {{{{{}}}}}", param.name).unwrap_or_default();
        }
        Ok(text + ")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(texts: &[&str]) -> Result<Vec<(String, String)>, String> {
        let file =
            |(number, text): (usize, &&str)| (format!("{FOLDER}{number}.toml"), (*text).to_owned());
        let files: Vec<_> = texts.iter().enumerate().map(file).collect();
        generate(&files).map_err(|error| error.to_string())
    }

    #[test]
    fn calls_come_from_the_table_and_values_from_the_nearest() {
        let shared = "[values]\nkind = \"0\"\nbuf = \"shared\"\nbuf_limit = \"9\"";
        let text = r#"
            [subjects.get_uri]
            buf = "subject"
            [[family]]
            case = "c"
            subjects = ["get_uri", "read_body", "get_uri/mine", "set_uri"]
            guest = "{{do}}"
            exchanges = "{{none}}\n{{buf}} {{twice}}\n{{none}}\n"
            values = { none = "", kind = "1", buf = "family", twice = "<{{buf}}>", uri = "2 3" }
            own = { "get_uri/mine" = { buf = "own" } }
        "#;
        let cases = cases(&[shared, text]).unwrap();
        let cases: Vec<_> =
            cases.iter().map(|(path, text)| (path.as_str(), text.trim_end())).collect();
        assert_eq!(
            cases,
            [
                ("get_uri/c.wat", "(drop (call $get_uri subject 9))"),
                ("get_uri/c.toml", "subject <subject>"),
                ("read_body/c.wat", "(drop (call $read_body 1 family 9))"),
                ("read_body/c.toml", "family <family>"),
                ("get_uri/mine.wat", "(drop (call $get_uri own 9))"),
                ("get_uri/mine.toml", "own <own>"),
                ("set_uri/c.wat", "(call $set_uri 2 3)"),
                ("set_uri/c.toml", "family <family>"),
            ]
        );
    }

    #[test]
    fn a_wrong_family_is_named() {
        let family = |guest: &str, rest: &str| {
            let head = "[[family]]\ncase = \"c\"\nsubjects = [\"s\"]\nexchanges = \"\"\n";
            cases(&[&format!("{head}guest = \"{guest}\"\n{rest}")]).unwrap_err()
        };
        let case = "conformance/families/0.toml: the case `s/c` ";
        for (guest, rest, wanted) in [
            ("{{x}}", "", "uses `x`, which has no value"),
            ("{{x", "", "has a `{{` without `}}` in \"{{x\""),
            ("{{x}}", "values = { x = \"{{x}}\" }", "uses the value `x` in itself"),
            ("{{call}}", "", "calls `s`, which is no function of the ABI"),
        ] {
            assert_eq!(family(guest, rest), format!("{case}{wanted}"));
        }
        let error = family("", "own = { t = {} }");
        assert!(error.contains("own values for `t`, which is not among its subjects"), "{error}");
        let error = family("", "more = 1");
        assert!(error.starts_with("conformance/families/0.toml: TOML parse error"), "{error}");
    }
}
