//! Compares the calls that the ABI's table asks for with those that the guests make, as recorded when
//! the suite ran in this process.

use std::fmt;

use http_wasm_abi::{BodyKind, FUNCTIONS, Function, HeaderKind, Phase, Phases};

use super::model::Called;

/// A call that the suite must make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What is called.
    pub function: Function,
    /// When.
    pub phase: Phase,
    /// The kind, for functions that have one.
    pub kind: Option<String>,
    /// Whether the response is buffered; `None`: as it may be.
    pub buffered: Option<bool>,
    /// Whether the call traps, because it may not be made then.
    pub traps: bool,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.function)?;
        if let Some(kind) = &self.kind {
            write!(f, "({kind})")?;
        }
        write!(f, " in {}", self.phase)?;
        match self.buffered {
            Some(true) => f.write_str(", buffered")?,
            Some(false) => f.write_str(", unbuffered")?,
            None => {}
        }
        f.write_str(if self.traps { ", where it traps" } else { "" })
    }
}

impl Need {
    fn is_met_by(&self, call: &Called) -> bool {
        call.function == self.function
            && call.phase == self.phase
            && self.kind.as_ref().is_none_or(|kind| *kind == call.first)
            && self.buffered.is_none_or(|buffered| buffered == call.buffered)
            && call.trapped == self.traps
    }
}

/// Every call that the table asks for: each function with each kind in each phase in which it may be
/// called, and in each hook in which it may not.
///
/// A call during initialisation that is not allowed is not among them: a guest that makes one is not
/// loaded, which nobody sees from outside.
#[must_use]
pub fn needs() -> Vec<Need> {
    let mut needs = Vec::new();
    for function in FUNCTIONS {
        for (kind, of_response) in kinds(function) {
            for phase in [Phase::Init, Phase::Request, Phase::Response] {
                let access = function.access();
                let (plain, buffered) = if of_response {
                    (access.response, access.buffered_response)
                } else {
                    (access.request, access.request)
                };
                let may = |phases: Phases| phases.contains(phase);
                let ways: &[(Option<bool>, bool)] = match (may(plain), may(buffered)) {
                    // Only after the next handler is buffering worth a guest of its own.
                    (true, true) if of_response && phase == Phase::Response => {
                        &[(Some(false), false), (Some(true), false)]
                    }
                    (true, true) => &[(None, false)],
                    (false, true) => &[(Some(false), true), (Some(true), false)],
                    (true, false) => &[(Some(false), false), (Some(true), true)],
                    (false, false) => &[(None, true)],
                };
                needs.extend(ways.iter().filter(|(_, traps)| phase != Phase::Init || !traps).map(
                    |&(buffered, traps)| Need {
                        function,
                        phase,
                        kind: kind.clone(),
                        buffered,
                        traps,
                    },
                ));
            }
        }
    }
    needs
}

/// The kinds that a function takes, and whether each belongs to the response.
fn kinds(function: Function) -> Vec<(Option<String>, bool)> {
    let has_kind = function.params().first().is_some_and(|param| param.name == "kind");
    match function {
        Function::ReadBody | Function::WriteBody => [BodyKind::Request, BodyKind::Response]
            .map(|kind| (Some(kind.to_string()), kind == BodyKind::Response))
            .into(),
        _ if has_kind => [
            HeaderKind::Request,
            HeaderKind::Response,
            HeaderKind::RequestTrailers,
            HeaderKind::ResponseTrailers,
        ]
        .map(|kind| (Some(kind.to_string()), kind.is_response()))
        .into(),
        _ => vec![(None, function.access().request.is_empty())],
    }
}

/// What no guest calls.
#[must_use]
pub fn missing(called: &[Called]) -> Vec<Need> {
    let mut needs = needs();
    needs.retain(|need| !called.iter().any(|call| need.is_met_by(call)));
    needs
}
